import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection

from config.broker_options import broker_options
from config.celery import app
from jmap.core import doorbell
from tests.config import probe
from tests.config.probe_worker import LEASE, probe_worker
from tests.config.redis import Redis, running_redis
from tests.config.service import eventually


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Redis]:
    probe.prepare()
    with running_redis(tmp_path) as running:
        yield running


def connect(url: str) -> Connection:
    return Connection(url, transport_options=broker_options(url, LEASE))


def send(url: str, id: int) -> None:
    with connect(url) as connection:
        app.send_task(probe.work.name, (id,), queue=probe.QUEUE, connection=connection)


def test_a_task_is_done_once(server: Redis) -> None:
    id = probe.add_row()
    for _ in range(3):
        send(server.url, id)
    with probe_worker(BROKER_URL=server.url):
        assert eventually(lambda: probe.is_done(id) and is_empty(server), 40)
    assert probe.runs(id) == 1


def is_empty(server: Redis) -> bool:
    """Neither a waiting message nor an unacknowledged one."""
    return server.client().exists(probe.QUEUE, "unacked") == 0


def test_what_a_killed_worker_held_is_given_to_another(server: Redis) -> None:
    id = probe.add_row()
    with connect(server.url) as connection, probe_worker(BROKER_URL=server.url) as first:
        app.send_task(probe.stall.name, (id, 600), queue=probe.QUEUE, connection=connection)
        assert eventually(lambda: probe.runs(id) == 1, 40)
        first.kill()
        first.wait()
    with probe_worker(BROKER_URL=server.url):
        assert eventually(lambda: probe.is_done(id) and is_empty(server), 40)


def test_a_redis_killed_and_started_empty_loses_no_work(server: Redis) -> None:
    first = probe.add_row()
    send(server.url, first)
    with probe_worker(BROKER_URL=server.url) as worker:
        assert eventually(lambda: probe.is_done(first), 40)
        server.kill()
        lost = probe.add_row(swept=True)
        server.start()
        assert eventually(lambda: probe.is_done(lost), 60)
        assert worker.poll() is None


@pytest.fixture
def hanging() -> Iterator[str]:
    """A broker that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def test_a_broker_that_hangs_holds_up_only_the_first_ring(hanging: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(doorbell.bells, "hanging", lambda id: send(hanging, id))
    began = time.monotonic()
    doorbell.ring("hanging", 1)
    assert time.monotonic() - began < 10
    began = time.monotonic()
    for id in range(1000):
        doorbell.ring("hanging", id)
    assert time.monotonic() - began < 1


def test_a_broker_that_is_down_fails_nobody(server: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    server.kill()
    monkeypatch.setitem(doorbell.bells, "down", lambda id: send(server.url, id))
    doorbell.ring("down", 1)
