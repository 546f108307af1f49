"""Tasks whose doings a test can watch in a table, and a sweep that finds what was never done."""

import time

from celery import shared_task
from django.db import transaction

from jmap.core import sql

QUEUE = "probe"


TABLE = (
    "CREATE TABLE IF NOT EXISTS probe (id bigserial PRIMARY KEY, done boolean NOT NULL DEFAULT false,"
    " runs int NOT NULL DEFAULT 0, swept boolean NOT NULL DEFAULT false)"
)


def prepare() -> None:
    """The table, and no message left by an earlier test."""
    sql.run(TABLE)
    sql.run("DELETE FROM config_taskmessage WHERE queue = %s", QUEUE)


def add_row(*, swept: bool = False) -> int:
    """A row of work; `swept`: a sweep looks after it."""
    return int(sql.value("INSERT INTO probe (swept) VALUES (%s) RETURNING id", swept))


def is_done(id: int) -> bool:
    return bool(sql.value("SELECT done FROM probe WHERE id = %s", id))


def runs(id: int) -> int:
    return int(sql.value("SELECT runs FROM probe WHERE id = %s", id))


def send(id: int) -> None:
    work.apply_async((id,), queue=QUEUE)


def waiting() -> int:
    """Messages that nobody has finished, those of sweeps aside."""
    return int(
        sql.value("SELECT count(*) FROM config_taskmessage WHERE queue = %s AND message LIKE %s", QUEUE, '%"probe.%')
    )


@shared_task(name="probe.work")
def work(id: int) -> None:
    """As a task should: claim the row, do the work, mark it, in one transaction."""
    with transaction.atomic():
        if sql.row("SELECT 1 FROM probe WHERE id = %s AND NOT done FOR UPDATE SKIP LOCKED", id):
            sql.run("UPDATE probe SET done = true, runs = runs + 1 WHERE id = %s", id)


@shared_task(name="probe.stall")
def stall(id: int, seconds: float) -> None:
    """The first run takes its time, the next ones none."""
    if sql.value("UPDATE probe SET runs = runs + 1 WHERE id = %s RETURNING runs", id) == 1:
        time.sleep(seconds)
    sql.run("UPDATE probe SET done = true WHERE id = %s", id)


@shared_task(name="probe.noop")
def noop(id: int) -> None:
    pass


@shared_task(name="probe.fail")
def fail(secret: str) -> None:
    secret.encode("ascii")


def sweep() -> None:
    for (id,) in sql.rows("SELECT id FROM probe WHERE swept AND NOT done LIMIT 100"):
        send(id)
