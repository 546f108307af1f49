import threading
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from config import beat
from config.tasks import run_sweep
from jmap.core import sql
from jmap.core.sweeps import Sweep, sweeps


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """No sweeps but those that a test adds; the names of what they did."""
    before = dict(sweeps)
    sweeps.clear()
    forget()
    yield []
    sweeps.clear()
    sweeps.update(before)
    forget()


def forget() -> None:
    sql.run("DELETE FROM config_sweeptime")
    sql.run("DELETE FROM config_taskmessage WHERE message LIKE %s", '%"sweep"%')


def messages() -> int:
    return int(sql.value("SELECT count(*) FROM config_taskmessage WHERE message LIKE %s", '%"sweep"%'))


def add(rung: list[str], seconds: float = 3600) -> None:
    sweeps["test"] = Sweep(seconds, lambda: rung.append("test"))


def test_a_new_sweep_is_rung_once_by_whoever_comes_first(rung: list[str]) -> None:
    add(rung)
    assert 3500 < beat.ring_sweeps() <= 3600
    beat.ring_sweeps()
    assert messages() == 1


def test_it_is_rung_again_when_it_is_due(rung: list[str]) -> None:
    add(rung)
    beat.ring_sweeps()
    sql.run("UPDATE config_sweeptime SET due_at = now() - interval '3 days'")
    beat.ring_sweeps()
    beat.ring_sweeps()
    assert messages() == 2


def test_a_shorter_period_counts_at_once(rung: list[str]) -> None:
    add(rung)
    beat.ring_sweeps()
    add(rung, 5)
    assert beat.ring_sweeps() <= 5


def test_a_turn_whose_ringing_fails_is_not_taken(rung: list[str]) -> None:
    add(rung)
    sql.run("ALTER TABLE config_taskmessage RENAME TO away")
    try:
        with pytest.raises(psycopg.Error):
            beat.ring_sweeps()
    finally:
        sql.run("ALTER TABLE away RENAME TO config_taskmessage")
    beat.ring_sweeps()
    assert messages() == 1


def test_a_sweep_that_is_known_no_longer_is_passed_over(rung: list[str]) -> None:
    run_sweep("gone")


def test_a_sweep_is_not_done_twice_at_a_time(rung: list[str]) -> None:
    began, finish = threading.Event(), threading.Event()

    def work() -> None:
        rung.append("test")
        began.set()
        finish.wait(20)

    sweeps["test"] = Sweep(1, work)
    first = threading.Thread(target=in_thread, args=("test",))
    first.start()
    assert began.wait(20)
    run_sweep("test")
    finish.set()
    first.join()
    assert rung == ["test"]
    run_sweep("test")
    assert rung == ["test", "test"]


def in_thread(name: str) -> None:
    run_sweep(name)
    connection.close()


def test_a_sweep_that_fails_can_be_done_again(rung: list[str]) -> None:
    def work() -> None:
        rung.append("test")
        raise ZeroDivisionError

    sweeps["test"] = Sweep(1, work)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            run_sweep("test")
    assert rung == ["test", "test"]
