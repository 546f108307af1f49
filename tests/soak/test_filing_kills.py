"""Workers die while they file: each message is in its mailbox once, and each sender is answered once."""

import random
import subprocess
import sys
import time

import pytest

from jmap.core import sql
from tests.fixtures.accounts import Person
from tests.fixtures.filing import arrive, make_due, message, waiting
from tests.fixtures.mail import is_sound
from tests.fixtures.vacation import go_away, queue

WORKERS, SENDERS = 2, 7
PATIENCE = 120.0  # seconds for what is left at the end


def start() -> "subprocess.Popen[bytes]":
    worker = subprocess.Popen([sys.executable, "-m", "tests.soak.filer"], stdout=subprocess.PIPE)
    assert worker.stdout
    worker.stdout.readline()
    return worker


def kill(worker: "subprocess.Popen[bytes]") -> None:
    worker.kill()
    worker.communicate()


@pytest.mark.parametrize(("number", "kills"), [(120, 3), pytest.param(6_000, 100, marks=pytest.mark.soak)])
def test_killed_workers_lose_nothing_and_double_nothing(
    number: int, kills: int, dice: random.Random, alice: Person
) -> None:
    go_away(alice)
    workers = [start() for _ in range(WORKERS)]
    try:
        for turn in range(kills):
            for at in range(turn, number, kills):
                octets = message("x" * dice.randrange(20_000), subject=f"n{at}", to=alice.email)
                arrive(alice, octets, sender=f"s{at % SENDERS}@far.test")
            time.sleep(dice.uniform(0, 0.2))
            victim = dice.randrange(WORKERS)
            kill(workers[victim])
            make_due(alice)  # as if the lease had ended, of the living, too
            workers[victim] = start()
        deadline = time.monotonic() + PATIENCE
        while waiting(alice) and time.monotonic() < deadline:
            make_due(alice)
            time.sleep(0.1)
    finally:
        for worker in workers:
            kill(worker)
    query = "SELECT count(*), count(DISTINCT subject_sort) FROM mail_emailenvelope WHERE account_id = %s"
    assert (waiting(alice), sql.row(query, alice.account.pk)) == (0, (number, number))
    assert sorted(row.recipient for row in queue(alice)) == [f"s{at}@far.test" for at in range(SENDERS)]
    assert is_sound(alice.caller)
