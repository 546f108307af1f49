"""Thread/get and Thread/changes (RFC 8621 §3)."""

from typing import Any

import pytest

from jmap.client import Client, MethodFailed
from tests.fixtures.accounts import Person
from tests.fixtures.mail import import_email, roles


def emails_of(jmap: Client, thread: str) -> list[str]:
    found: list[str] = jmap.call("Thread/get", ids=[thread])["list"][0]["emailIds"]
    return found


def changes(jmap: Client, since: str) -> tuple[list[str], list[str], list[str]]:
    """Created, updated, destroyed."""
    found = jmap.call("Thread/changes", sinceState=since)
    return found["created"], found["updated"], found["destroyed"]


def state(jmap: Client) -> str:
    return str(jmap.call("Thread/get", ids=[])["state"])


@pytest.fixture
def inbox(jmap: Client) -> str:
    return roles(jmap)["inbox"]


def reply(jmap: Client, inbox: str, received_at: str = "2026-01-02T03:04:05Z") -> dict[str, Any]:
    """An email in the thread of the message root@mail.test."""
    return import_email(jmap, inbox, reply_to="root@mail.test", received_at=received_at)


def test_an_email_alone_is_a_thread(jmap: Client, inbox: str) -> None:
    email = import_email(jmap, inbox)
    assert jmap.call("Thread/get", ids=[email["threadId"]])["list"] == [
        {"id": email["threadId"], "emailIds": [email["id"]]}
    ]


def test_emails_come_oldest_first(jmap: Client, inbox: str) -> None:
    late = reply(jmap, inbox, "2026-03-01T00:00:00Z")
    early = reply(jmap, inbox, "2026-01-01T00:00:00Z")
    middle = reply(jmap, inbox, "2026-02-01T00:00:00Z")
    assert emails_of(jmap, late["threadId"]) == [early["id"], middle["id"], late["id"]]


def test_of_one_date_they_come_by_id(jmap: Client, inbox: str) -> None:
    found = [reply(jmap, inbox) for _ in range(11)]
    assert emails_of(jmap, found[0]["threadId"]) == [email["id"] for email in found]


def test_threads_come_in_the_order_asked_for(jmap: Client, inbox: str) -> None:
    ids = [import_email(jmap, inbox)["threadId"] for _ in range(3)][::-1]
    answer = jmap.call("Thread/get", ids=[*ids, "t999999", "e1", ids[0]])
    assert [thread["id"] for thread in answer["list"]] == ids and answer["notFound"] == ["t999999", "e1"]


def test_null_ids_give_every_thread_up_to_the_limit(jmap: Client, inbox: str, settings: Any) -> None:
    ids = {import_email(jmap, inbox)["threadId"] for _ in range(3)}
    assert {thread["id"] for thread in jmap.call("Thread/get", ids=None)["list"]} == ids
    settings.MAX_OBJECTS_IN_GET = 2
    with pytest.raises(MethodFailed, match="requestTooLarge"):
        jmap.call("Thread/get", ids=None)


def test_only_the_properties_asked_for_come(jmap: Client, inbox: str) -> None:
    thread = import_email(jmap, inbox)["threadId"]
    assert jmap.call("Thread/get", ids=[thread], properties=["id"])["list"] == [{"id": thread}]
    with pytest.raises(MethodFailed, match="invalidArguments"):
        jmap.call("Thread/get", ids=[thread], properties=["subject"])


def test_a_thread_is_created_updated_and_destroyed_with_its_emails(jmap: Client, inbox: str) -> None:
    start = state(jmap)
    first = reply(jmap, inbox)
    thread = first["threadId"]
    assert changes(jmap, start) == ([thread], [], [])
    one = state(jmap)
    second = reply(jmap, inbox)
    assert changes(jmap, one) == ([], [thread], [])
    jmap.call("Email/set", destroy=[first["id"], second["id"]])
    assert changes(jmap, one) == ([], [], [thread]) and changes(jmap, start) == ([], [], [])
    assert jmap.call("Thread/get", ids=[thread])["notFound"] == [thread]


def test_keywords_and_mailboxes_change_no_thread(jmap: Client, inbox: str) -> None:
    email, archive = import_email(jmap, inbox)["id"], roles(jmap)["archive"]
    since = state(jmap)
    jmap.call("Email/set", update={email: {"keywords": {"$seen": True}, "mailboxIds": {archive: True}}})
    assert state(jmap) == since


def test_the_threads_of_another_account_are_not_found(jmap: Client, inbox: str, bob: Person) -> None:
    import_email(jmap, inbox)
    their_inbox = roles(bob.jmap)["inbox"]
    theirs = [import_email(bob.jmap, their_inbox)["threadId"] for _ in range(2)][-1]
    assert jmap.call("Thread/get", ids=[theirs])["notFound"] == [theirs]


@pytest.mark.parametrize("method", ["set", "query", "queryChanges", "copy"])
def test_a_thread_has_no_other_methods(jmap: Client, method: str) -> None:
    with pytest.raises(MethodFailed, match="unknownMethod"):
        jmap.call(f"Thread/{method}")
