"""RFC 8620 §5.4 and §6.3."""

from typing import Any

import pytest

from tests.fixtures.core import Client


@pytest.fixture
def other(jmap: Client) -> str:
    return jmap.shared()


def copy(jmap: Client, other: str, **more: Any) -> dict[str, Any]:
    return jmap.call("Note/copy", fromAccountId=jmap.account, accountId=other, **more)


def test_a_copy_has_the_properties_of_its_original(jmap: Client, other: str) -> None:
    id = jmap.make(title="Tea", tags={"red": {}}, kind="fancy")
    made = copy(jmap, other, create={"c": {"id": id, "title": "Milk"}})["created"]["c"]
    found = jmap.note(made["id"], accountId=other)
    assert (found["title"], found["tags"], found["kind"]) == ("Milk", {"red": {}}, "fancy")
    assert jmap.note(id)["title"] == "Tea"


def test_a_copy_tells_the_states_of_the_target(jmap: Client, other: str) -> None:
    done = copy(jmap, other, create={"c": {"id": jmap.make()}})
    now = jmap.call("Note/get", accountId=other, ids=[])["state"]
    assert (done["newState"], done["fromAccountId"], done["accountId"]) == (now, jmap.account, other)
    assert done["oldState"] != now


def test_what_is_missing_is_told_of_each(jmap: Client, other: str) -> None:
    create = {"a": {"id": "n999"}, "b": {}, "c": 7, "d": {"id": jmap.make(), "pinned": 1}, "e": {"id": jmap.make()}}
    done = copy(jmap, other, create=create)
    types = {key: error["type"] for key, error in done["notCreated"].items()}
    assert types == {"a": "notFound", "b": "invalidProperties", "c": "invalidProperties", "d": "invalidProperties"}
    assert done["created"].keys() == {"e"}


def test_a_reference_does_not_survive_by_its_number(jmap: Client, other: str) -> None:
    id = jmap.make(folderId=jmap.make())
    assert copy(jmap, other, create={"c": {"id": id}})["notCreated"]["c"]["properties"] == ["folderId"]
    assert copy(jmap, other, create={"c": {"id": id, "folderId": None}})["notCreated"] is None


def test_originals_are_destroyed_on_success_alone(jmap: Client, other: str) -> None:
    good, bad = jmap.make(), jmap.make()
    create = {"g": {"id": good}, "b": {"id": bad, "title": "forbidden"}}
    arguments = {"fromAccountId": jmap.account, "accountId": other, "create": create, "onSuccessDestroyOriginal": True}
    first, second = jmap.batch(("Note/copy", arguments))
    assert [first[0], second[0], first[2], second[2]] == ["Note/copy", "Note/set", "0", "0"]
    assert (second[1]["accountId"], second[1]["destroyed"]) == (jmap.account, [good])


def test_nothing_copied_destroys_nothing(jmap: Client, other: str) -> None:
    arguments: dict[str, Any] = {"create": {"c": {"id": "n999"}}, "onSuccessDestroyOriginal": True}
    assert len(jmap.batch(("Note/copy", {"fromAccountId": jmap.account, "accountId": other, **arguments}))) == 1


def test_a_failed_destruction_leaves_the_copies(jmap: Client, other: str) -> None:
    id = jmap.make()
    more = {"onSuccessDestroyOriginal": True, "destroyFromIfInState": "old"}
    arguments = {"fromAccountId": jmap.account, "accountId": other, "create": {"c": {"id": id}}, **more}
    first, second = jmap.batch(("Note/copy", arguments))
    assert (second[0], second[1]["type"], jmap.note(id)["id"]) == ("error", "stateMismatch", id)
    assert jmap.note(first[1]["created"]["c"]["id"], accountId=other)


def test_originals_in_a_read_only_account_stay(jmap: Client) -> None:
    source = jmap.shared(read_only=True)
    arguments: dict[str, Any] = {"fromAccountId": source, "create": {"c": {"id": "n1"}}}
    assert jmap.call("Note/copy", **arguments)["notCreated"]["c"]["type"] == "notFound"


@pytest.mark.parametrize("name", ["ifInState", "ifFromInState"])
def test_expected_states_must_match(jmap: Client, other: str, name: str) -> None:
    assert copy(jmap, other, create={}, **{name: "old"})["type"] == "stateMismatch"


def test_the_target_must_be_another_account(jmap: Client) -> None:
    assert copy(jmap, jmap.account, create={})["type"] == "invalidArguments"


def test_accounts_of_others_are_not_found(jmap: Client, bob: Client) -> None:
    assert copy(jmap, bob.account, create={})["type"] == "accountNotFound"
    assert jmap.call("Note/copy", fromAccountId=bob.account, create={})["type"] == "fromAccountNotFound"


def test_accounts_must_support_the_type(jmap: Client) -> None:
    account = jmap.shared("no-notes")
    assert copy(jmap, account, create={})["type"] == "accountNotSupportedByMethod"
    assert jmap.call("Note/copy", fromAccountId=account, create={})["type"] == "fromAccountNotSupportedByMethod"


def test_a_read_only_target_is_refused(jmap: Client) -> None:
    assert copy(jmap, jmap.shared(read_only=True), create={})["type"] == "accountReadOnly"


def test_a_copy_needs_something_to_create(jmap: Client, other: str) -> None:
    assert copy(jmap, other)["type"] == "invalidArguments"
    assert copy(jmap, other, create=None)["type"] == "invalidArguments"


def test_too_many_copies_are_too_large(jmap: Client, other: str, settings: Any) -> None:
    settings.MAX_OBJECTS_IN_SET = 1
    assert copy(jmap, other, create={"a": {"id": "n1"}, "b": {"id": "n1"}})["type"] == "requestTooLarge"


def test_a_copy_has_a_creation_id(jmap: Client, other: str) -> None:
    arguments = {"fromAccountId": jmap.account, "accountId": other, "create": {"c": {"id": jmap.make()}}}
    made, gone = jmap.batch(("Note/copy", arguments), ("Note/set", {"accountId": other, "destroy": ["#c"]}))
    assert gone[1]["destroyed"] == [made[1]["created"]["c"]["id"]]
