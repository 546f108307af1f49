"""Mailbox/set (RFC 8621 §2.5): creating and updating."""

from typing import Any

import pytest

from accounts.provision import add_account, grant
from jmap.client import Client, MethodFailed
from jmap.mail import limits
from tests.fixtures.accounts import Person
from tests.fixtures.mail import import_email, is_sound, mailboxes, make_mailbox, roles

Wire = dict[str, Any]


def create(jmap: Client, **properties: Any) -> Wire:
    """The SetError of a creation that must fail."""
    found: Wire = jmap.call("Mailbox/set", create={"c": properties})["notCreated"]["c"]
    return found


def update(jmap: Client, **patches: Any) -> Wire:
    return jmap.call("Mailbox/set", update=patches)


def refused(jmap: Client, id: str, /, **patch: Any) -> Wire:
    """The SetError of an update that must fail."""
    found: Wire = update(jmap, **{id: patch})["notUpdated"][id]
    return found


def chain(jmap: Client, length: int, name: str = "x") -> list[str]:
    """Mailboxes each inside the one before."""
    ids = [make_mailbox(jmap, name)]
    while len(ids) < length:
        ids.append(make_mailbox(jmap, name, parentId=ids[-1]))
    return ids


def test_what_the_client_did_not_send_comes_back(jmap: Client) -> None:
    created = jmap.call("Mailbox/set", create={"c": {"name": "Plans"}})["created"]["c"]
    assert created | {"name": "Plans"} == mailboxes(jmap)[created["id"]] and "name" not in created
    assert (created["parentId"], created["role"], created["sortOrder"], created["totalEmails"]) == (None, None, 0, 0)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\tb", "a\x7fb", "e\u0301", "a\u2028b", "a\u2029b", 7, None])
def test_a_name_is_net_unicode(jmap: Client, name: Any) -> None:
    error = create(jmap, name=name)
    assert (error["type"], error["properties"]) == ("invalidProperties", ["name"])


def test_a_name_is_measured_in_octets(jmap: Client) -> None:
    make_mailbox(jmap, "é" * (limits.MAILBOX_NAME // 2))
    assert create(jmap, name="é" * (limits.MAILBOX_NAME // 2 + 1))["properties"] == ["name"]


def test_a_name_is_needed(jmap: Client) -> None:
    assert create(jmap, sortOrder=1)["properties"] == ["name"]


def test_all_that_is_wrong_is_named(jmap: Client) -> None:
    error = create(jmap, name="", role="king", sortOrder=2**31, totalEmails=1, nothing=1, isSubscribed=None)
    assert error["properties"] == ["isSubscribed", "name", "nothing", "role", "sortOrder", "totalEmails"]


def test_siblings_of_one_name_are_refused(jmap: Client) -> None:
    error = create(jmap, name="Inbox")
    assert (error["type"], error["existingId"]) == ("alreadyExists", roles(jmap)["inbox"])


def test_the_case_of_a_name_counts_and_so_does_its_parent(jmap: Client) -> None:
    assert make_mailbox(jmap, "inbox")
    assert make_mailbox(jmap, "Inbox", parentId=roles(jmap)["inbox"])


def test_moving_next_to_a_namesake_is_refused(jmap: Client) -> None:
    inner = make_mailbox(jmap, "Inbox", parentId=roles(jmap)["sent"])
    assert refused(jmap, inner, parentId=None)["existingId"] == roles(jmap)["inbox"]


def test_a_role_belongs_to_one_mailbox(jmap: Client) -> None:
    assert create(jmap, name="Second", role="inbox")["properties"] == ["role"]
    assert refused(jmap, make_mailbox(jmap, "Third"), role="sent")["properties"] == ["role"]


def test_a_role_is_kept_in_lower_case(jmap: Client) -> None:
    id = make_mailbox(jmap, "Important")
    assert update(jmap, **{id: {"role": "Important"}})["updated"] == {id: {"role": "important"}}


def test_a_parent_must_exist(jmap: Client, bob: Person) -> None:
    theirs = chain(bob.jmap, 3)[-1]
    for parent in (theirs, "m999999", "e1", "#nobody"):
        assert create(jmap, name="Child", parentId=parent)["properties"] == ["parentId"]
        assert refused(jmap, roles(jmap)["sent"], parentId=parent)["properties"] == ["parentId"]


def test_a_mailbox_can_not_lie_within_itself(jmap: Client) -> None:
    top, _, low = chain(jmap, 3)
    assert refused(jmap, top, parentId=top)["properties"] == ["parentId"]
    assert refused(jmap, top, parentId=low)["properties"] == ["parentId"]


def test_the_tree_has_a_greatest_depth(jmap: Client) -> None:
    deep = chain(jmap, limits.MAILBOX_DEPTH)
    assert create(jmap, name="x", parentId=deep[-1])["properties"] == ["parentId"]
    assert refused(jmap, deep[0], parentId=roles(jmap)["inbox"])["properties"] == ["parentId"]
    assert "updated" in update(jmap, **{deep[1]: {"parentId": roles(jmap)["inbox"]}})


def test_a_child_may_be_named_before_its_parent(jmap: Client) -> None:
    wires = {"child": {"name": "Child", "parentId": "#parent"}, "parent": {"name": "Parent"}}
    created = jmap.call("Mailbox/set", create=wires)["created"]
    assert mailboxes(jmap)[created["child"]["id"]]["parentId"] == created["parent"]["id"]


def test_parents_in_a_circle_are_not_created(jmap: Client) -> None:
    wires = {"a": {"name": "A", "parentId": "#b"}, "b": {"name": "B", "parentId": "#a"}}
    assert sorted(jmap.call("Mailbox/set", create=wires)["notCreated"]) == ["a", "b"]


def test_a_mailbox_may_move_into_one_just_made(jmap: Client) -> None:
    sent = roles(jmap)["sent"]
    answer = jmap.call("Mailbox/set", create={"c": {"name": "Top"}}, update={sent: {"parentId": "#c"}})
    assert answer["updated"] == {sent: None}
    assert mailboxes(jmap)[sent]["parentId"] == answer["created"]["c"]["id"]


def test_names_may_be_swapped(jmap: Client) -> None:
    a, b = make_mailbox(jmap, "A"), make_mailbox(jmap, "B")
    assert update(jmap, **{a: {"name": "B"}, b: {"name": "A"}})["updated"] == {a: None, b: None}
    assert (mailboxes(jmap)[a]["name"], mailboxes(jmap)[b]["name"]) == ("B", "A")


def test_names_may_go_round(jmap: Client) -> None:
    ids = [make_mailbox(jmap, name) for name in "ABC"]
    patches = {id: {"name": name} for id, name in zip(ids, "BCA", strict=True)}
    assert update(jmap, **patches)["updated"] == dict.fromkeys(ids)


def test_a_swap_with_one_bad_end_is_refused_whole(jmap: Client) -> None:
    a, b = make_mailbox(jmap, "A"), make_mailbox(jmap, "B")
    refused_both = update(jmap, **{a: {"name": "B"}, b: {"name": "Inbox"}})["notUpdated"]
    assert {id: error["type"] for id, error in refused_both.items()} == {a: "alreadyExists", b: "alreadyExists"}
    assert (mailboxes(jmap)[a]["name"], mailboxes(jmap)[b]["name"]) == ("A", "B")


def test_of_two_that_want_one_name_the_first_gets_it(jmap: Client) -> None:
    a, b = make_mailbox(jmap, "A"), make_mailbox(jmap, "B")
    answer = update(jmap, **{a: {"name": "C"}, b: {"name": "C"}})
    assert answer["updated"] == {a: None} and answer["notUpdated"][b]["existingId"] == a


def test_roles_may_be_swapped(jmap: Client) -> None:
    known = roles(jmap)
    update(jmap, **{known["sent"]: {"role": "archive"}, known["archive"]: {"role": "sent"}})
    assert roles(jmap) == known | {"sent": known["archive"], "archive": known["sent"]}


def test_a_parent_and_its_child_may_change_places(jmap: Client) -> None:
    top, child = chain(jmap, 2)
    assert update(jmap, **{top: {"parentId": child}, child: {"parentId": None}})["updated"] == {top: None, child: None}


def test_two_may_not_become_each_other_s_parent(jmap: Client) -> None:
    a, b = make_mailbox(jmap, "A"), make_mailbox(jmap, "B")
    answer = update(jmap, **{a: {"parentId": b}, b: {"parentId": a}})
    assert answer["updated"] == {a: None} and answer["notUpdated"][b]["properties"] == ["parentId"]


def test_one_bad_update_leaves_its_siblings_alone(jmap: Client) -> None:
    a, b = make_mailbox(jmap, "A"), make_mailbox(jmap, "B")
    answer = update(jmap, **{a: {"name": ""}, "m²": {"name": "C"}, b: {"sortOrder": 7}})
    assert answer["updated"] == {b: None} and answer["notUpdated"]["m²"]["type"] == "notFound"
    assert mailboxes(jmap)[b]["sortOrder"] == 7


def test_an_update_that_changes_nothing_is_no_change(jmap: Client) -> None:
    answer = update(jmap, **{roles(jmap)["inbox"]: {"name": "Inbox", "totalEmails": 0}})
    assert answer["oldState"] == answer["newState"] and "notUpdated" not in {k for k, v in answer.items() if v}


def test_what_the_server_sets_can_not_be_changed(jmap: Client) -> None:
    inbox = roles(jmap)["inbox"]
    assert refused(jmap, inbox, id="m9", totalEmails=5)["properties"] == ["id", "totalEmails"]
    assert refused(jmap, inbox, **{"myRights/mayDelete": True})["properties"] == ["myRights"]


def test_null_gives_the_default(jmap: Client) -> None:
    id = make_mailbox(jmap, "Low", sortOrder=9, parentId=roles(jmap)["inbox"], role="memos")
    update(jmap, **{id: {"sortOrder": None, "parentId": None, "role": None}})
    found = mailboxes(jmap)[id]
    assert (found["sortOrder"], found["parentId"], found["role"]) == (0, None, None)


def test_who_may_only_read_changes_nothing(alice: Person) -> None:
    email = f"read-{alice.email}"
    account = add_account(email)
    grant(email, alice.email, read_only=True)
    with pytest.raises(MethodFailed, match="accountReadOnly"):
        Client(alice.caller, f"a{account.pk}").call("Mailbox/set", create={"c": {"name": "X"}})


def test_the_counts_follow_the_role_of_the_trash(jmap: Client, alice: Person) -> None:
    known, other = roles(jmap), make_mailbox(jmap, "Other")
    read = import_email(jmap, known["inbox"], seen=True, message_id=f"{alice.email}.1")
    import_email(jmap, known["trash"], reply_to=f"{alice.email}.1")
    assert mailboxes(jmap)[known["inbox"]]["unreadThreads"] == 0
    answer = update(jmap, **{known["trash"]: {"role": None}, other: {"role": "trash"}})
    assert answer["updated"] and mailboxes(jmap)[known["inbox"]]["unreadThreads"] == 1
    update(jmap, **{known["trash"]: {"role": "trash"}, other: {"role": None}})
    assert mailboxes(jmap)[known["inbox"]]["unreadThreads"] == 0 and is_sound(alice.caller) and read
