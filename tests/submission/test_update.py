"""Taking a submission back (RFC 8621 §7 undoStatus), and what else an update may not do."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from jmap.core import sql
from jmap.core.writing import writing
from jmap.submission.models import Queued
from jmap.submission.results import finalize
from tests.fixtures.accounts import Person
from tests.fixtures.mail import is_sound
from tests.submission.letters import FRIEND, addresses, get_submission, make_draft, queue_of, submit

Wire = dict[str, Any]


def update(person: Person, id: str, /, **patch: Any) -> Wire:
    """The response to an update of one submission."""
    return person.jmap.call("EmailSubmission/set", update={id: patch})


def claim(person: Person, id: str) -> bool:
    """Take the rows of a submission as a sender does; whether there was anything to send."""
    with writing(person.account.pk, "sending") as log:
        taken = sql.run(
            "UPDATE submission_queued SET lease_until = now() + interval '1 minute', attempts = attempts + 1"
            " WHERE account_id = %s AND submission_id = %s AND state = 'waiting'",
            person.account.pk, int(id[1:]),
        )  # fmt: skip
        if taken:
            finalize(log, int(id[1:]))
    return taken > 0


def test_a_pending_submission_can_be_taken_back(alice: Person) -> None:
    id = submit(alice, make_draft(alice, cc=addresses("cc@x.test")))["id"]
    answer = update(alice, id, undoStatus="canceled")
    status = {"smtpReply": "554 5.0.0 Canceled by the sender", "delivered": "no", "displayed": "unknown"}
    assert answer["updated"] == {id: {"deliveryStatus": {FRIEND: status, "cc@x.test": status}}}
    assert get_submission(alice, id)["undoStatus"] == "canceled"
    assert [row.state for row in queue_of(alice, id)] == ["canceled", "canceled"]
    assert not claim(alice, id) and is_sound(alice.caller)


def test_what_is_on_its_way_cannot_be_taken_back(alice: Person) -> None:
    id = submit(alice, make_draft(alice))["id"]
    assert claim(alice, id)
    assert update(alice, id, undoStatus="canceled")["notUpdated"][id]["type"] == "cannotUnsend"
    assert get_submission(alice, id)["undoStatus"] == "final"
    assert is_sound(alice.caller)


def test_one_recipient_on_the_way_is_enough(alice: Person) -> None:
    id = submit(alice, make_draft(alice, cc=addresses("cc@x.test")))["id"]
    second = queue_of(alice, id)[1]
    Queued.objects.filter(pk=second.pk).update(lease_until=timezone.now())
    assert update(alice, id, undoStatus="canceled")["notUpdated"][id]["type"] == "cannotUnsend"
    assert [row.state for row in queue_of(alice, id)] == ["waiting", "waiting"]


def test_what_was_taken_back_stays_so(alice: Person) -> None:
    id = submit(alice, make_draft(alice))["id"]
    update(alice, id, undoStatus="canceled")
    assert update(alice, id, undoStatus="canceled")["updated"] == {id: None}
    assert update(alice, id, undoStatus="pending")["notUpdated"][id]["properties"] == ["undoStatus"]


@pytest.mark.parametrize("value", ["final", "sent", "", None, True])
def test_nothing_else_can_become_of_it(alice: Person, value: Any) -> None:
    id = submit(alice, make_draft(alice))["id"]
    answer = update(alice, id, undoStatus=value)
    if value is None:  # its default, which it is
        assert answer["updated"] == {id: None}
    else:
        assert answer["notUpdated"][id]["properties"] == ["undoStatus"]


@pytest.mark.parametrize(
    "patch",
    [
        {"identityId": "i1"},
        {"emailId": "e1"},
        {"threadId": "t1"},
        {"envelope": None},
        {"envelope/mailFrom/email": "x@y.test"},
        {"sendAt": "2030-01-01T00:00:00Z"},
        {"deliveryStatus": None},
        {"dsnBlobIds": ["b1"]},
        {"mdnBlobIds": None},
    ],
    ids=str,
)
def test_all_else_is_immutable(alice: Person, patch: Wire) -> None:
    id = submit(alice, make_draft(alice))["id"]
    answer = update(alice, id, **patch)["notUpdated"][id]
    assert (answer["type"], answer["properties"]) == ("invalidProperties", [next(iter(patch)).split("/")[0]])


def test_the_whole_object_may_be_sent_back(alice: Person) -> None:
    id = submit(alice, make_draft(alice))["id"]
    whole = get_submission(alice, id)
    assert update(alice, id, **whole)["updated"] == {id: None}
    update(alice, id, **{**whole, "undoStatus": "canceled"})
    assert get_submission(alice, id)["undoStatus"] == "canceled"


def test_a_submission_is_made_and_taken_back_in_one_call(alice: Person) -> None:
    create = {"s": {"emailId": make_draft(alice), "identityId": "i0"}}
    create["s"]["identityId"] = alice.jmap.call("Identity/get", ids=None)["list"][0]["id"]
    answer = alice.jmap.call("EmailSubmission/set", create=create, update={"#s": {"undoStatus": "canceled"}})
    id = answer["created"]["s"]["id"]
    assert list(answer["updated"]) == [id] and queue_of(alice, id)[0].state == "canceled"


@pytest.mark.parametrize("_", range(6))
def test_of_a_claim_and_a_cancel_exactly_one_wins(alice: Person, _: int) -> None:
    id = submit(alice, make_draft(alice))["id"]
    start, claimed = threading.Barrier(2), []

    def send() -> None:
        try:
            start.wait(20)
            claimed.append(claim(alice, id))
        finally:
            connection.close()

    sender = threading.Thread(target=send)
    sender.start()
    start.wait(20)
    canceled = bool(update(alice, id, undoStatus="canceled")["updated"])
    sender.join(20)
    assert claimed == [not canceled]
    assert get_submission(alice, id)["undoStatus"] == ("canceled" if canceled else "final")
    assert is_sound(alice.caller)
