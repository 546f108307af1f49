"""Two clients write to one account at the same time."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.fixtures.accounts import Person
from tests.fixtures.mail import is_sound
from tests.soak.line import Line
from tests.soak.writer import Ledger, Writer, losses


@pytest.mark.parametrize("number", [60, pytest.param(1000, marks=pytest.mark.soak)])
def test_two_writers_lose_nothing(number: int, live_server_url: str, line: Line, seed: int, alice: Person) -> None:
    authorization = f"Bearer {alice.app_password()}"
    ledger, before = Ledger(), line.call("Mailbox/get", ids=[line.inbox()])["list"][0]["sortOrder"]

    def write(name: str) -> None:
        with Line(live_server_url, line.account_id, authorization) as own:
            writer = Writer(own, name, random.Random(f"{seed}{name}"), ledger)
            for _ in range(number // 2):
                writer.act()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, ["one", "two"]))
    assert losses(line, ledger) == []
    after = line.call("Mailbox/get", ids=[line.inbox()])["list"][0]["sortOrder"]
    assert after == before + ledger.increments > 0
    assert is_sound(alice.caller)
