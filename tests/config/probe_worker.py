"""The real worker, in a process of its own, on the probe's tasks alone: `python -m tests.config.probe_worker`."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from config.supervisor import ROOT

LEASE = 3  # seconds


@contextmanager
def probe_worker(**environment: str) -> "Iterator[subprocess.Popen[bytes]]":
    """A worker; killed at the end unless it has ended."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.config.probe_worker", str(os.getpid())],
        cwd=ROOT,
        env={"TASK_LEASE": str(LEASE), "WORKER_THREADS": "4", **os.environ, **environment},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def main() -> None:
    from config.web import die_with_parent

    die_with_parent(int(sys.argv[1]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from config.celery import app
    from config.worker import work
    from jmap.core.sweeps import Sweep, sweeps
    from tests.config import probe

    app.conf.task_default_queue = probe.QUEUE
    sweeps.clear()
    sweeps["probe"] = Sweep(1, probe.sweep)
    sys.exit(work())


if __name__ == "__main__":
    main()
