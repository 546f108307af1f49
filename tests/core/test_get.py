"""RFC 8620 §5.1."""

from typing import Any

import pytest

from jmap.core.capabilities import CORE
from tests.fixtures.core import Client


def test_null_ids_give_every_record(jmap: Client) -> None:
    made = {jmap.make(), jmap.make()}
    assert {note["id"] for note in jmap.call("Note/get", ids=None)["list"]} == made


def test_no_ids_give_no_records(jmap: Client) -> None:
    jmap.make()
    found = jmap.call("Note/get", ids=[])
    assert (found["list"], found["notFound"]) == ([], [])


def test_all_properties_come_by_default(jmap: Client) -> None:
    note = jmap.note(jmap.make(title="Tea"))
    assert note["createdAt"].endswith("Z")
    assert {
        "title": "Tea",
        "pinned": False,
        "folderId": None,
        "links": {},
        "tags": {},
        "length": 3,
    }.items() <= note.items()


def test_only_the_properties_asked_for_come_with_the_id(jmap: Client) -> None:
    id = jmap.make(title="Tea")
    assert jmap.note(id, properties=["title"]) == {"id": id, "title": "Tea"}
    assert jmap.note(id, properties=["title", "title", "id"]) == {"id": id, "title": "Tea"}
    assert jmap.note(id, properties=[]) == {"id": id}


def test_an_unknown_property_is_an_invalid_argument(jmap: Client) -> None:
    assert jmap.call("Note/get", properties=["nothing"])["type"] == "invalidArguments"


def test_a_repeated_id_comes_once(jmap: Client) -> None:
    id = jmap.make()
    found = jmap.call("Note/get", ids=[id, "n999", id, "n999"])
    assert ([note["id"] for note in found["list"]], found["notFound"]) == ([id], ["n999"])


@pytest.mark.parametrize("id", ["", "x", "n", "n01", "n-1", "a" * 300, "n9999999999999999999", "ⁿ1", "n1\n", "#c"])
def test_an_id_that_can_not_be_ours_is_not_found(jmap: Client, id: str) -> None:
    assert jmap.call("Note/get", ids=[id])["notFound"] == [id]


@pytest.mark.parametrize("ids", ["n1", [1], {}, [None], 7, ["\0"]])
def test_ids_of_the_wrong_type_are_invalid(jmap: Client, ids: Any) -> None:
    assert jmap.call("Note/get", ids=ids)["type"] == "invalidArguments"


def test_more_ids_than_advertised_are_too_large(jmap: Client, settings: Any) -> None:
    settings.MAX_OBJECTS_IN_GET = 2
    assert jmap.call("Note/get", ids=["n1", "n2", "n3"])["type"] == "requestTooLarge"
    assert "list" in jmap.call("Note/get", ids=["n1", "n2", "n2"])


def test_all_records_are_refused_where_they_exceed_the_limit(jmap: Client, settings: Any) -> None:
    settings.MAX_OBJECTS_IN_GET = 2
    jmap.make(), jmap.make()
    assert len(jmap.call("Note/get", ids=None)["list"]) == 2
    jmap.make()
    assert jmap.call("Note/get", ids=None)["type"] == "requestTooLarge"


def test_the_state_changes_with_the_data_alone(jmap: Client) -> None:
    before = jmap.state()
    assert jmap.state() == before
    id = jmap.make()
    changed = jmap.state()
    jmap.call("Note/set", update={id: {"title": ""}})
    assert before != changed == jmap.state()


def test_an_account_must_be_named(jmap: Client) -> None:
    responses = jmap.send({"methodCalls": [["Note/get", {"ids": []}, "c"]]})["methodResponses"]
    name, arguments, call_id = responses[0]
    assert (name, arguments["type"], call_id) == ("error", "invalidArguments", "c")


@pytest.mark.parametrize("account", ["a0", "a999999999", "zebra", "", "A1"])
def test_an_unknown_account_is_not_found(jmap: Client, account: str) -> None:
    assert jmap.call("Note/get", accountId=account)["type"] == "accountNotFound"


def test_the_account_of_another_looks_like_none(jmap: Client, bob: Client) -> None:
    theirs, none = (jmap.call("Note/get", accountId=account) for account in (bob.account, "a999999999"))
    assert theirs == none


def test_the_records_of_another_account_are_not_found(jmap: Client, bob: Client) -> None:
    ours = jmap.make()
    theirs = [bob.make() for _ in range(3)][-1]
    assert jmap.call("Note/get", ids=[ours, theirs])["notFound"] == [theirs]


def test_an_account_without_the_capability_does_not_support_its_methods(jmap: Client) -> None:
    account = jmap.shared("no-notes")
    assert jmap.call("Note/get", accountId=account)["type"] == "accountNotSupportedByMethod"


def test_a_read_only_account_can_be_read(jmap: Client) -> None:
    assert jmap.call("Note/get", accountId=jmap.shared(read_only=True))["list"] == []


def test_a_method_of_a_capability_that_is_not_used_is_unknown(jmap: Client) -> None:
    found = jmap.send({"using": [CORE], "methodCalls": [["Note/get", {"accountId": jmap.account}, "c"]]})
    assert found["methodResponses"] == [["error", {"type": "unknownMethod"}, "c"]]
