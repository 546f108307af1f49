"""Random operations on two accounts beside a plain model; then everything the core can say about them."""

from itertools import product
from random import Random
from typing import Any

import pytest

from tests.core.model import FILTERS, SENT, SORTS, AccountModel, comparators
from tests.fixtures.core import Client

STEPS = 24


@pytest.fixture(scope="module", params=range(2))
def played(notes: None, request: pytest.FixtureRequest) -> list[AccountModel]:
    """Two accounts after their operations; the tests only read."""
    random, jmap = Random(request.param), Client()
    models = [AccountModel(jmap, account) for account in (jmap.account, jmap.shared())]
    for model in models:
        model.remember()
    for _ in range(STEPS):
        random.choice(models).play(random)
    return models


@pytest.fixture
def random() -> Random:
    return Random(7)


def test_get_returns_what_the_model_holds(played: list[AccountModel]) -> None:
    for model in played:
        found = {note["id"]: note for note in model.call("get", properties=[*SENT, "createdAt"])["list"]}
        assert found == {id: {**note, "id": id} for id, note in model.notes.items()}


def test_changes_from_every_state_lead_to_the_present(played: list[AccountModel], random: Random) -> None:
    for model in played:
        for state, past in model.states:
            followed = follow_changes(model, state, set(past), random)
            assert followed[0] == set(model.notes)
            changed = {id for id in past if id in model.notes and past[id] != model.notes[id]}
            assert changed <= followed[1]


def follow_changes(model: AccountModel, state: str, known: set[str], random: Random) -> tuple[set[str], set[str]]:
    """The ids after /changes from a state until done, and those it called updated."""
    updated: set[str] = set()
    while True:
        limit = random.choice((None, 1, 2, 5))
        found = model.call("changes", sinceState=state, maxChanges=limit)
        created, destroyed = set(found["created"]), set(found["destroyed"])
        assert len(created) + len(found["updated"]) + len(destroyed) <= (limit or 9999)
        assert not created & known
        assert destroyed | set(found["updated"]) <= known | created
        known, updated, state = known - destroyed | created, updated | set(found["updated"]), found["newState"]
        if not found["hasMoreChanges"]:
            assert state == model.call("get", ids=[])["state"]
            return known, updated | created


def test_query_finds_what_the_model_finds(played: list[AccountModel], random: Random) -> None:
    for model, wanted, sort in product(played, FILTERS, SORTS):
        expected = model.expected(model.notes, wanted, sort)
        position, limit = random.randrange(-5, 8), random.choice((None, 0, 1, 3))
        arguments: dict[str, Any] = {"filter": wanted, "sort": comparators(sort), "calculateTotal": True}
        found = model.call("query", position=position, limit=limit, **arguments)
        start = max(0, len(expected) + position) if position < 0 else position
        assert found["ids"] == expected[start:][:limit]
        assert (found["position"], found["total"]) == (start, len(expected))
        if expected:
            check_anchor(model, expected, arguments, random)


def check_anchor(model: AccountModel, expected: list[str], arguments: dict[str, Any], random: Random) -> None:
    at, offset = random.randrange(len(expected)), random.randrange(-4, 5)
    found = model.call("query", anchor=expected[at], anchorOffset=offset, limit=2, position=9, **arguments)
    start = max(0, at + offset)
    assert (found["ids"], found["position"]) == (expected[start : start + 2], start)


def test_query_changes_from_every_state_lead_to_the_present(played: list[AccountModel]) -> None:
    for model, wanted, sort in product(played, FILTERS, SORTS):
        arguments: dict[str, Any] = {"filter": wanted, "sort": comparators(sort)}
        present = model.expected(model.notes, wanted, sort)
        for state, past in model.states:
            old = model.expected(past, wanted, sort)
            found = model.call("queryChanges", sinceQueryState=state, calculateTotal=True, **arguments)
            assert set(found["removed"]) <= set(old)
            assert applied(old, found) == present
            assert found["total"] == len(present)


def applied(old: list[str], found: dict[str, Any]) -> list[str]:
    """RFC 8620 §5.6 as a client does it."""
    new = [id for id in old if id not in found["removed"]]
    for item in found["added"]:
        new.insert(item["index"], item["id"])
    return new


def test_query_changes_up_to_an_id_lead_to_the_present_up_to_there(played: list[AccountModel], random: Random) -> None:
    for model, wanted, sort in product(played, FILTERS, SORTS):
        present = model.expected(model.notes, wanted, sort)
        for state, past in random.sample(model.states, 8):
            cached = model.expected(past, wanted, sort)
            cached = cached[: random.randrange(len(cached) + 1)]
            arguments: dict[str, Any] = {"filter": wanted, "sort": comparators(sort)}
            found = model.call(
                "queryChanges", sinceQueryState=state, upToId=cached[-1] if cached else None, **arguments
            )
            new = sparsely_applied(cached, found)
            assert new == present[: len(new)]


def sparsely_applied(cached: list[str], found: dict[str, Any]) -> list[str]:
    """What a client that holds only a start of the list knows of the new one."""
    new = [id for id in cached if id not in found["removed"]]
    for item in found["added"]:
        if item["index"] <= len(new):
            new.insert(item["index"], item["id"])
    return new


def test_the_states_of_one_account_mean_nothing_in_the_other(played: list[AccountModel]) -> None:
    one, other = played
    for state, _ in one.states:
        assert other.call("changes", sinceState=state)["type"] == "cannotCalculateChanges"
