"""Mailbox/set (RFC 8621 §2.5): destroying."""

from typing import Any

import pytest

from jmap.client import Client
from tests.fixtures.accounts import Person
from tests.fixtures.mail import emails, import_email, is_sound, mailboxes, make_mailbox, roles


def destroy(jmap: Client, *ids: str, **more: Any) -> dict[str, Any]:
    return jmap.call("Mailbox/set", destroy=list(ids), **more)


def error(jmap: Client, id: str, **more: Any) -> str:
    return str(destroy(jmap, id, **more)["notDestroyed"][id]["type"])


def test_an_empty_mailbox_is_destroyed(jmap: Client) -> None:
    id = make_mailbox(jmap, "Plans")
    assert destroy(jmap, id)["destroyed"] == [id] and id not in mailboxes(jmap)


def test_a_destroyed_mailbox_is_not_found(jmap: Client) -> None:
    id = make_mailbox(jmap, "Plans")
    destroy(jmap, id)
    assert {each: error(jmap, each) for each in (id, "m²", "x")} == dict.fromkeys((id, "m²", "x"), "notFound")


@pytest.mark.parametrize("remove", [False, True])
def test_a_mailbox_with_a_child_stays_and_so_does_its_mail(jmap: Client, remove: bool) -> None:
    id = make_mailbox(jmap, "Plans")
    make_mailbox(jmap, "Child", parentId=id)
    email = import_email(jmap, id)["id"]
    assert error(jmap, id, onDestroyRemoveEmails=remove) == "mailboxHasChild" and emails(jmap) == {email: [id]}


def test_a_mailbox_with_mail_stays(jmap: Client) -> None:
    id = make_mailbox(jmap, "Plans")
    email = import_email(jmap, id)["id"]
    assert error(jmap, id) == "mailboxHasEmail" and emails(jmap) == {email: [id]}


def test_mail_that_is_nowhere_else_goes_with_its_mailbox(jmap: Client, alice: Person) -> None:
    id, inbox = make_mailbox(jmap, "Plans"), roles(jmap)["inbox"]
    import_email(jmap, id)
    kept = import_email(jmap, id, inbox)["id"]
    assert destroy(jmap, id, onDestroyRemoveEmails=True)["destroyed"] == [id]
    assert emails(jmap) == {kept: [inbox]}
    assert mailboxes(jmap)[inbox]["totalEmails"] == 1 and is_sound(alice.caller)


@pytest.mark.parametrize("order", [1, -1])
def test_parent_and_child_go_together_in_any_order(jmap: Client, order: int) -> None:
    top = make_mailbox(jmap, "Top")
    child = make_mailbox(jmap, "Child", parentId=top)
    low = make_mailbox(jmap, "Low", parentId=child)
    assert sorted(destroy(jmap, *[top, child, low][::order])["destroyed"]) == sorted([top, child, low])


def test_a_child_that_stays_keeps_its_parent(jmap: Client) -> None:
    top = make_mailbox(jmap, "Top")
    child = make_mailbox(jmap, "Child", parentId=top)
    import_email(jmap, child)
    errors = destroy(jmap, top, child)["notDestroyed"]
    assert {id: each["type"] for id, each in errors.items()} == {top: "mailboxHasChild", child: "mailboxHasEmail"}


def test_a_child_may_move_out_as_its_parent_goes(jmap: Client) -> None:
    top = make_mailbox(jmap, "Top")
    child = make_mailbox(jmap, "Child", parentId=top)
    assert destroy(jmap, top, update={child: {"parentId": None}})["destroyed"] == [top]
    assert mailboxes(jmap)[child]["parentId"] is None


def test_the_inbox_stays(jmap: Client) -> None:
    assert error(jmap, roles(jmap)["inbox"], onDestroyRemoveEmails=True) == "forbidden"


def test_destroying_the_trash_leaves_the_counts_right(jmap: Client, alice: Person) -> None:
    known = roles(jmap)
    import_email(jmap, known["inbox"], known["trash"], message_id=f"{alice.email}.1")
    import_email(jmap, known["trash"], reply_to=f"{alice.email}.1")
    import_email(jmap, known["sent"], seen=True, reply_to=f"{alice.email}.1")
    destroy(jmap, known["trash"], onDestroyRemoveEmails=True)
    assert is_sound(alice.caller) and mailboxes(jmap)[known["sent"]]["unreadThreads"] == 1
