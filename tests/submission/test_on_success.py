"""onSuccessUpdateEmail and onSuccessDestroyEmail (RFC 8621 §7.5)."""

from typing import Any

import orjson
import pytest

from jmap.core import dispatch
from jmap.core.request import parse
from tests.fixtures.accounts import Person
from tests.fixtures.mail import is_sound, roles
from tests.submission.letters import identity, make_draft, queue_of, submission, submit

Wire = dict[str, Any]
FLAG = {"keywords/$flagged": True}


def call(person: Person, **arguments: Any) -> tuple[Wire, Wire | None]:
    """The arguments of the EmailSubmission/set response, and of the Email/set response if one follows."""
    (name, own, _), *rest = person.jmap.respond(("EmailSubmission/set", arguments))
    assert name == "EmailSubmission/set" and [each[0] for each in rest] in ([], ["Email/set"])
    return own, rest[0][1] if rest else None


def keywords(person: Person, id: str) -> Wire:
    found: Wire = person.jmap.call("Email/get", ids=[id], properties=["keywords"])["list"][0]["keywords"]
    return found


def test_the_email_of_a_creation_is_changed(alice: Person) -> None:
    email = make_draft(alice)
    own, implicit = call(
        alice, create={"s": submission(alice, email)}, onSuccessUpdateEmail={"#s": {"keywords/$draft": None}}
    )
    assert own["created"] and implicit is not None
    assert implicit == {
        "accountId": alice.jmap.account_id,
        "oldState": implicit["oldState"],
        "newState": alice.jmap.call("Email/get", ids=[])["state"],
        "created": None,
        "updated": {email: None},
        "destroyed": None,
        "notCreated": None,
        "notUpdated": None,
        "notDestroyed": None,
    }
    assert keywords(alice, email) == {"$seen": True}
    changed = alice.jmap.call("Email/changes", sinceState=implicit["oldState"])
    assert changed["updated"] == [email] and is_sound(alice.caller)


def test_the_email_of_a_creation_is_destroyed(alice: Person) -> None:
    email = make_draft(alice)
    own, implicit = call(alice, create={"s": submission(alice, email)}, onSuccessDestroyEmail=["#s", "#s"])
    assert implicit is not None and implicit["destroyed"] == [email]
    assert alice.jmap.call("Email/get", ids=[email])["notFound"] == [email]
    assert len(queue_of(alice, own["created"]["s"]["id"])) == 1


def test_an_email_may_be_changed_and_destroyed(alice: Person) -> None:
    email = make_draft(alice)
    create = {"s": submission(alice, email)}
    _, implicit = call(alice, create=create, onSuccessUpdateEmail={"#s": FLAG}, onSuccessDestroyEmail=["#s"])
    assert implicit is not None and (implicit["updated"], implicit["destroyed"]) == ({email: None}, [email])


def test_the_email_of_a_submission_taken_back_is_changed(alice: Person) -> None:
    email = make_draft(alice)
    id = submit(alice, email)["id"]
    _, implicit = call(alice, update={id: {"undoStatus": "canceled"}}, onSuccessUpdateEmail={id: FLAG})
    assert implicit is not None and implicit["updated"] == {email: None}


def test_the_email_of_a_destroyed_submission_is_changed(alice: Person) -> None:
    email = make_draft(alice)
    id = submit(alice, email)["id"]
    _, implicit = call(alice, destroy=[id], onSuccessUpdateEmail={id: FLAG})
    assert implicit is not None and implicit["updated"] == {email: None} and keywords(alice, email)["$flagged"]


def test_the_email_of_a_submission_made_and_destroyed_at_once_is_changed(alice: Person) -> None:
    email = make_draft(alice)
    _, implicit = call(alice, create={"s": submission(alice, email)}, destroy=["#s"], onSuccessUpdateEmail={"#s": FLAG})
    assert implicit is not None and implicit["updated"] == {email: None}


def test_a_creation_id_of_an_earlier_call_serves_too(alice: Person) -> None:
    email = make_draft(alice)
    canceled = {"update": {"#s": {"undoStatus": "canceled"}}, "onSuccessUpdateEmail": {"#s": FLAG}}
    answers = alice.jmap.respond(
        ("EmailSubmission/set", {"create": {"s": submission(alice, email)}}), ("EmailSubmission/set", canceled)
    )
    assert [(name, call_id) for name, _, call_id in answers[1:]] == [("EmailSubmission/set", "1"), ("Email/set", "1")]
    assert answers[2][1]["updated"] == {email: None}


def test_what_fails_changes_nothing_and_brings_no_response(alice: Person) -> None:
    email = make_draft(alice, to=None)
    create = {"s": submission(alice, email)}
    own, implicit = call(alice, create=create, onSuccessUpdateEmail={"#s": FLAG}, onSuccessDestroyEmail=["#s"])
    assert own["notCreated"]["s"]["type"] == "noRecipients" and implicit is None
    assert "$flagged" not in keywords(alice, email)


def test_what_the_call_does_not_touch_is_passed_over(alice: Person) -> None:
    email = make_draft(alice)
    id = submit(alice, email)["id"]
    _, implicit = call(alice, onSuccessUpdateEmail={id: FLAG, "s999": FLAG, "#x": FLAG}, onSuccessDestroyEmail=[id])
    assert implicit is None and "$flagged" not in keywords(alice, email)


@pytest.mark.parametrize(
    ("patch", "error"),
    [
        ({"mailboxIds": {}}, "invalidProperties"),
        ({"mailboxIds/m999": True}, "invalidProperties"),
        ({"subject": "x"}, "invalidProperties"),
        ("x", "invalidPatch"),
        (None, "invalidPatch"),
    ],
)
def test_a_patch_that_fails_is_told_and_the_message_is_sent(alice: Person, patch: Any, error: str) -> None:
    email = make_draft(alice)
    own, implicit = call(alice, create={"s": submission(alice, email)}, onSuccessUpdateEmail={"#s": patch})
    assert own["created"] and implicit is not None
    assert implicit["notUpdated"][email]["type"] == error
    assert implicit["oldState"] == implicit["newState"]


def test_the_patches_of_two_submissions_of_one_email_are_both_applied(alice: Person) -> None:
    email = make_draft(alice)
    create = {"a": submission(alice, email), "b": submission(alice, email)}
    patches = {"#a": FLAG, "#b": {"keywords/$forwarded": True}}
    _, implicit = call(alice, create=create, onSuccessUpdateEmail=patches)
    assert implicit is not None and implicit["updated"] == {email: None}
    assert keywords(alice, email).keys() >= {"$flagged", "$forwarded"}


def test_a_mailbox_made_in_the_same_request_can_be_filed_into(alice: Person) -> None:
    email = make_draft(alice)
    boxes = roles(alice.jmap)
    filed = {"mailboxIds": {"#out": True}}
    answers = alice.jmap.respond(
        ("Mailbox/set", {"create": {"out": {"name": "Outbox"}}}),
        ("EmailSubmission/set", {"create": {"s": submission(alice, email)}, "onSuccessUpdateEmail": {"#s": filed}}),
    )
    box = answers[0][1]["created"]["out"]["id"]
    found = alice.jmap.call("Email/get", ids=[email], properties=["mailboxIds"])["list"][0]
    assert found["mailboxIds"] == {box: True} and box not in boxes.values()


@pytest.mark.parametrize(
    "arguments",
    [
        {"onSuccessUpdateEmail": []},
        {"onSuccessUpdateEmail": "#s"},
        {"onSuccessDestroyEmail": {"#s": True}},
        {"onSuccessDestroyEmail": [1]},
        {"onSuccessMoveEmail": {}},
    ],
)
def test_wrong_arguments_are_refused(alice: Person, arguments: Wire) -> None:
    answer = alice.jmap.respond(("EmailSubmission/set", {"create": {}, **arguments}))
    assert answer[0][1]["type"] == "invalidArguments"


def test_the_mail_capability_is_not_needed(alice: Person) -> None:
    """The implicit call needs no capability of its own in `using`."""
    email = make_draft(alice)
    arguments = {
        "accountId": alice.jmap.account_id,
        "create": {"s": {"identityId": identity(alice), "emailId": email}},
        "onSuccessUpdateEmail": {"#s": FLAG},
    }
    using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:submission"]
    request = {"using": using, "methodCalls": [["EmailSubmission/set", arguments, "c"]]}
    answer = orjson.loads(dispatch.answer(alice.caller, parse(orjson.dumps(request))))
    assert [each[0] for each in answer["methodResponses"]] == ["EmailSubmission/set", "Email/set"]
