import subprocess
import time
from collections.abc import Iterator

import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest

from jmap.core import sql
from tests.config import probe
from tests.config.probe_worker import probe_worker
from tests.config.service import eventually


@pytest.fixture(scope="module")
def worker() -> "Iterator[subprocess.Popen[bytes]]":
    probe.prepare()
    with probe_worker() as process:
        yield process


def test_a_task_is_done_and_its_message_gone(worker: object) -> None:
    id = probe.add_row()
    probe.send(id)
    assert eventually(lambda: probe.is_done(id) and probe.waiting() == 0)


def test_an_idle_worker_begins_at_once(worker: object) -> None:
    test_a_task_is_done_and_its_message_gone(worker)
    id, began = probe.add_row(), time.monotonic()
    probe.send(id)
    while not probe.is_done(id):
        time.sleep(0.002)
    assert time.monotonic() - began < 5  # it would look by itself after ten seconds


def test_more_tasks_than_threads_flow_without_pauses(worker: object) -> None:
    ids = [probe.add_row() for _ in range(300)]
    for id in ids:
        probe.send(id)
    assert eventually(lambda: all(map(probe.is_done, ids)) and probe.waiting() == 0, 30)


def test_a_duplicate_does_the_work_once(worker: object) -> None:
    id = probe.add_row()
    for _ in range(10):
        probe.send(id)
    assert eventually(lambda: probe.waiting() == 0)
    assert probe.runs(id) == 1


def test_a_task_outlasts_its_lease_without_being_given_to_another(worker: object) -> None:
    id = probe.add_row()
    probe.stall.apply_async((id, 7), queue=probe.QUEUE)
    with probe_worker():
        assert eventually(lambda: probe.is_done(id) and probe.waiting() == 0, 30)
    assert probe.runs(id) == 1


def test_a_sweep_finds_what_a_flushed_broker_lost(worker: object) -> None:
    id = probe.add_row(swept=True)
    sql.run("TRUNCATE config_taskmessage")
    assert eventually(lambda: probe.is_done(id))


def test_cut_connections_are_made_again(worker: "subprocess.Popen[bytes]") -> None:
    test_a_task_is_done_and_its_message_gone(worker)
    cut = sql.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
    )
    assert len(cut) >= 2
    test_a_task_is_done_and_its_message_gone(worker)
    assert worker.poll() is None


def test_an_idle_worker_takes_hardly_any_time(worker: "subprocess.Popen[bytes]") -> None:
    test_a_task_is_done_and_its_message_gone(worker)
    process = psutil.Process(worker.pid)
    before = sum(process.cpu_times()[:2])
    time.sleep(5)  # what is measured is that nothing happens
    used = sum(process.cpu_times()[:2]) - before
    assert used < 0.25
