"""The worker: does Celery's tasks in threads and rings the sweeps. Run as `python -m config.worker --parent PID`."""

import argparse
import gc
import os
import signal
from typing import Any

import django
from celery.app import trace
from celery.worker import WorkController
from celery.worker import state as celery_state

from config.broker_options import for_worker
from config.web import die_with_parent

state: Any = celery_state


class Worker(WorkController):
    """A worker without the program around it: no banner, no logging of its own, no remote control."""

    hostname: str

    def on_before_init(self, **options: Any) -> None:
        trace.setup_worker_optimizations(self.app, self.hostname)

    def on_consumer_ready(self, consumer: Any) -> None:
        gc.collect()
        gc.freeze()  # what is loaded by now stays for ever


def work() -> int:
    """Work until SIGTERM or SIGINT; what has begun is finished first. Returns the exit code. Django must be set up."""
    from config.beat import Beat
    from config.celery import app

    app.steps["worker"].add(Beat)
    app.conf.broker_transport_options = for_worker(app.conf.broker_transport_options)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, note_stop)
    worker = Worker(app=app, without_gossip=True, without_mingle=True, without_heartbeat=True)
    worker.start()
    return int(worker.exitcode or 0)


def note_stop(*_: object) -> None:
    """The event loop looks here at least once a second."""
    state.should_stop = os.EX_OK


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True, help="the supervisor's process id")
    die_with_parent(parser.parse_args().parent)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    raise SystemExit(work())


if __name__ == "__main__":
    main()
