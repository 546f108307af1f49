"""RFC 8620 §5.2; that it is complete from every state is shown in test_model.py."""

from typing import Any

import pytest

from jmap.core.writing import writing
from tests.fixtures.core import Client


def changes(jmap: Client, state: str, **more: Any) -> dict[str, Any]:
    return jmap.call("Note/changes", sinceState=state, **more)


def test_nothing_changed_since_the_present(jmap: Client) -> None:
    jmap.make()
    state = jmap.state()
    found = changes(jmap, state)
    assert (found["oldState"], found["newState"], found["hasMoreChanges"]) == (state, state, False)
    assert found["created"] + found["updated"] + found["destroyed"] == []


def test_what_was_created_and_updated_is_only_created(jmap: Client) -> None:
    before = jmap.state()
    id = jmap.make()
    jmap.call("Note/set", update={id: {"title": "new"}})
    found = changes(jmap, before)
    assert (found["created"], found["updated"], found["destroyed"]) == ([id], [], [])


def test_what_was_updated_and_destroyed_is_only_destroyed(jmap: Client) -> None:
    id = jmap.make()
    before = jmap.state()
    jmap.call("Note/set", update={id: {"title": "new"}})
    jmap.call("Note/set", destroy=[id])
    found = changes(jmap, before)
    assert (found["created"], found["updated"], found["destroyed"]) == ([], [], [id])


def test_what_was_created_and_destroyed_is_not_told(jmap: Client) -> None:
    before = jmap.state()
    jmap.call("Note/set", destroy=[jmap.make()])
    found = changes(jmap, before)
    assert found["created"] + found["updated"] + found["destroyed"] == []


def test_max_changes_stops_inside_one_set(jmap: Client) -> None:
    before = jmap.state()
    made = jmap.call("Note/set", create={str(at): {"title": ""} for at in range(3)})["created"]
    first = changes(jmap, before, maxChanges=2)
    second = changes(jmap, first["newState"], maxChanges=2)
    assert (first["hasMoreChanges"], second["hasMoreChanges"]) == (True, False)
    assert [*first["created"], *second["created"]] == [note["id"] for note in made.values()]


@pytest.mark.parametrize("limit", [0, -1, 1.5, "1", True, 2**53])
def test_max_changes_must_be_above_zero(jmap: Client, limit: Any) -> None:
    assert changes(jmap, jmap.state(), maxChanges=limit)["type"] == "invalidArguments"


@pytest.mark.parametrize("state", ["", "0", "1-0-0", "\u0661-1-1", "1-ffffffffffffffff-0", "\n"])
def test_an_unknown_state_is_refused(jmap: Client, state: str) -> None:
    assert changes(jmap, state)["type"] == "cannotCalculateChanges"


def test_a_state_of_the_future_is_refused(jmap: Client) -> None:
    version, epoch, _ = jmap.state().split("-")
    assert changes(jmap, f"{version}-{epoch}-999999")["type"] == "cannotCalculateChanges"


def test_a_state_from_before_the_log_was_trimmed_is_refused(jmap: Client) -> None:
    before = jmap.state()
    jmap.make()
    with writing(int(jmap.account[1:]), "test"):
        from accounts.models import Account

        Account.objects.filter(id=jmap.account[1:]).update(floors={"Note": 1})
    assert changes(jmap, before)["type"] == "cannotCalculateChanges"
    assert changes(jmap, jmap.state())["hasMoreChanges"] is False


def test_the_changes_of_another_account_are_not_told(jmap: Client, bob: Client) -> None:
    state = bob.state()
    bob.make()
    assert changes(jmap, state, accountId=bob.account)["type"] == "accountNotFound"
