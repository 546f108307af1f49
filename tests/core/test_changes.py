"""RFC 8620 §5.2; that it is complete from every state is shown in test_model.py."""

from typing import Any

import pytest

from jmap.core import sql, trimming
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


def age_log(jmap: Client, days: int) -> None:
    sql.run(
        "UPDATE core_change SET at = at - make_interval(days => %s::int) WHERE account_id = %s",
        days,
        int(jmap.account[1:]),
    )


def test_a_state_from_before_the_log_was_trimmed_is_refused(jmap: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trimming, "AT_ONCE", 2)
    states = [jmap.state()]
    for _ in range(5):
        jmap.make()
        states.append(jmap.state())
    age_log(jmap, 100)
    new = jmap.make()
    assert trimming.trim_account(int(jmap.account[1:])) == 5
    assert {changes(jmap, state)["type"] for state in states[:-1]} == {"cannotCalculateChanges"}
    assert changes(jmap, states[-1])["created"] == [new]


def test_the_log_goes_on_where_all_of_it_was_trimmed(jmap: Client) -> None:
    jmap.make()
    state = jmap.state()
    age_log(jmap, 100)
    trimming.trim()
    assert (jmap.state(), changes(jmap, state)["hasMoreChanges"]) == (state, False)
    new = jmap.make()
    assert changes(jmap, state)["created"] == [new]


def test_a_young_log_is_not_trimmed(jmap: Client) -> None:
    before = jmap.state()
    made = jmap.make()
    age_log(jmap, 80)
    assert trimming.trim_account(int(jmap.account[1:])) == 0
    assert changes(jmap, before)["created"] == [made]


def test_the_changes_of_another_account_are_not_told(jmap: Client, bob: Client) -> None:
    state = bob.state()
    bob.make()
    assert changes(jmap, state, accountId=bob.account)["type"] == "accountNotFound"
