import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.conf import settings

from jmap.http.slots import REQUESTS, Full, slot

users = itertools.count(500_000)
HOLD = """
import sys, django; django.setup()
from jmap.http.slots import REQUESTS, take
for _ in range(int(sys.argv[2])): take(REQUESTS, int(sys.argv[1]))
print("held", flush=True); sys.stdin.read()
"""


@pytest.fixture
def user() -> int:
    return next(users)


@pytest.fixture
def other_process(user: int) -> Iterator["subprocess.Popen[str]"]:
    """Holds all but one of the user's slots."""
    command = [sys.executable, "-c", HOLD, str(user), str(settings.MAX_CONCURRENT_REQUESTS - 1)]
    settings_module = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=settings_module
    ) as process:
        assert process.stdout and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_slots_are_counted_over_all_processes(user: int, other_process: "subprocess.Popen[str]") -> None:
    with slot(REQUESTS, user), pytest.raises(Full), slot(REQUESTS, user):
        pass


def test_the_slots_of_a_dead_process_are_free(user: int, other_process: "subprocess.Popen[str]") -> None:
    other_process.kill()
    other_process.wait()
    with slot(REQUESTS, user), slot(REQUESTS, user):
        pass


def test_a_slot_comes_back(user: int) -> None:
    for _ in range(3):
        with ExitStack() as stack:
            for _ in range(settings.MAX_CONCURRENT_REQUESTS):
                stack.enter_context(slot(REQUESTS, user))
