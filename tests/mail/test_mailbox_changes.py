"""Mailbox/changes (RFC 8621 §2.2)."""

from typing import Any

import pytest

from jmap.client import Client, MethodFailed, ref
from tests.fixtures.accounts import Person
from tests.fixtures.mail import import_email, make_mailbox, roles

COUNTS = ["totalEmails", "totalThreads", "unreadEmails", "unreadThreads"]


def state(jmap: Client) -> str:
    return str(jmap.call("Mailbox/get", ids=[])["state"])


def changes(jmap: Client, since: str) -> dict[str, Any]:
    return jmap.call("Mailbox/changes", sinceState=since)


def test_nothing_changed(jmap: Client) -> None:
    found = changes(jmap, state(jmap))
    assert (found["created"], found["updated"], found["destroyed"]) == ([], [], [])


def test_where_counts_alone_changed_the_answer_says_so(jmap: Client) -> None:
    since, inbox = state(jmap), roles(jmap)["inbox"]
    import_email(jmap, inbox)
    found = changes(jmap, since)
    assert found["updated"] == [inbox] and sorted(found["updatedProperties"]) == COUNTS


def test_where_more_changed_it_says_null(jmap: Client) -> None:
    since, known = state(jmap), roles(jmap)
    import_email(jmap, known["inbox"])
    jmap.call("Mailbox/set", update={known["sent"]: {"name": "Gone out"}})
    found = changes(jmap, since)
    assert sorted(found["updated"]) == sorted([known["inbox"], known["sent"]]) and found["updatedProperties"] is None


def test_a_new_name_and_new_counts_of_one_mailbox_are_more_than_counts(jmap: Client) -> None:
    since, inbox = state(jmap), roles(jmap)["inbox"]
    jmap.call("Mailbox/set", update={inbox: {"name": "In"}})
    import_email(jmap, inbox)
    assert changes(jmap, since)["updatedProperties"] is None


def test_a_read_email_changes_only_its_mailbox(jmap: Client) -> None:
    inbox = roles(jmap)["inbox"]
    email = import_email(jmap, inbox)["id"]
    since = state(jmap)
    jmap.call("Email/set", update={email: {"keywords/$seen": True}})
    assert changes(jmap, since)["updated"] == [inbox]
    since = state(jmap)
    jmap.call("Email/set", update={email: {"keywords/$flagged": True}})
    assert state(jmap) == since


def test_the_example_of_the_rfc(jmap: Client) -> None:
    since, inbox = state(jmap), roles(jmap)["inbox"]
    import_email(jmap, inbox)
    found = jmap.batch(
        ("Mailbox/changes", {"sinceState": since}, "0"),
        ("Mailbox/get", {"#ids": ref("0", "Mailbox/changes", "/created")}, "1"),
        ("Mailbox/get", {
            "#ids": ref("0", "Mailbox/changes", "/updated"),
            "#properties": ref("0", "Mailbox/changes", "/updatedProperties"),
        }, "2"),
    )  # fmt: skip
    assert found["1"]["list"] == [] and found["2"]["list"] == [dict.fromkeys(COUNTS, 1) | {"id": inbox}]


def test_a_subscription_is_a_change(jmap: Client) -> None:
    since, junk = state(jmap), roles(jmap)["junk"]
    jmap.call("Mailbox/set", update={junk: {"isSubscribed": False}})
    found = changes(jmap, since)
    assert found["updated"] == [junk] and found["updatedProperties"] is None


def test_created_and_destroyed(jmap: Client) -> None:
    old = make_mailbox(jmap, "Old")
    since = state(jmap)
    new, brief = make_mailbox(jmap, "New"), make_mailbox(jmap, "Brief")
    jmap.call("Mailbox/set", destroy=[old, brief])
    found = changes(jmap, since)
    assert (found["created"], found["updated"], found["destroyed"]) == ([new], [], [old])


def test_a_refused_update_is_no_change(jmap: Client) -> None:
    since, known = state(jmap), roles(jmap)
    answer = jmap.call("Mailbox/set", update={known["sent"]: {"name": "Inbox"}}, destroy=[known["inbox"]])
    assert answer["newState"] == since == state(jmap)


def test_moving_mail_changes_both_mailboxes(jmap: Client) -> None:
    known = roles(jmap)
    email = import_email(jmap, known["inbox"])["id"]
    since = state(jmap)
    jmap.call("Email/set", update={email: {"mailboxIds": {known["archive"]: True}}})
    assert sorted(changes(jmap, since)["updated"]) == sorted([known["inbox"], known["archive"]])


def test_the_state_of_another_account_is_not_ours(jmap: Client, bob: Person) -> None:
    with pytest.raises(MethodFailed, match="cannotCalculateChanges"):
        changes(jmap, state(bob.jmap))
