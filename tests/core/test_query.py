"""RFC 8620 §5.5; positions, anchors, filters and sorts are shown against a model in test_model.py."""

from typing import Any

import pytest

from tests.fixtures.core import Client


@pytest.fixture
def abc(jmap: Client) -> list[str]:
    return [jmap.make(title=title, sortOrder=at) for at, title in enumerate("abc")]


def error(jmap: Client, **arguments: Any) -> str:
    return str(jmap.call("Note/query", **arguments)["type"])


def test_a_query_without_arguments_finds_everything(jmap: Client, abc: list[str]) -> None:
    found = jmap.call("Note/query", filter=None, sort=None)
    assert (found["ids"], found["position"], found["canCalculateChanges"]) == (abc, 0, True)
    assert "total" not in found


def test_the_total_comes_when_asked_for(jmap: Client, abc: list[str]) -> None:
    assert jmap.call("Note/query", calculateTotal=True, limit=0)["total"] == 3


def test_the_limit_comes_where_the_server_set_it(jmap: Client, abc: list[str]) -> None:
    assert "limit" not in jmap.call("Note/query", limit=2)
    assert jmap.call("Note/query")["limit"] == jmap.call("Note/query", limit=2**40)["limit"]


def test_a_position_beyond_the_end_finds_nothing(jmap: Client, abc: list[str]) -> None:
    assert jmap.query(position=3) == jmap.query(position=2**53 - 1) == []
    assert jmap.query(position=-(2**53) + 1) == abc


def test_an_anchor_outweighs_the_position(jmap: Client, abc: list[str]) -> None:
    assert jmap.query(anchor=abc[1], position=-1) == abc[1:]
    assert jmap.query(anchor=abc[1], anchorOffset=-9) == abc
    assert jmap.query(anchorOffset=2) == abc


@pytest.mark.parametrize("anchor", ["n999999", "", "nonsense", "e1"])
def test_an_anchor_outside_the_results_is_not_found(jmap: Client, abc: list[str], anchor: str) -> None:
    assert error(jmap, anchor=anchor) == "anchorNotFound"


@pytest.mark.parametrize(
    "arguments",
    [
        {"limit": -1},
        {"limit": 1.5},
        {"position": 2**53},
        {"position": "1"},
        {"position": None},
        {"anchor": 7},
        {"anchorOffset": True},
        {"calculateTotal": 1},
        {"calculateTotal": None},
        {"collapse": True},
        {"limit": 2**64 - 1},
    ],
)
def test_arguments_of_the_wrong_type_are_invalid(jmap: Client, arguments: dict[str, Any]) -> None:
    assert error(jmap, **arguments) == "invalidArguments"


@pytest.mark.parametrize(
    "wanted",
    [
        7,
        [],
        "x",
        {"title": 7},
        {"title": "\0"},
        {"title": None},
        {"inFolder": "x"},
        {"operator": "XOR", "conditions": []},
        {"operator": "AND"},
        {"operator": "AND", "conditions": {}},
        {"operator": "AND", "conditions": [7]},
        {"operator": ["AND"], "conditions": []},
        {"operator": "AND", "conditions": [], "title": "x"},
    ],
)
def test_a_malformed_filter_is_an_invalid_argument(jmap: Client, wanted: Any) -> None:
    assert error(jmap, filter=wanted) == "invalidArguments"


def nested(depth: int) -> dict[str, Any]:
    return {} if depth == 0 else {"operator": "NOT", "conditions": [nested(depth - 1)]}


@pytest.mark.parametrize(
    "wanted", [{"nothing": 1}, {"wide": True}, nested(40), {"operator": "OR", "conditions": [{}] * 5000}]
)
def test_a_filter_beyond_the_server_is_unsupported(jmap: Client, wanted: Any) -> None:
    assert error(jmap, filter=wanted) == "unsupportedFilter"


def test_no_conditions_mean_all_or_none(jmap: Client, abc: list[str]) -> None:
    found = [jmap.query(filter={"operator": name, "conditions": []}) for name in ("AND", "OR", "NOT")]
    assert found == [abc, [], abc]


@pytest.mark.parametrize(
    "sort",
    [
        7,
        {},
        ["title"],
        [{}],
        [{"property": 7}],
        [{"property": "title", "isAscending": 1}],
        [{"property": "title", "collation": 7}],
        [{"property": "title", "keyword": "x"}],
    ],
)
def test_a_malformed_sort_is_an_invalid_argument(jmap: Client, sort: Any) -> None:
    assert error(jmap, sort=sort) == "invalidArguments"


@pytest.mark.parametrize(
    "sort", [[{"property": "nothing"}], [{"property": "title", "collation": "i;klingon"}], [{"property": "title"}] * 99]
)
def test_a_sort_beyond_the_server_is_unsupported(jmap: Client, sort: Any) -> None:
    assert error(jmap, sort=sort) == "unsupportedSort"


def test_a_collation_is_ignored_where_there_is_no_text(jmap: Client, abc: list[str]) -> None:
    assert jmap.query(sort=[{"property": "sortOrder", "collation": "i;klingon"}]) == abc


def test_collations_sort_each_in_their_way(jmap: Client) -> None:
    ids = {title: jmap.make(title=title) for title in ("b", "A", "B", "a", "É", "é")}
    order = {id: title for title, id in ids.items()}

    def titles(collation: str) -> str:
        return "".join(order[id] for id in jmap.query(sort=[{"property": "title", "collation": collation}]))

    assert titles("i;octet") == "ABabÉé"
    assert titles("i;ascii-casemap") == "AabBÉé"
    assert titles("i;unicode-casemap") == "AabBÉé"


def test_null_sorts_before_every_value(jmap: Client) -> None:
    ids = [jmap.make(language=language) for language in ("de", None, "en")]
    assert jmap.query(sort=[{"property": "language"}]) == [ids[1], ids[0], ids[2]]


def test_the_query_state_changes_with_the_results(jmap: Client, abc: list[str]) -> None:
    before = jmap.call("Note/query")["queryState"]
    assert before == jmap.call("Note/query")["queryState"]
    jmap.make()
    assert before != jmap.call("Note/query")["queryState"]


def test_another_account_can_not_be_queried(jmap: Client, bob: Client) -> None:
    assert error(jmap, accountId=bob.account) == "accountNotFound"
