"""Worker, database and broker are killed at any moment: each piece of work is done, and done once."""

import contextlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from kombu import Connection
from kombu.exceptions import OperationalError

from config.broker_options import broker_options
from config.celery import app
from config.cluster import Cluster
from config.supervisor import ROOT
from jmap.core import sql
from tests.config import probe
from tests.config.probe_worker import LEASE, probe_worker
from tests.config.redis import running_redis
from tests.config.service import eventually
from tests.run_database import FAST

AWAY = (psycopg.OperationalError, OperationalError, ConnectionError)


class Works:
    """A database, workers on it and perhaps a Redis, each of which may be killed."""

    def __init__(self, cluster: Cluster, stack: contextlib.ExitStack, redis_in: Path | None) -> None:
        self.cluster, self.stack = cluster, stack
        self.redis = stack.enter_context(running_redis(redis_in)) if redis_in else None
        self.environment = {"DATABASE_URL": cluster.service_url()}
        if self.redis:
            self.environment["BROKER_URL"] = self.redis.url
        self.start_worker()

    def start_worker(self) -> None:
        self.worker = self.stack.enter_context(probe_worker(**self.environment))

    def run(self, query: str, *parameters: object) -> list[Any]:
        with psycopg.connect(self.cluster.service_url(), autocommit=True) as connection:
            cursor = connection.execute(query, parameters)  # type: ignore[call-overload, unused-ignore]
            return list(cursor.fetchall()) if cursor.description else []

    def add_work(self) -> None:
        """A row, committed, and its message, which may get lost."""
        [(id,)] = self.run("INSERT INTO probe (swept) VALUES (true) RETURNING id")
        if self.redis:
            with Connection(self.redis.url, transport_options=broker_options(self.redis.url, LEASE)) as connection:
                app.send_task(probe.work.name, (id,), queue=probe.QUEUE, connection=connection, retry=False)
        else:
            self.run("INSERT INTO config_taskmessage (queue, message) VALUES (%s, %s)", probe.QUEUE, message_for(id))
            self.run("NOTIFY posthorn_tasks")

    def kill_worker(self) -> None:
        self.worker.kill()
        self.worker.wait()
        self.start_worker()

    def kill_database(self) -> None:
        pid = self.cluster.place.postmaster_pid()
        assert pid
        os.kill(pid, 9)
        assert eventually(self.revive, 60)

    def revive(self) -> bool:
        with contextlib.suppress(Exception):  # what is left of the old one may need a moment to end
            self.cluster.revive()
            return True
        return False

    def kill_redis(self) -> None:
        assert self.redis
        self.redis.kill()
        self.redis.start()

    def kills(self) -> list[Callable[[], None]]:
        return [self.kill_worker, self.kill_database, *([self.kill_redis] if self.redis else [])]

    def left(self) -> int:
        return int(self.run("SELECT count(*) FROM probe WHERE NOT done")[0][0])


def message_for(id: int) -> str:
    """What Celery would send, made by the broker of the run's own database."""
    probe.send(id)
    return str(sql.value("DELETE FROM config_taskmessage WHERE queue = %s RETURNING message", probe.QUEUE))


@pytest.fixture
def works(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Works]:
    probe.prepare()
    cluster = Cluster(tmp_path / "data", FAST)
    cluster.acquire()
    with contextlib.ExitStack() as stack:
        stack.callback(cluster.destroy)
        migrate = [sys.executable, "manage.py", "migrate", "-v", "0"]
        subprocess.run(migrate, check=True, cwd=ROOT, env={**os.environ, "DATABASE_URL": cluster.service_url()})
        made = Works(cluster, stack, tmp_path if request.param == "redis" else None)
        made.run(probe.TABLE)
        yield made


@pytest.mark.parametrize("number", [3, pytest.param(30, marks=pytest.mark.soak)])
@pytest.mark.parametrize("works", ["postgresql", "redis"], indirect=True)
def test_each_piece_of_work_is_done_once(works: Works, number: int, dice: random.Random) -> None:
    for at in range(number):
        deadline = time.monotonic() + dice.uniform(0.3, 1.5)
        while time.monotonic() < deadline:
            with contextlib.suppress(*AWAY):
                works.add_work()
        kills = works.kills()
        kills[at % len(kills)]()
    assert eventually(lambda: works.left() == 0, 60), works.left()
    assert works.run("SELECT count(*) FROM probe WHERE runs <> 1") == [(0,)]
