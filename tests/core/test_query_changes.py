"""RFC 8620 §5.6; that it is exact is shown in test_model.py."""

from typing import Any

import pytest

from tests.fixtures.core import Client

BY_ORDER = [{"property": "sortOrder"}]


@pytest.fixture
def abc(jmap: Client) -> list[str]:
    return [jmap.make(sortOrder=10 * at) for at in (1, 2, 3)]


def changes(jmap: Client, state: str, **more: Any) -> dict[str, Any]:
    return jmap.call("Note/queryChanges", sinceQueryState=state, sort=BY_ORDER, **more)


def test_without_changes_there_is_nothing_to_tell(jmap: Client, abc: list[str]) -> None:
    found = changes(jmap, jmap.state())
    assert (found["removed"], found["added"], "total" in found) == ([], [], False)
    assert found["oldQueryState"] == found["newQueryState"]


def test_a_moved_record_is_removed_and_added(jmap: Client, abc: list[str]) -> None:
    before = jmap.state()
    jmap.call("Note/set", update={abc[0]: {"sortOrder": 25}})
    found = changes(jmap, before, calculateTotal=True)
    assert (found["removed"], found["added"]) == ([abc[0]], [{"id": abc[0], "index": 1}])
    assert found["total"] == 3


def test_a_change_that_the_query_does_not_see_is_not_told(jmap: Client, abc: list[str]) -> None:
    before = jmap.state()
    jmap.call("Note/set", update={abc[0]: {"title": "new"}})
    found = changes(jmap, before)
    assert (found["removed"], found["added"]) == ([], [])
    assert found["newQueryState"] != before


def test_what_came_and_went_is_not_told(jmap: Client, abc: list[str]) -> None:
    before = jmap.state()
    jmap.call("Note/set", destroy=[jmap.make()])
    assert changes(jmap, before)["removed"] == []


def test_additions_beyond_up_to_id_are_left_out(jmap: Client, abc: list[str]) -> None:
    before = jmap.state()
    first, _ = jmap.make(sortOrder=15), jmap.make(sortOrder=99)
    assert changes(jmap, before, upToId=abc[1])["added"] == [{"id": first, "index": 1}]


def test_an_up_to_id_that_moved_bounds_nothing(jmap: Client, abc: list[str]) -> None:
    before = jmap.state()
    jmap.call("Note/set", update={abc[2]: {"sortOrder": 5}})
    new = jmap.make(sortOrder=15)
    found = changes(jmap, before, upToId=abc[2])
    assert found["added"] == [{"id": abc[2], "index": 0}, {"id": new, "index": 2}]


@pytest.mark.parametrize("up_to", ["n999999", "nonsense", ""])
def test_an_up_to_id_that_is_not_in_the_results_is_ignored(jmap: Client, abc: list[str], up_to: str) -> None:
    before = jmap.state()
    new = jmap.make(sortOrder=99)
    assert changes(jmap, before, upToId=up_to)["added"] == [{"id": new, "index": 3}]


def test_more_than_max_changes_are_too_many(jmap: Client, abc: list[str]) -> None:
    before = jmap.state()
    jmap.call("Note/set", update={abc[0]: {"sortOrder": 99}})
    assert changes(jmap, before, maxChanges=1)["type"] == "tooManyChanges"
    assert len(changes(jmap, before, maxChanges=2)["added"]) == 1


@pytest.mark.parametrize("arguments", [{"filter": {"wide": True}}, {"sort": [{"property": "wide"}]}])
def test_where_the_past_can_not_be_told_changes_are_refused(jmap: Client, arguments: dict[str, Any]) -> None:
    found = jmap.call("Note/queryChanges", sinceQueryState=jmap.state(), **arguments)
    assert found["type"] == "cannotCalculateChanges"


@pytest.mark.parametrize("state", ["", "1-0-0", "nonsense", "1-zz-1", "2-1-1"])
def test_a_foreign_state_is_refused(jmap: Client, state: str) -> None:
    assert changes(jmap, state)["type"] == "cannotCalculateChanges"
