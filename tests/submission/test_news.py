"""What senders are told: deliveryStatus and delivery status notifications."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.utils import timezone

from jmap.core import sql
from jmap.core.writing import writing
from jmap.mime.message import parse as parse_message
from jmap.submission import news
from jmap.submission.models import EmailSubmission
from jmap.submission.queue import Recipient
from tests.fixtures.accounts import Person
from tests.submission.postoffice import PostOffice


def read(octets: bytes) -> EmailMessage:
    found = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def reports(office: PostOffice) -> list[EmailMessage]:
    return [read(octets) for octets in office.arrived()]


def parts(report: EmailMessage) -> tuple[str, list[Any], EmailMessage]:
    """The text, the groups of fields, and the part with the message."""
    text, status, returned = list(report.iter_parts())
    assert isinstance(returned, EmailMessage)
    groups: Any = list(status.iter_parts()) or status.get_payload()
    return text.get_content().replace("\r\n", "\n"), groups, returned


def fail(office: PostOffice, *recipients: str | Recipient, reply: str = "550 5.1.1 No such user", **more: Any) -> None:
    office.sink.on("RCPT", reply)
    office.put(*recipients, **more)
    office.send()


def test_a_failure_comes_back_in_words_and_fields(office: PostOffice) -> None:
    fail(office, envid="QQ+2B1")
    (report,) = reports(office)
    assert report.get_content_type() == "multipart/report" and report.get_param("report-type") == "delivery-status"
    assert report["To"].addresses[0].addr_spec == office.sender.email
    assert (report["Subject"], report["Auto-Submitted"]) == ("Not delivered: Tea", "auto-replied")
    assert report["In-Reply-To"] == "<tea@home.test>"
    text, (message, recipient), returned = parts(report)
    assert "could not be delivered to:\n\n  b@there.test\n    This address does not exist." in text
    assert "mx.there.test [127.0.0.1] said: 550 5.1.1 No such user" in text
    assert (message["Reporting-MTA"], message["Original-Envelope-Id"]) == ("dns; home.test", "QQ+1")
    assert recipient["Final-Recipient"] == "rfc822; b@there.test"
    assert (recipient["Action"], recipient["Status"]) == ("failed", "5.1.1")
    assert recipient["Remote-MTA"] == "dns; mx.there.test"
    assert recipient["Diagnostic-Code"] == "smtp; 550 5.1.1 No such user"
    assert returned.get_content_type() == "message/rfc822"
    assert "Hello" in returned.get_content().get_content()


def test_our_own_parser_reads_a_report(office: PostOffice) -> None:
    fail(office)
    root = parse_message(office.arrived()[0])
    assert [part.type for part in root.parts] == ["text/plain", "message/delivery-status", "message/rfc822"]


def test_a_report_has_no_sender_and_goes_to_who_sent(office: PostOffice) -> None:
    fail(office)
    rows = sql.rows("SELECT sender, recipient FROM mail_arrival WHERE account_id = %s", office.sender.account.pk)
    assert rows == [("", office.sender.email)]


def test_recipients_that_fail_together_share_a_report(office: PostOffice) -> None:
    fail(office, "a@there.test", "b@there.test")
    (report,) = reports(office)
    assert len(parts(report)[1]) == 3


@pytest.mark.parametrize("notify", ["NEVER", "SUCCESS", "DELAY"])
def test_who_did_not_ask_for_failures_hears_of_none(office: PostOffice, notify: str) -> None:
    fail(office, Recipient("b@there.test", notify))
    assert office.states() == ["failed"] and reports(office) == []


def test_a_report_is_never_reported_on(office: PostOffice) -> None:
    fail(office, sender="")
    assert office.states() == ["failed"] and reports(office) == []


@pytest.mark.parametrize(
    ("ret", "size", "type"),
    [(None, 100, "message/rfc822"), (None, 60_000, "text/rfc822-headers"), ("FULL", 60_000, "message/rfc822"),
     ("HDRS", 100, "text/rfc822-headers")],
)  # fmt: skip
def test_what_comes_back_is_what_was_asked_for(office: PostOffice, ret: str | None, size: int, type: str) -> None:
    octets = b"Subject: Tea\r\n\r\n" + b"x\r\n" * (size // 3)
    fail(office, ret=ret, octets=octets)
    assert parts(reports(office)[0])[2].get_content_type() == type


def test_original_recipients_are_named(office: PostOffice) -> None:
    fail(office, Recipient("b@there.test", None, "rfc822;b+2Bc@there.test"))
    assert parts(reports(office)[0])[1][1]["Original-Recipient"] == "rfc822; b+c@there.test"


def test_success_is_told_where_it_was_asked_for_and_the_peer_does_not(office: PostOffice) -> None:
    asked = Recipient("b@there.test", "SUCCESS,FAILURE")
    office.put(asked, "a@there.test")
    office.send()
    assert reports(office) == []  # the sink announces DSN, so it is the sink's to tell
    office.sink.extensions = []
    office.put(asked, "a@there.test", envid="2")
    office.send()
    (report,) = reports(office)
    text, (_, recipient), returned = parts(report)
    assert (recipient["Action"], recipient["Status"]) == ("relayed", "2.0.0")
    assert report["Subject"] == "Delivered: Tea" and returned.get_content_type() == "text/rfc822-headers"
    assert "will not report any further" in text


def test_success_here_is_told_as_delivered(office: PostOffice, bob: Person) -> None:
    office.put(Recipient(bob.email, "SUCCESS"))
    office.send()
    assert parts(reports(office)[0])[1][1]["Action"] == "delivered"


def test_a_delay_is_told_once_after_four_hours(office: PostOffice) -> None:
    office.sink.on("MAIL", "451 4.7.1 Greylisted")
    office.put()
    office.send()
    assert reports(office) == []
    for _ in range(2):
        office.age(hours=4.1)
        office.send()
    (report,) = reports(office)
    text, (_, recipient), _ = parts(report)
    assert (recipient["Action"], recipient["Status"]) == ("delayed", "4.7.1") and recipient["Will-Retry-Until"]
    assert "has not been delivered yet" in text and "You need not do anything" in text


def test_time_that_a_message_was_held_is_no_delay(office: PostOffice) -> None:
    office.sink.on("MAIL", "451 4.7.1 Greylisted")
    office.put()
    sql.run("UPDATE submission_queued SET submitted_at = now() - interval '10 hours'")
    office.send()
    assert reports(office) == []


def test_who_wants_to_hear_of_no_delay_does_not(office: PostOffice) -> None:
    office.sink.on("MAIL", "451 4.7.1 Greylisted")
    office.put(Recipient("b@there.test", "FAILURE"))
    office.age(hours=5)
    office.send()
    assert reports(office) == []


def test_when_time_runs_out_the_text_says_for_how_long_it_was_tried(office: PostOffice) -> None:
    office.sink.on("connect", "421 4.3.2 Busy")
    office.put()
    office.age(days=5)
    office.send()
    text, (_, recipient), _ = parts(reports(office)[0])
    assert "after 5 days of trying" in text
    assert (recipient["Action"], recipient["Status"]) == ("failed", "4.3.2")


def test_an_international_message_is_reported_on_as_one(office: PostOffice) -> None:
    octets = "Subject: Grüße\r\nFrom: jürgen@home.test\r\n\r\nHällo\r\n".encode()
    fail(office, "jürgen@there.test", octets=octets)
    (raw,) = office.arrived()
    root = parse_message(raw)
    assert [part.type for part in root.parts] == ["text/plain", "message/global-delivery-status", "message/global"]
    assert "Final-Recipient: utf-8; jürgen@there.test\r\n".encode() in raw
    assert read(raw)["Subject"] == "Not delivered: Grüße"


@pytest.mark.parametrize(
    "subject",
    [b"=?utf-8?q?a=0D=0ABcc:_x@y.test?=", b"x" * 900, b"=?utf-8?b?8J+Yig==?=", b"\xff\xfe", b"", b"=?x?q?=00?="],
)
def test_whatever_the_subject_the_report_is_sound(office: PostOffice, subject: bytes) -> None:
    fail(office, octets=b"Subject: " + subject + b"\r\nMessage-ID: <a b\x00@c>\r\n\r\nx\r\n")
    (report,) = reports(office)
    assert report["Bcc"] is None and str(report["Subject"]).startswith("Not delivered: ")
    assert len(parts(report)[1]) == 2


def test_a_peers_reply_cannot_add_fields(office: PostOffice) -> None:
    fail(office, reply="550-5.1.1 No\r Action: delivered\n550 5.1.1 \x1b[31mEvil " + "x" * 3000)
    (_, recipient) = parts(reports(office)[0])[1]
    assert recipient.get_all("Action") == ["failed"] and "\x1b" not in recipient["Diagnostic-Code"]


# deliveryStatus


def submission(office: PostOffice, *recipients: str) -> EmailSubmission:
    """A record of a submission, and its rows."""
    account = office.sender.account.pk
    with writing(account, "test") as log:
        id = log.new_id()
        made = EmailSubmission.objects.create(
            account_id=account, id=id, identity_id=1, email_id=1, thread_id=1, envelope={}, send_at=timezone.now(),
            undo_status="pending",
        )  # fmt: skip
        log.created("EmailSubmission", id)
    office.put(*recipients, kind="submission", submission_id=id)
    return made


def test_a_submission_learns_of_each_recipient(office: PostOffice, bob: Person) -> None:
    office.sink.next("RCPT", "250 OK", "550 5.1.1 No", "450 4.2.0 Later")
    made = submission(office, "a@there.test", "b@there.test", "c@there.test", bob.email)
    office.send()
    made.refresh_from_db()
    found = {address: status["delivered"] for address, status in made.delivery_status.items()}
    assert found == {"a@there.test": "unknown", "b@there.test": "no", "c@there.test": "queued", bob.email: "yes"}
    assert made.delivery_status["b@there.test"]["smtpReply"] == "550 5.1.1 No"
    assert made.undo_status == "final"


def test_a_submission_names_its_reports(office: PostOffice) -> None:
    made = submission(office, "b@there.test")
    office.sink.on("RCPT", "550 5.1.1 No")
    office.send()
    made.refresh_from_db()
    (blob,) = sql.rows("SELECT blob FROM mail_arrival WHERE account_id = %s", office.sender.account.pk)
    assert [bytes(each) for each in made.dsn_blobs] == [bytes(blob[0])]


def test_what_a_dead_worker_did_not_tell_is_told_by_the_sweep(office: PostOffice, monkeypatch: Any) -> None:
    made = submission(office, "b@there.test")
    office.sink.on("RCPT", "550 5.1.1 No")
    with monkeypatch.context() as patch:
        patch.setattr(news, "tell", lambda ids: None)  # dies before
        office.send()
    assert reports(office) == []
    news.tell_the_rest()
    assert reports(office) == []  # it might only be slow
    office.age(minutes=1)
    for _ in range(2):
        news.tell_the_rest()
    assert len(reports(office)) == 1
    made.refresh_from_db()
    assert made.delivery_status["b@there.test"]["delivered"] == "no"
