"""What one request carries from method to method."""

import pytest

from jmap.core import context
from jmap.core.context import Context
from tests.fixtures.core import Client


@pytest.mark.parametrize("room", [0, 1_000_000])
def test_what_is_stowed_comes_back_in_any_order(jmap: Client, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    monkeypatch.setattr(context, "STOWED", room)
    held = Context(jmap.caller())
    brought = [held.stow({"number": number, "text": "x" * number}) for number in range(100)]
    assert [bring()["number"] for bring in reversed(brought)] == list(reversed(range(100)))
    held.drop_stowage()
    assert held.stow("next")() == "next"
