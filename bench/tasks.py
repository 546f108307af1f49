"""`python -m bench.tasks`: how fast task messages are sent, picked up and done, on a database of its own."""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NUMBER, ALONE = 3000, 100


def main() -> None:
    if sys.argv[1:] == ["--work"]:
        work()
    with tempfile.TemporaryDirectory(prefix="bench") as data, database(Path(data)):
        task = set_up()
        began = time.perf_counter()
        for _ in range(NUMBER):
            task.delay()
        print(f"sent        {NUMBER / (time.perf_counter() - began):8.0f} /s")
        with worker() as process:
            measure_rate()
            measure_pickup(task)
            measure_idleness(process.pid)


@contextmanager
def database(data: Path) -> Iterator[None]:
    """A fresh, durable, migrated cluster for this process and its children."""
    from config.cluster import Cluster

    cluster = Cluster(data / "data")
    cluster.acquire()
    try:
        os.environ |= {"DATABASE_URL": cluster.service_url(), "DATA_DIR": str(data / "data")}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], check=True, cwd=ROOT)
        yield
    finally:
        cluster.destroy()


def set_up() -> Any:
    """Django and Celery; returns a task that does nothing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from config.celery import app, prepare_to_send

    prepare_to_send()
    return app.task(name="bench.nothing")(nothing)


def nothing() -> None:
    pass


def work() -> None:
    set_up()
    from config.worker import work

    sys.exit(work())


@contextmanager
def worker() -> "Iterator[subprocess.Popen[bytes]]":
    process = subprocess.Popen([sys.executable, "-m", "bench.tasks", "--work"], cwd=ROOT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def waiting() -> int:
    from config import task_messages

    return task_messages.size("celery")


def wait_until(true: Callable[[], bool]) -> float:
    """The time at which it was."""
    while not true():
        time.sleep(0.0005)
    return time.perf_counter()


def measure_rate() -> None:
    began = wait_until(lambda: waiting() < NUMBER)
    ended = wait_until(lambda: waiting() == 0)
    print(f"done        {NUMBER / (ended - began):8.0f} /s")


def measure_pickup(task: Any) -> None:
    """From before sending to its message being gone, one at a time."""
    times = []
    for _ in range(ALONE):
        time.sleep(0.02)
        began = time.perf_counter()
        task.delay()
        times.append((wait_until(lambda: waiting() == 0) - began) * 1000)
    print(f"one alone   {statistics.median(times):8.1f} ms, at worst {max(times):.1f} ms")


def measure_idleness(pid: int) -> None:
    before, seconds = processor_time(pid), 10
    time.sleep(seconds)
    print(f"idle        {(processor_time(pid) - before) / seconds:8.2%} of a core")
    with contextlib.suppress(OSError):
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        size = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
        print(f"memory      {size * 1024 / 1e6:8.0f} MB")


def processor_time(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
