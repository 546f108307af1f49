"""DSNs and MDNs that come in, told to their submission (RFC 8621 §7)."""

from typing import Any

import pytest
from django.utils import timezone

from jmap.core import sql
from jmap.core.blobs import open_blob
from jmap.core.states import read_clock
from jmap.core.writing import writing
from jmap.submission.models import EmailSubmission
from jmap.submission.results import queued_status
from tests.fixtures.accounts import Person
from tests.fixtures.filing import deliver, filed, message
from tests.fixtures.mail import is_sound
from tests.fixtures.reports import report

BOB, CAROL = "Bob@far.test", "carol@far.test"


def submit(person: Person, message_id: str, *recipients: str, **parameters: str) -> int:
    """A submission of a message with this Message-ID; its number."""
    deliver(person, message(message_id=message_id))
    email, thread = sql.row(
        "SELECT id, thread_id FROM mail_email WHERE account_id = %s ORDER BY id DESC LIMIT 1", person.account.pk
    ) or (0, 0)
    with writing(person.account.pk, "test") as log:
        number = log.new_id()
        EmailSubmission.objects.create(
            account_id=log.account_id, id=number, identity_id=1, email_id=email, thread_id=thread,
            envelope={"mailFrom": {"email": person.email, "parameters": parameters or None}},
            send_at=timezone.now(), undo_status="final",
            delivery_status={each: {**queued_status(), "delivered": "unknown"} for each in recipients},
        )  # fmt: skip
        log.created("EmailSubmission", number)
    return number


def row(person: Person, number: int) -> EmailSubmission:
    return EmailSubmission.objects.get(account_id=person.account.pk, id=number)


def status(person: Person, number: int, address: str) -> dict[str, Any]:
    found: dict[str, Any] = row(person, number).delivery_status[address]
    return found


def dsn(
    action: str, recipient: str = BOB, *, more: str = "", common: str = "", message_id: str = "one@near.test"
) -> bytes:
    fields = f"Reporting-MTA: dns; far.test\n{common}\nFinal-Recipient: rfc822; {recipient}\nAction: {action}\n{more}"
    return report("delivery-status", fields, f"Message-ID: <{message_id}>\n\nHello" if message_id else "")


def mdn(disposition: str, recipient: str = BOB) -> bytes:
    fields = (
        f"Final-Recipient: rfc822; {recipient}\nOriginal-Message-ID: <one@near.test>\n"
        f"Disposition: manual-action/MDN-sent-manually; {disposition}\n"
    )
    return report("disposition-notification", fields)


@pytest.mark.parametrize(
    ("octets", "delivered", "reply"),
    [
        (dsn("delivered", more="Status: 2.1.5\n"), "yes", "250 2.1.5 Delivered"),
        (dsn("Failed", more="Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 Unknown\n"), "no", "550 5.1.1 Unknown"),
        (dsn("failed", more="Status: 4.4.7\nDiagnostic-Code: X-Local; gone\n"), "no", "450 4.4.7 Delivery failed"),
        (dsn("failed"), "no", "550 5.0.0 Delivery failed"),
        (dsn("delayed", more="Status: 4.4.1\n"), "unknown", "250 2.0.0 Queued"),
        (dsn("relayed", more="Status: 2.0.0\n"), "unknown", "250 2.0.0 Queued"),
        (dsn("expanded", more="Status: 2.0.0\n"), "unknown", "250 2.0.0 Queued"),
    ],
)
def test_a_dsn_changes_the_status_of_its_recipient(alice: Person, octets: bytes, delivered: str, reply: str) -> None:
    number = submit(alice, "one@near.test", BOB, CAROL)
    before = read_clock(alice.account.pk).states["EmailSubmission"]
    deliver(alice, octets, sender="")
    assert status(alice, number, BOB) == {"smtpReply": reply, "delivered": delivered, "displayed": "unknown"}
    assert status(alice, number, CAROL)["delivered"] == "unknown"
    assert read_clock(alice.account.pk).states["EmailSubmission"] > before and is_sound(alice.caller)


def test_the_whole_dsn_is_kept_with_the_submission_and_filed(alice: Person) -> None:
    number = submit(alice, "one@near.test", BOB)
    first, second = dsn("delayed"), dsn("failed")
    deliver(alice, first, sender="")
    deliver(alice, second, sender="")
    kept = [open_blob(alice.account.pk, bytes(digest)) for digest in row(alice, number).dsn_blobs]
    assert [each.octets() for each in kept if each] == [first, second] and not row(alice, number).mdn_blobs
    assert len(filed(alice)) == 3


@pytest.mark.parametrize(("disposition", "displayed"), [("displayed", "yes"), ("deleted", "unknown")])
def test_an_mdn_says_whether_it_was_displayed(alice: Person, disposition: str, displayed: str) -> None:
    number = submit(alice, "one@near.test", BOB, CAROL)
    deliver(alice, mdn(disposition))
    assert status(alice, number, BOB) == {**queued_status(), "delivered": "unknown", "displayed": displayed}
    assert len(row(alice, number).mdn_blobs) == 1 and not row(alice, number).dsn_blobs


def test_what_is_final_stays_so(alice: Person) -> None:
    number = submit(alice, "one@near.test", BOB)
    deliver(alice, dsn("delivered"), sender="")
    deliver(alice, dsn("failed"), sender="")
    assert status(alice, number, BOB)["delivered"] == "yes" and len(row(alice, number).dsn_blobs) == 2


def test_addresses_are_compared_in_any_case(alice: Person) -> None:
    number = submit(alice, "one@near.test", BOB, CAROL)
    deliver(alice, dsn("delivered", BOB.upper()), sender="")
    assert status(alice, number, BOB)["delivered"] == "yes"


def test_the_original_recipient_is_meant_where_mail_was_forwarded(alice: Person) -> None:
    number = submit(alice, "one@near.test", BOB, CAROL)
    deliver(alice, dsn("delivered", "robert@else.test", more=f"Original-Recipient: rfc822;{BOB}\n"), sender="")
    assert status(alice, number, BOB)["delivered"] == "yes" and status(alice, number, CAROL)["delivered"] == "unknown"


def test_an_unknown_final_recipient_is_the_only_one_there_was(alice: Person) -> None:
    number = submit(alice, "one@near.test", BOB)
    deliver(alice, dsn("delivered", "robert@else.test"), sender="")
    assert status(alice, number, BOB)["delivered"] == "yes"


def test_a_report_on_recipients_of_another_message_changes_nothing(alice: Person) -> None:
    number = submit(alice, "one@near.test", BOB, CAROL)
    deliver(alice, dsn("failed", "mallory@far.test"), sender="")
    assert not row(alice, number).dsn_blobs and status(alice, number, BOB)["delivered"] == "unknown"


def test_a_report_on_what_nobody_sent_is_mail_like_any_other(alice: Person) -> None:
    number = submit(alice, "one@near.test", BOB)
    deliver(alice, dsn("failed", message_id="forged@near.test"), sender="")
    assert not row(alice, number).dsn_blobs and len(filed(alice)) == 2


def test_of_two_submissions_of_a_message_the_one_to_the_recipient_is_meant(alice: Person) -> None:
    one = submit(alice, "one@near.test", BOB, CAROL)
    EmailSubmission.objects.filter(account_id=alice.account.pk, id=one).update(email_id=1)
    two = submit(alice, "two@near.test", "dave@far.test", "erin@far.test")
    sent = row(alice, two)
    EmailSubmission.objects.filter(account_id=alice.account.pk, id=one).update(email_id=sent.email_id)
    deliver(alice, dsn("delivered", message_id="two@near.test"), sender="")
    assert row(alice, one).dsn_blobs and not row(alice, two).dsn_blobs


def test_a_message_that_only_refers_to_the_one_reported_on_is_not_meant(alice: Person) -> None:
    number = submit(alice, "one@near.test", BOB)
    deliver(alice, message(headers="References: <one@near.test>"))
    later = submit(alice, "later@near.test", BOB)
    newest = "SELECT max(id) FROM mail_email WHERE account_id = %s"
    refers = sql.value(f"{newest} AND id < ({newest})", alice.account.pk, alice.account.pk)
    EmailSubmission.objects.filter(account_id=alice.account.pk, id=later).update(email_id=refers)
    deliver(alice, dsn("delivered"), sender="")
    assert row(alice, number).dsn_blobs and not row(alice, later).dsn_blobs


def test_the_envelope_id_tells_two_submissions_of_a_message_apart(alice: Person) -> None:
    first = submit(alice, "one@near.test", BOB, envid="first try")
    again = submit(alice, "again@near.test", BOB, ENVID="second try")
    email = row(alice, first).email_id
    EmailSubmission.objects.filter(account_id=alice.account.pk, id=again).update(email_id=email)
    deliver(alice, dsn("delivered", common="Original-Envelope-Id: first try\n"), sender="")
    assert row(alice, first).dsn_blobs and not row(alice, again).dsn_blobs


def test_the_envelope_id_is_enough_where_nothing_came_back(alice: Person) -> None:
    number = submit(alice, "one@near.test", BOB, ENVID="unique")
    common = "Original-Envelope-Id: unique (so we were told)\n"
    deliver(alice, dsn("delivered", common=common, message_id=""), sender="")
    assert status(alice, number, BOB)["delivered"] == "yes"


def test_a_report_in_another_account_says_nothing_of_this_one(alice: Person, bob: Person) -> None:
    number = submit(alice, "one@near.test", BOB)
    deliver(bob, dsn("delivered"), sender="")
    assert not row(alice, number).dsn_blobs


def test_a_report_filed_twice_counts_once(alice: Person) -> None:
    number = submit(alice, "one@near.test", BOB)
    for _ in range(2):
        deliver(alice, dsn("delayed"), sender="")
    assert len(row(alice, number).dsn_blobs) == 1
