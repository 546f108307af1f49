"""The table of task messages: putting them in, and a consumer's side of it."""

import logging
import time
from collections.abc import Callable
from typing import Any, LiteralString

import psycopg
from django.db import connection, connections

from jmap.core import sql

logger = logging.getLogger("jmap")

BELL = "posthorn_tasks"  # the NOTIFY channel; a notice says only that there is something
RECONNECT_AFTER = 1.0  # seconds
LOOK_EVERY = 10.0  # seconds: for messages whose lease ended, and whose notice was lost
# Of a consumer's connection. A network that swallows packets is noticed within seconds, not hours.
OPTIONS = {
    "application_name": "posthorn worker",
    "connect_timeout": 5,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "tcp_user_timeout": 20_000,
}

PUT = (
    "WITH added AS (INSERT INTO config_taskmessage (queue, message) VALUES (%s, %s) RETURNING 1)"
    f" SELECT pg_notify('{BELL}', '')"
)
# A message of its own need not wait for the disk: what a crash of the database takes with it, a sweep finds.
PUT_AT_ONCE = f"{PUT}, set_config('synchronous_commit', 'off', true)"
CLAIM = (
    "UPDATE config_taskmessage SET visible_at = now() + make_interval(secs => %s) WHERE id = ANY(ARRAY("
    " SELECT id FROM config_taskmessage WHERE queue = %s AND visible_at <= now()"
    " ORDER BY visible_at, id LIMIT %s FOR UPDATE SKIP LOCKED)) RETURNING id, message"
)
RENEW = "UPDATE config_taskmessage SET visible_at = now() + make_interval(secs => %s) WHERE id = ANY(%s)"
GIVE_BACK = "UPDATE config_taskmessage SET visible_at = now() WHERE id = ANY(%s)"
FINISH = "DELETE FROM config_taskmessage WHERE id = ANY(%s)"


def put(queue: str, message: str) -> None:
    """On this thread's connection: within a transaction the message is sent if and when that commits."""
    sql.row(PUT if connection.in_atomic_block else PUT_AT_ONCE, queue, message)


def size(queue: str) -> int:
    return int(sql.value("SELECT count(*) FROM config_taskmessage WHERE queue = %s", queue))


def purge(queue: str) -> int:
    return sql.run("DELETE FROM config_taskmessage WHERE queue = %s", queue)


class Consumer:
    """The messages that one process holds, and its connection, which it makes again whenever it is cut. For one thread,
    except that `done` and `returned` may be added to by any. Nothing here raises when the database is away."""

    def __init__(self, lease: float) -> None:
        self.lease = lease
        self.held: set[int] = set()
        self.done: set[int] = set()  # to be deleted
        self.returned: set[int] = set()  # for anybody to take
        self.knocks = 0  # rises when there may be new messages
        self.wrapper: Any = None  # a database connection of Django's, not one of its threads'
        self.fd = -1
        self.connect_after = self.renew_at = self.look_at = 0.0
        # Told which descriptor becomes readable when there is news, and when no longer.
        self.watch: Callable[[int], object] = nothing
        self.unwatch: Callable[[int], object] = nothing

    def ask(self, query: LiteralString, *parameters: object) -> list[sql.Row] | None:
        """The rows that the query returns; None while the database is away."""
        try:
            if not self.connect():
                return None
            cursor = psycopg.Cursor(self.wrapper.connection)
            cursor.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []
        except sql.UNREACHABLE as error:
            self.lose(error)
            return None

    def connect(self) -> bool:
        """Whether there is a connection; a lost one is made again, with pauses between attempts."""
        if self.wrapper is None and time.monotonic() >= self.connect_after:
            self.connect_after = time.monotonic() + RECONNECT_AFTER
            wrapper: Any = connections.create_connection("default")
            options = wrapper.settings_dict.get("OPTIONS", {})
            wrapper.settings_dict = {**wrapper.settings_dict, "OPTIONS": {**options, **OPTIONS}}
            wrapper.connect()
            self.wrapper, self.fd = wrapper, wrapper.connection.fileno()
            self.watch(self.fd)
            wrapper.connection.add_notify_handler(self.note_knock)
            wrapper.connection.execute(f"LISTEN {BELL}")
            wrapper.connection.execute("SET synchronous_commit = off")  # a repeated message is harmless
            self.renew_at = self.look_at = 0.0
        return self.wrapper is not None

    def lose(self, error: Exception) -> None:
        if self.wrapper is not None:
            logger.warning("The broker's connection was lost (%s); making another", type(error).__name__)
        self.disconnect()

    def disconnect(self) -> None:
        wrapper, self.wrapper = self.wrapper, None
        if wrapper is not None:
            self.unwatch(self.fd)
            wrapper.close()

    def note_knock(self, *_: object) -> None:
        self.knocks += 1

    def listen(self) -> None:
        """Take in the notices that have come."""
        try:
            if self.connect():
                self.wrapper.connection.pgconn.consume_input()
                while self.wrapper.connection.pgconn.notifies() is not None:
                    self.note_knock()
        except sql.UNREACHABLE as error:
            self.lose(error)

    def claim(self, queue: str, most: int) -> list[tuple[int, str]]:
        """Messages with their ids, leased to this process, the oldest first."""
        found = [(id, message) for id, message in self.ask(CLAIM, self.lease, queue, most) or []]
        self.held.update(id for id, _ in found)
        return sorted(found)

    def settle(self) -> None:
        """Tell the database what was done and what was given back; kept for the next time where it is away."""
        for query, ids in ((FINISH, self.done), (GIVE_BACK, self.returned)):
            settled = list(ids)
            self.held.difference_update(settled)
            if settled and self.ask(query, settled) is not None:
                ids.difference_update(settled)

    def keep(self) -> None:
        """What time asks for: leases renewed long before they end, and another look."""
        now = time.monotonic()
        if now >= self.look_at:
            self.look_at = now + LOOK_EVERY
            self.note_knock()
        if now >= self.renew_at:
            self.renew_at = now + self.lease / 3
            if self.held:
                self.ask(RENEW, self.lease, list(self.held))

    def close(self) -> None:
        self.settle()
        self.disconnect()


def nothing(_: int) -> None:
    pass
