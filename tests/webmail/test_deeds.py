"""Actions on conversations, and undoing them."""

import re

import pytest
from django.test import Client as Web

from jmap.client import Client
from tests.fixtures.accounts import Person
from tests.webmail.mailing import mailbox, put, text


def do(web: Web, jmap: Client, threads: list[str], place: str = "inbox", **fields: str) -> str:
    """The page after an action."""
    data = {"place": mailbox(jmap, place), "thread": threads, "next": "/mail/starred/", **fields}
    return web.post("/mail/act", data, follow=True).content.decode()


def undo(web: Web, page: str) -> str:
    token = re.search(r'name="token" value="([^"]+)"', page)
    return web.post("/mail/undo", {"token": token[1] if token else ""}, follow=True).content.decode()


def get(jmap: Client, email: dict[str, str]) -> dict[str, dict[str, bool]]:
    found: dict[str, dict[str, bool]] = jmap.call(
        "Email/get", ids=[email["id"]], properties=["mailboxIds", "keywords"]
    )["list"][0]
    return found


@pytest.mark.parametrize("action", ["archive", "trash", "junk"])
def test_a_conversation_moves_and_comes_back(web: Web, jmap: Client, action: str) -> None:
    email = put(jmap, text())
    page = do(web, jmap, [email["threadId"]], action=action)
    assert get(jmap, email)["mailboxIds"] == {mailbox(jmap, action): True}
    assert "Undone." in undo(web, page)
    assert get(jmap, email)["mailboxIds"] == {mailbox(jmap, "inbox"): True}


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("read", {}, {"$seen": True}),
        ("unread", {"$seen": True}, {}),
        ("star", {}, {"$flagged": True}),
        ("unstar", {"$flagged": True}, {}),
    ],
)
def test_marks_are_set_and_undone(
    web: Web, jmap: Client, action: str, before: dict[str, bool], after: dict[str, bool]
) -> None:
    email = put(jmap, text(), keywords=before)
    page = do(web, jmap, [email["threadId"]], action=action)
    assert get(jmap, email)["keywords"] == after
    undo(web, page)
    assert get(jmap, email)["keywords"] == before


def test_moving_leaves_other_mailboxes_alone(web: Web, jmap: Client) -> None:
    inbox, sent, junk = (mailbox(jmap, role) for role in ("inbox", "sent", "junk"))
    email = put(jmap, text())
    jmap.call("Email/set", update={email["id"]: {f"mailboxIds/{sent}": True}})
    do(web, jmap, [email["threadId"]], action="move", target=junk)
    assert get(jmap, email)["mailboxIds"] == {sent: True, junk: True}
    assert inbox not in get(jmap, email)["mailboxIds"]


def test_several_at_once(web: Web, jmap: Client) -> None:
    emails = [put(jmap, text(f"Subject {number}")) for number in range(3)]
    page = do(web, jmap, [email["threadId"] for email in emails], action="archive")
    assert "3 conversations archived." in page
    assert jmap.call("Email/query", filter={"inMailbox": mailbox(jmap, "inbox")})["ids"] == []


def test_the_star_of_one_row_stars_only_it(web: Web, jmap: Client) -> None:
    one, other = put(jmap, text("One")), put(jmap, text("Other"))
    do(web, jmap, [other["threadId"]], one=f"star {one['threadId']}")
    assert get(jmap, one)["keywords"] == {"$flagged": True}
    assert get(jmap, other)["keywords"] == {}


def test_undo_works_once(web: Web, jmap: Client) -> None:
    page = do(web, jmap, [put(jmap, text())["threadId"]], action="archive")
    undo(web, page)
    assert "can no longer be undone" in undo(web, page)


def test_nothing_selected_is_said(web: Web, jmap: Client) -> None:
    assert "Select a conversation first." in do(web, jmap, [], action="archive")


def test_without_a_trash_nothing_is_destroyed(web: Web, jmap: Client) -> None:
    email = put(jmap, text())
    jmap.call("Mailbox/set", destroy=[mailbox(jmap, "trash")])
    assert "There is no mailbox" in do(web, jmap, [email["threadId"]], action="trash")
    assert get(jmap, email)["mailboxIds"] == {mailbox(jmap, "inbox"): True}


def test_another_users_conversation_stays_as_it_is(web: Web, jmap: Client, bob: Person) -> None:
    email = put(bob.jmap, text())
    do(web, jmap, [email["threadId"]], action="archive")
    assert mailbox(bob.jmap, "inbox") in get(bob.jmap, email)["mailboxIds"]


@pytest.mark.parametrize("path", ["/mail/act", "/mail/undo"])
def test_no_get_changes_anything(web: Web, path: str) -> None:
    assert web.get(path).status_code == 405


def test_a_forged_form_is_refused(alice: Person) -> None:
    web = Web(enforce_csrf_checks=True)
    web.force_login(alice.user)
    assert web.post("/mail/act", {"action": "trash"}).status_code == 403


@pytest.mark.parametrize("address", ["https://evil.example/mail/", "//evil.example", "/mail/\\evil", "/logout"])
def test_afterwards_one_stays_here(web: Web, address: str) -> None:
    assert web.post("/mail/undo", {"next": address})["Location"].startswith("/mail/")
