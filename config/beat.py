"""Rings the sweeps (jmap.core.sweeps) when they are due. Every worker has one; the database decides who rings."""

import logging
import threading
from typing import Any

from celery import bootsteps
from django.db import close_old_connections, connection, transaction

from config.tasks import run_sweep
from jmap.core import sql
from jmap.core.connection import drop_dead_connection
from jmap.core.sweeps import sweeps

logger = logging.getLogger("jmap")

AFTER_TROUBLE = 5.0  # seconds until it tries again where database or broker is away
LONGEST_NAP = 60.0

# One of several workers gets a row: it moved the time on. A period that was shortened counts at once.
TAKE_TURN = (
    "INSERT INTO config_sweeptime AS t (name, due_at) VALUES (%(name)s, now() + make_interval(secs => %(seconds)s))"
    " ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at"
    " WHERE t.due_at <= now() OR t.due_at > excluded.due_at RETURNING 1"
)
WAIT = "SELECT extract(epoch FROM min(due_at) - now())::float8 FROM config_sweeptime WHERE name = ANY(%s)"


def ring_sweeps() -> float:
    """Ring what is due; returns the seconds until something is due again."""
    for name, sweep in sweeps.items():
        with transaction.atomic():  # a turn whose ringing fails was not taken
            if sql.cursor().execute(TAKE_TURN, {"name": name, "seconds": sweep.seconds}).fetchone():
                run_sweep.apply_async((name,), expires=sweep.seconds)
    return max(0.0, sql.value(WAIT, list(sweeps)) or 0.0) if sweeps else LONGEST_NAP


class Beat(bootsteps.StartStopStep):
    """A thread of the worker."""

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, name="beat", daemon=True)

    def start(self, worker: Any) -> None:
        self.thread.start()

    def close(self, worker: Any) -> None:
        """First of all when the worker ends, before it waits for its tasks."""
        self.stopping.set()

    def run(self) -> None:
        pause = 0.0
        while not self.stopping.wait(pause):
            close_old_connections()
            drop_dead_connection()
            try:
                pause = min(ring_sweeps(), LONGEST_NAP)
            except Exception as error:
                logger.warning("Sweeps could not be rung: %s", type(error).__name__)
                pause = AFTER_TROUBLE
        connection.close()
