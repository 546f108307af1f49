from collections.abc import Iterator

import pytest
from django.db import transaction

from jmap.core import doorbell

NAME = "of these tests"


class Bell:
    def __init__(self, fails: bool = False) -> None:
        self.fails = fails
        self.rung: list[int] = []

    def __call__(self, id: int) -> None:
        self.rung.append(id)
        if self.fails:
            raise ConnectionError


@pytest.fixture
def bell() -> Iterator[Bell]:
    doorbell.bells[NAME] = bell = Bell()
    yield bell
    del doorbell.bells[NAME]


def test_a_bell_rings_when_the_transaction_commits(bell: Bell) -> None:
    with transaction.atomic():
        doorbell.ring(NAME, 7)
        assert bell.rung == []
    assert bell.rung == [7]


def test_a_bell_does_not_ring_for_what_was_rolled_back(bell: Bell) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        doorbell.ring(NAME, 7)
        raise ZeroDivisionError
    assert bell.rung == []


def test_a_bell_that_nobody_has_hung_up_is_no_error() -> None:
    doorbell.ring("no such bell", 7)


def test_a_broken_bell_fails_nobody_and_is_left_alone_for_a_while(bell: Bell, monkeypatch: pytest.MonkeyPatch) -> None:
    bell.fails = True
    doorbell.ring(NAME, 1)
    doorbell.ring(NAME, 2)
    assert bell.rung == [1]
    monkeypatch.setattr(doorbell, "QUIET_FOR", 0)
    doorbell._broken.clear()
    doorbell.ring(NAME, 3)
    doorbell.ring(NAME, 4)
    assert bell.rung == [1, 3, 4]
