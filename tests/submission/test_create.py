"""EmailSubmission/set, create (RFC 8621 §7.5): what becomes of a message that is sent, and every reason not to."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.provision import grant
from jmap.client import Client
from jmap.submission.models import EmailSubmission, Queued
from tests.fixtures.accounts import Person
from tests.fixtures.mail import is_sound, roles
from tests.submission.letters import (
    FRIEND,
    addresses,
    envelope,
    get_submission,
    identity,
    make_draft,
    queue_of,
    sent_octets,
    submission,
    submit,
)

Wire = dict[str, Any]
QUEUED = {"smtpReply": "250 2.0.0 Queued", "delivered": "queued", "displayed": "unknown"}


def test_the_server_tells_all_that_it_set(alice: Person) -> None:
    email = make_draft(alice)
    before = datetime.now(UTC)
    created = submit(alice, email)
    thread = alice.jmap.call("Email/get", ids=[email], properties=["threadId"])["list"][0]["threadId"]
    assert before <= datetime.fromisoformat(created.pop("sendAt")) <= datetime.now(UTC)
    assert created == {
        "id": created["id"],
        "threadId": thread,
        "envelope": envelope(alice.email, FRIEND),
        "undoStatus": "pending",
        "deliveryStatus": {FRIEND: QUEUED},
        "dsnBlobIds": [],
        "mdnBlobIds": [],
    }
    found = get_submission(alice, created["id"])
    assert found == {**created, "sendAt": found["sendAt"], "identityId": identity(alice), "emailId": email}
    assert is_sound(alice.caller)


def test_the_message_is_queued_once_for_each_recipient(alice: Person) -> None:
    email = make_draft(alice, cc=addresses("cc@elsewhere.test"))
    created = submit(alice, email)
    first, second = queue_of(alice, created["id"])
    assert (first.recipient, second.recipient) == (FRIEND, "cc@elsewhere.test")
    assert {(row.sender, row.kind, row.state, row.attempts) for row in (first, second)} == {
        (alice.email, "submission", "waiting", 0)
    }
    assert first.due_at == datetime.fromisoformat(created["sendAt"])
    assert first.size == len(sent_octets(alice, created["id"]))


def test_an_email_of_the_same_request_is_sent_and_filed(alice: Person) -> None:
    """As every client does it (RFC 8621 §7.5.1), in one round trip."""
    jmap, boxes = alice.jmap, roles(alice.jmap)
    draft = {
        "mailboxIds": {boxes["drafts"]: True},
        "keywords": {"$draft": True},
        "from": addresses(alice.email),
        "to": addresses(FRIEND),
        "bodyValues": {"1": {"value": "Hi"}},
        "textBody": [{"partId": "1"}],
    }
    filed = {f"mailboxIds/{boxes['drafts']}": None, f"mailboxIds/{boxes['sent']}": True, "keywords/$draft": None}
    create = {"s": {"identityId": identity(alice), "emailId": "#d"}}
    answers = jmap.respond(
        ("Email/set", {"create": {"d": draft}}),
        ("EmailSubmission/set", {"create": create, "onSuccessUpdateEmail": {"#s": filed}}),
    )
    (_, made, _), (_, submitted, _), (name, implicit, call_id) = answers
    email = made["created"]["d"]["id"]
    assert submitted["created"]["s"]["emailId"] == email
    assert (name, call_id, implicit["updated"]) == ("Email/set", "1", {email: None})
    assert implicit["oldState"] == made["newState"] != implicit["newState"]
    found = jmap.call("Email/get", ids=[email], properties=["mailboxIds", "keywords"])["list"][0]
    assert (found["mailboxIds"], found["keywords"]) == ({boxes["sent"]: True}, {})


# Reasons not to


def test_what_cannot_be_found_is_named(alice: Person) -> None:
    for create in ({"identityId": "i999", "emailId": "e999"}, {"identityId": "#no", "emailId": "m1"}):
        answer = alice.jmap.call("EmailSubmission/set", create={"s": create})["notCreated"]["s"]
        assert (answer["type"], answer["properties"]) == ("invalidProperties", ["emailId", "identityId"])


@pytest.mark.parametrize(
    "more", [{"undoStatus": "pending"}, {"sendAt": "2030-01-01T00:00:00Z"}, {"threadId": "t1"}, {"urgent": True}]
)
def test_what_the_server_sets_is_not_the_client_s_to_give(alice: Person, more: Wire) -> None:
    answer = submit(alice, make_draft(alice), **more)
    assert (answer["type"], answer["properties"]) == ("invalidProperties", list(more))


def test_a_message_without_recipients_is_refused(alice: Person) -> None:
    assert submit(alice, make_draft(alice, to=None))["type"] == "noRecipients"
    assert submit(alice, make_draft(alice), envelope=envelope(alice.email))["type"] == "noRecipients"


def test_a_message_with_too_many_recipients_is_refused(alice: Person, settings: Any) -> None:
    settings.MAX_RECIPIENTS = 2
    answer = submit(alice, make_draft(alice, to=addresses("a@x.test", "b@x.test", "c@x.test")))
    assert answer == {"type": "tooManyRecipients", "maxRecipients": 2}


def test_recipients_that_are_no_addresses_are_all_named(alice: Person) -> None:
    wrong = ["nobody", "a b@x.test", "a@", "@x.test", "a@x..test", "a@x.test.", "a@[127.0.0.1]", "a@x.test\r\nDATA", ""]
    wrong += ["a..b@x.test", ".a@x.test", f"{'x' * 65}@x.test", "a@b@x.test", "<a@x.test>", "a@-x.test", "a@x test"]
    given = envelope(alice.email, *wrong, "fine@x.test", '"quoted string"@x.test', "o'brien+tag@x.test")
    answer = submit(alice, make_draft(alice), envelope=given)
    assert (answer["type"], answer["invalidRecipients"]) == ("invalidRecipients", wrong)


def test_a_message_that_is_too_large_is_refused(alice: Person, settings: Any) -> None:
    email, settings.MAX_SIZE_MESSAGE = make_draft(alice, subject="x" * 500), 400
    answer = submit(alice, email)
    assert (answer["type"], answer["maxSize"]) == ("tooLarge", 400)


def test_a_size_that_is_too_large_is_believed(alice: Person) -> None:
    answer = submit(alice, make_draft(alice), envelope=envelope(alice.email, FRIEND, SIZE="50000001"))
    assert (answer["type"], answer["maxSize"]) == ("tooLarge", 50_000_000)


@pytest.mark.parametrize("mail_from", ["other@x.test", "alice", " ", "<>", "{} ", "{}\r\nRCPT TO:<x@y.test>"])
def test_another_s_return_path_is_refused(alice: Person, mail_from: str) -> None:
    given = envelope(mail_from.format(alice.email), FRIEND)
    assert submit(alice, make_draft(alice), envelope=given)["type"] == "forbiddenMailFrom"


def test_who_sends_too_much_must_wait(alice: Person, settings: Any) -> None:
    settings.MAX_MESSAGES_PER_HOUR = 2
    email = make_draft(alice)
    create = {str(at): submission(alice, email) for at in range(3)}
    answer = alice.jmap.call("EmailSubmission/set", create=create)
    assert len(answer["created"]) == 2 and answer["notCreated"]["2"]["type"] == "rateLimit"
    assert Queued.objects.filter(account_id=alice.account.pk).count() == 2


def test_who_may_only_read_sends_nothing(alice: Person, bob: Person) -> None:
    grant(alice.email, bob.email, read_only=True)
    create = {"s": submission(alice, make_draft(alice))}
    answer = Client(bob.caller, alice.jmap.account_id).respond(("EmailSubmission/set", {"create": create}))
    assert answer[0][1]["type"] == "accountReadOnly"
    assert not Queued.objects.filter(account_id=alice.account.pk)


def test_nothing_is_queued_where_the_state_is_another(alice: Person) -> None:
    jmap, create = alice.jmap, {"s": submission(alice, make_draft(alice))}
    state = jmap.call("EmailSubmission/get", ids=[])["state"]
    submit(alice, make_draft(alice))
    answer = jmap.respond(("EmailSubmission/set", {"create": create, "ifInState": state}))
    assert answer[0][1]["type"] == "stateMismatch"
    assert Queued.objects.filter(account_id=alice.account.pk).count() == 1


def test_one_that_fails_leaves_its_siblings_alone(alice: Person) -> None:
    good, bad = make_draft(alice), make_draft(alice, to=None)
    create = {"bad": submission(alice, bad), "good": submission(alice, good)}
    answer = alice.jmap.call("EmailSubmission/set", create=create)
    assert (list(answer["created"]), list(answer["notCreated"])) == (["good"], ["bad"])


# Afterwards


def test_a_destroyed_email_is_sent_all_the_same(alice: Person) -> None:
    email = make_draft(alice)
    id = submit(alice, email)["id"]
    octets = sent_octets(alice, id)
    alice.jmap.call("Email/set", destroy=[email])
    assert sent_octets(alice, id) == octets and get_submission(alice, id)["emailId"] == email


def test_a_destroyed_submission_changes_no_delivery(alice: Person) -> None:
    id = submit(alice, make_draft(alice))["id"]
    assert alice.jmap.call("EmailSubmission/set", destroy=[id])["destroyed"] == [id]
    assert [row.state for row in queue_of(alice, id)] == ["waiting"]
    assert not EmailSubmission.objects.filter(account_id=alice.account.pk)
    assert is_sound(alice.caller)


def test_an_email_that_joins_another_thread_leaves_its_submission_as_it_was(alice: Person) -> None:
    jmap, drafts = alice.jmap, roles(alice.jmap)["drafts"]
    email = make_draft(alice, messageId=["mine@x.test"], subject="Plan")
    before = get_submission(alice, submit(alice, email)["id"])
    raw = b"Message-ID: <%s@x.test>\r\nReferences: <%s@x.test>\r\nSubject: Plan\r\n\r\n"
    for each in (raw % (b"a", b"b"), raw % (b"c", b"b"), raw % (b"join", b"mine@x.test> <b")):
        blob = jmap.upload(io.BytesIO(each))["blobId"]
        jmap.call("Email/import", emails={"d": {"blobId": blob, "mailboxIds": {drafts: True}}})
    assert jmap.call("Email/get", ids=[email])["notFound"] == [email]
    assert get_submission(alice, before["id"]) == before
    assert is_sound(alice.caller)


def test_what_is_sent_is_visible_to_nobody(alice: Person) -> None:
    id = submit(alice, make_draft(alice, bcc=addresses("b@x.test")))["id"]
    digest = bytes(queue_of(alice, id)[0].blob).hex()
    assert alice.jmap.download(f"b{digest}") is None
