"""What the sender is told of a message that arrived here (RFC 3461 §5.2)."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from accounts.models import Account
from jmap.core import sql
from jmap.core.blobs import open_blob
from jmap.delivery.filing import file_arrival
from jmap.mail.models import Arrival
from jmap.mime.message import parse
from jmap.mime.report import Outcome, Report, read_report
from jmap.submission.models import Queued
from tests.fixtures.accounts import Person
from tests.fixtures.filing import SENDER, arrive, deliver, filed, make_due, message, waiting
from tests.fixtures.mail import is_sound


def queued(person: Person) -> list[tuple[Queued, bytes]]:
    """What is on its way, with its octets."""
    rows = Queued.objects.filter(account_id=person.account.pk).order_by("id")
    found = [(row, open_blob(person.account.pk, bytes(row.blob))) for row in rows]
    return [(row, each.octets()) for row, each in found if each]


def told(person: Person) -> Report:
    """The only report."""
    ((row, octets),) = queued(person)
    assert (row.kind, row.sender, row.recipient) == ("dsn", "", SENDER)
    report = read_report(octets, parse(octets))
    assert report
    return report


def test_a_sender_who_asked_is_told_of_the_delivery(alice: Person) -> None:
    octets = message(message_id="one@far.test")
    deliver(alice, octets, notify="SUCCESS,FAILURE", orcpt="rfc822;Al+2Bice@far.test", envid="tea+2Btime")
    delivered = Outcome("Al+ice@far.test", alice.email, "delivered", "2.1.5")
    assert told(alice) == Report("dsn", "tea+time", "one@far.test", [delivered])
    assert len(filed(alice)) == 1 and is_sound(alice.caller)


def test_the_report_is_mail_that_nothing_answers(alice: Person) -> None:
    deliver(alice, notify="SUCCESS")
    ((_, octets),) = queued(alice)
    found = message_from_bytes(octets, EmailMessage, policy=policy.default)
    assert found["To"] == SENDER and found["Auto-Submitted"] == "auto-replied"


@pytest.mark.parametrize("notify", [None, "NEVER", "FAILURE", "DELAY,FAILURE"])
def test_who_did_not_ask_is_not_told(alice: Person, notify: str | None) -> None:
    deliver(alice, notify=notify)
    assert not queued(alice) and len(filed(alice)) == 1


@pytest.mark.parametrize("sender", ["", "no address", "a@[192.0.2.1]"])
def test_who_can_not_be_told_is_not(alice: Person, sender: str) -> None:
    deliver(alice, sender=sender, notify="SUCCESS")
    assert not queued(alice) and len(filed(alice)) == 1


def test_junk_is_not_reported_on(alice: Person) -> None:
    deliver(alice, notify="SUCCESS", junk=True)
    assert not queued(alice) and len(filed(alice)) == 1


def test_a_second_copy_counts_as_delivered(alice: Person) -> None:
    for _ in range(2):
        deliver(alice, message(message_id="same@far.test"), notify="SUCCESS")
    assert len(queued(alice)) == 2 and len(filed(alice)) == 1


def test_a_message_filed_twice_is_reported_on_once(alice: Person) -> None:
    id = deliver(alice, notify="SUCCESS")
    file_arrival(id)
    assert len(queued(alice)) == 1


# No room.


def wait_days(person: Person, id: int, days: int) -> None:
    query = "UPDATE mail_arrival SET received_at = now() - make_interval(days => %s::int) WHERE id = %s"
    sql.run(query, days, id)
    make_due(person)
    file_arrival(id)


def fill_up(person: Person) -> None:
    Account.objects.filter(pk=person.account.pk).update(quota_bytes=1)


def test_what_finds_no_room_for_days_goes_back_to_its_sender(alice: Person, caplog: pytest.LogCaptureFixture) -> None:
    fill_up(alice)
    id = arrive(alice, message("The words", message_id="one@far.test"))
    wait_days(alice, id, 4)
    assert waiting(alice) == 1 and not queued(alice)
    wait_days(alice, id, 6)
    assert told(alice) == Report("dsn", "", "one@far.test", [Outcome("", alice.email, "failed", "4.2.2")])
    assert b"The words" in queued(alice)[0][1] and f"Arrival {id} goes back" in caplog.text
    assert waiting(alice) == 0 and not filed(alice) and is_sound(alice.caller)


@pytest.mark.parametrize(("sender", "notify"), [("", None), (SENDER, "NEVER"), (SENDER, "SUCCESS")])
def test_without_somebody_to_tell_it_waits_for_room_however_long(
    alice: Person, sender: str, notify: str | None
) -> None:
    fill_up(alice)
    id = arrive(alice, sender=sender, notify=notify)
    wait_days(alice, id, 30)
    assert waiting(alice) == 1 and not queued(alice)
    Account.objects.filter(pk=alice.account.pk).update(quota_bytes=None)
    wait_days(alice, id, 31)
    assert len(filed(alice)) == 1 and not Arrival.objects.filter(pk=id).exists()


def test_what_finds_room_at_last_is_filed_and_not_returned(alice: Person) -> None:
    fill_up(alice)
    id = arrive(alice)
    Account.objects.filter(pk=alice.account.pk).update(quota_bytes=None)
    wait_days(alice, id, 6)
    assert len(filed(alice)) == 1 and not queued(alice)
