"""RFC 8620 §5.3."""

from typing import Any

import pytest

from tests.fixtures.core import Client


def failure(jmap: Client, **properties: Any) -> dict[str, Any]:
    """The SetError of one creation."""
    found: dict[str, Any] = jmap.call("Note/set", create={"new": properties})["notCreated"]["new"]
    return found


def not_updated(jmap: Client, id: str, patch: Any) -> dict[str, Any]:
    found: dict[str, Any] = jmap.call("Note/set", update={id: patch})["notUpdated"][id]
    return found


def test_a_creation_tells_what_the_client_did_not_send(jmap: Client) -> None:
    made = jmap.call("Note/set", create={"new": {"title": "Tea", "language": "DE"}})["created"]["new"]
    assert "title" not in made
    assert {"id", "createdAt", "length", "pinned", "tags", "folderId", "links", "sortOrder"} <= made.keys()
    assert made["language"] == "de"


def test_the_states_before_and_after_are_those_of_get(jmap: Client) -> None:
    before = jmap.state()
    done = jmap.call("Note/set", create={"new": {"title": ""}})
    assert (done["oldState"], done["newState"]) == (before, jmap.state())


def test_nothing_to_do_changes_nothing(jmap: Client) -> None:
    done = jmap.call("Note/set", create=None, update=None, destroy=None)
    assert done["oldState"] == done["newState"]
    assert [done[name] for name in ("created", "updated", "destroyed", "notCreated", "notUpdated")] == [None] * 5


def test_all_wrong_properties_are_named(jmap: Client) -> None:
    error = failure(jmap, pinned="yes", nothing=1, id="n1", createdAt="2026-01-01T00:00:00Z", sortOrder=-1)
    assert error["type"] == "invalidProperties"
    assert error["properties"] == ["createdAt", "id", "nothing", "pinned", "sortOrder", "title"]


@pytest.mark.parametrize("new", [None, [], "note", 1, True])
def test_an_object_to_create_must_be_an_object(jmap: Client, new: Any) -> None:
    assert jmap.call("Note/set", create={"new": new})["notCreated"]["new"]["type"] == "invalidProperties"


@pytest.mark.parametrize("title", ["a\0b", None, 7, ["x"], "é" * 51])
def test_a_title_must_be_a_short_string(jmap: Client, title: Any) -> None:
    assert failure(jmap, title=title)["properties"] == ["title"]


def test_siblings_of_a_failure_survive(jmap: Client) -> None:
    done = jmap.call("Note/set", create={"bad": {"title": "forbidden"}, "good": {"title": ""}})
    assert done["notCreated"]["bad"]["type"] == "forbidden"
    assert jmap.note(done["created"]["good"]["id"])["title"] == ""


def test_a_failed_update_leaves_no_trace(jmap: Client) -> None:
    id = jmap.make(title="Tea")
    state = jmap.state()
    assert not_updated(jmap, id, {"pinned": True, "title": "forbidden"})["type"] == "forbidden"
    assert (jmap.note(id)["pinned"], jmap.state()) == (False, state)


def test_a_whole_object_is_a_patch(jmap: Client) -> None:
    note = jmap.note(jmap.make(title="Tea", tags={"red": {}}))
    done = jmap.call("Note/set", update={note["id"]: {**note, "title": "Milk"}})
    assert done["updated"] == {note["id"]: {"length": 4}}
    assert jmap.note(note["id"]) == {**note, "title": "Milk", "length": 4}


def test_an_update_tells_what_came_out_differently(jmap: Client) -> None:
    id = jmap.make()
    assert jmap.call("Note/set", update={id: {"language": "EN"}})["updated"] == {id: {"language": "en"}}
    assert jmap.call("Note/set", update={id: {"pinned": True}})["updated"] == {id: None}


def test_an_update_to_the_same_value_keeps_the_state(jmap: Client) -> None:
    id = jmap.make(title="Tea")
    done = jmap.call("Note/set", update={id: {"title": "Tea"}})
    assert done["oldState"] == done["newState"]


@pytest.mark.parametrize("patch", [{"createdAt": "2000-01-01T00:00:00Z"}, {"length": 9}, {"id": "n9"}, {"kind": "x"}])
def test_what_the_server_sets_can_not_be_changed(jmap: Client, patch: dict[str, Any]) -> None:
    error = not_updated(jmap, jmap.make(), patch)
    assert (error["type"], error["properties"]) == ("invalidProperties", list(patch))


def test_one_is_not_true(jmap: Client) -> None:
    error = not_updated(jmap, jmap.make(pinned=True), {"pinned": 1})
    assert (error["type"], error["properties"]) == ("invalidProperties", ["pinned"])


def test_null_sets_the_default(jmap: Client) -> None:
    id = jmap.make(pinned=True, tags={"red": {}})
    jmap.call("Note/set", update={id: {"pinned": None, "tags": None}})
    assert jmap.note(id, properties=["pinned", "tags"]) == {"id": id, "pinned": False, "tags": {}}


def test_a_property_without_default_can_not_be_removed(jmap: Client) -> None:
    assert not_updated(jmap, jmap.make(), {"title": None})["properties"] == ["title"]


@pytest.mark.parametrize("tag", [{"": "\0"}, {"\0": 1}, {"a": [{"b": "x\0"}]}])
def test_what_a_json_column_can_not_hold_is_refused(jmap: Client, tag: dict[str, Any]) -> None:
    assert not_updated(jmap, jmap.make(), {"tags/x": tag})["properties"] == ["tags"]


def test_a_patch_reaches_inside(jmap: Client) -> None:
    id = jmap.make(tags={"red": {"n": 1}, "a/b~": {}})
    jmap.call("Note/set", update={id: {"tags/red/n": 2, "tags/green": {}, "tags/a~1b~0": None, "tags/none": None}})
    assert jmap.note(id)["tags"] == {"red": {"n": 2}, "green": {}}


@pytest.mark.parametrize(
    "patch",
    [
        {"tags/none/n": 1},
        {"tags": {}, "tags/red": {}},
        {"tags/red": {}, "tags/red/n": 1},
        {"tags/red/list/0": 1},
        {"title/0": "x"},
        {"folderId/x": 1},
        {"tags/" + "x/" * 100_000: 1},
        {"tags/~2": {}},
        {"nothing/x": 1},
        {"/title": 1},
        [],
        None,
        "patch",
    ],
)
def test_a_patch_that_can_not_apply_is_invalid(jmap: Client, patch: Any) -> None:
    assert not_updated(jmap, jmap.make(tags={"red": {"list": [1]}}), patch)["type"] == "invalidPatch"


@pytest.mark.parametrize("path", ["nothing", ""])
def test_a_patch_of_an_unknown_property_is_invalid(jmap: Client, path: str) -> None:
    assert not_updated(jmap, jmap.make(), {path: 1})["type"] == "invalidProperties"


@pytest.mark.parametrize("id", ["n999999", "x1", "", "#none", "a" * 999, "n1/../n2"])
def test_what_does_not_exist_is_not_found(jmap: Client, id: str) -> None:
    done = jmap.call("Note/set", update={id: {}}, destroy=[id])
    assert (done["notUpdated"][id]["type"], done["notDestroyed"][id]["type"]) == ("notFound", "notFound")


def test_a_destroyed_record_is_gone(jmap: Client) -> None:
    id = jmap.make()
    assert jmap.call("Note/set", destroy=[id, id])["destroyed"] == [id]
    assert jmap.call("Note/get", ids=[id])["notFound"] == [id]


def test_an_expected_state_must_match(jmap: Client) -> None:
    state = jmap.state()
    id = jmap.make()
    assert jmap.call("Note/set", ifInState=state, destroy=[id])["type"] == "stateMismatch"
    assert jmap.call("Note/set", ifInState=jmap.state(), destroy=[id])["destroyed"] == [id]


def test_an_account_that_may_only_be_read_is_read_only(jmap: Client) -> None:
    account = jmap.shared(read_only=True)
    assert jmap.call("Note/set", accountId=account, create={"new": {"title": ""}})["type"] == "accountReadOnly"


def test_the_account_of_another_is_not_found(jmap: Client, bob: Client) -> None:
    done = jmap.call("Note/set", accountId=bob.account, create={"new": {"title": ""}})
    assert (done["type"], bob.query()) == ("accountNotFound", [])


def test_more_objects_than_advertised_are_too_large(jmap: Client, settings: Any) -> None:
    settings.MAX_OBJECTS_IN_SET = 2
    done = jmap.call("Note/set", create={"a": {"title": ""}}, update={"n1": {}}, destroy=["n2"])
    assert (done["type"], jmap.query()) == ("requestTooLarge", [])


@pytest.mark.parametrize("arguments", [{"create": []}, {"update": [1]}, {"destroy": {}}, {"ifInState": 1}, {"more": 1}])
def test_arguments_of_the_wrong_type_are_invalid(jmap: Client, arguments: dict[str, Any]) -> None:
    assert jmap.call("Note/set", **arguments)["type"] == "invalidArguments"


def test_creation_ids_resolve_whatever_the_order(jmap: Client) -> None:
    create = {f"c{at}": {"title": "", "folderId": f"#c{at + 1}"} for at in range(20)} | {"c20": {"title": ""}}
    made = jmap.call("Note/set", create=create)["created"]
    assert jmap.note(made["c0"]["id"])["folderId"] == made["c1"]["id"]
    assert made["c0"]["folderId"] == made["c1"]["id"]


def test_creation_ids_resolve_in_maps_updates_and_destroy(jmap: Client) -> None:
    keep = jmap.make()
    create = {"a": {"title": "a"}, "b": {"title": "b"}}
    update = {keep: {"links/#a": True}, "#a": {"title": "changed"}}
    made = jmap.call("Note/set", create=create, update=update, destroy=["#b"])
    a, b = made["created"]["a"]["id"], made["created"]["b"]["id"]
    assert (jmap.note(keep)["links"], jmap.note(a)["title"], made["destroyed"]) == ({a: True}, "changed", [b])


def test_creations_that_need_each_other_fail(jmap: Client) -> None:
    create = {"a": {"title": "", "folderId": "#b"}, "b": {"title": "", "folderId": "#a"}, "c": {"title": ""}}
    done = jmap.call("Note/set", create=create)
    assert (done["notCreated"].keys(), done["created"].keys()) == ({"a", "b"}, {"c"})


@pytest.mark.parametrize("id", ["#none", "n999999", "m1", "x", "n99999999999999999999"])
def test_a_reference_to_no_record_is_invalid(jmap: Client, id: str) -> None:
    assert failure(jmap, title="", folderId=id, links={id: True})["properties"] == ["folderId", "links"]
    assert not_updated(jmap, jmap.make(), {"folderId": id})["properties"] == ["folderId"]


def test_a_record_of_another_account_can_not_be_referred_to(jmap: Client, bob: Client) -> None:
    theirs = [bob.make() for _ in range(5)][-1]
    assert failure(jmap, title="", folderId=theirs)["properties"] == ["folderId"]


def test_later_calls_know_earlier_creation_ids(jmap: Client) -> None:
    first, second = ({"create": {"x": {"title": "x"}}}, {"create": {"y": {"title": "y", "folderId": "#x"}}})
    made = jmap.batch(("Note/set", first), ("Note/set", second))
    assert made[1][1]["created"]["y"]["folderId"] == made[0][1]["created"]["x"]["id"]


def test_a_reused_creation_id_means_the_latest(jmap: Client) -> None:
    calls = [("Note/set", {"create": {"x": {"title": title}}}) for title in ("old", "new")]
    made = jmap.batch(*calls, ("Note/set", {"destroy": ["#x"]}))
    assert made[2][1]["destroyed"] == [made[1][1]["created"]["x"]["id"]]


def test_created_ids_are_taken_and_returned_when_asked_for(jmap: Client) -> None:
    folder = jmap.make()
    arguments = {"accountId": jmap.account, "create": {"new": {"title": "", "folderId": "#old"}}}
    done = jmap.send({"createdIds": {"old": folder}, "methodCalls": [["Note/set", arguments, "c"]]})
    assert done["createdIds"] == {"old": folder, "new": done["methodResponses"][0][1]["created"]["new"]["id"]}
    assert "createdIds" not in jmap.send({"methodCalls": []})


def test_creation_ids_of_a_failed_call_are_forgotten(jmap: Client) -> None:
    bad: dict[str, Any] = {"ifInState": "old", "create": {"x": {"title": ""}}}
    done = jmap.batch(("Note/set", bad), ("Note/set", {"destroy": ["#x"]}))
    assert done[1][1]["notDestroyed"]["#x"]["type"] == "notFound"


def test_a_thousand_patches_of_one_map_are_quick(jmap: Client) -> None:
    id = jmap.make(tags={f"t{at}": {} for at in range(5000)})
    done = jmap.call("Note/set", update={id: {f"tags/t{at}": {"n": at} for at in range(5000)}})
    assert done["updated"] == {id: None}
    assert len(jmap.note(id)["tags"]) == 5000
