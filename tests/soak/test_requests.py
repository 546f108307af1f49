"""No request, however odd, makes the server fail, stall or die."""

import random

import pytest

from tests.fixtures.accounts import Person
from tests.fixtures.mail import is_sound
from tests.soak.line import Line
from tests.soak.requests import broken_request, templates

SECONDS = 2


@pytest.mark.parametrize("number", [300, pytest.param(10_000, marks=pytest.mark.soak)])
def test_broken_requests_are_answered(number: int, line: Line, dice: random.Random, alice: Person) -> None:
    for at in range(number):
        if at % 100 == 0:
            calls = templates(line)
        line.post(*broken_request(dice, calls, line.account_id), SECONDS)
    assert is_sound(alice.caller)
