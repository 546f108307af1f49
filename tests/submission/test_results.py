"""What sending and filing record of a submission (RFC 8621 §7)."""

import pytest
from django.utils import timezone

from jmap.core.blobs import blob_id, keep
from jmap.core.states import read_clock
from jmap.core.writing import writing
from jmap.submission.models import EmailSubmission
from jmap.submission.results import add_report, finalize, note, queued_status, record, reply_text
from tests.fixtures.accounts import Person


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["250 2.0.0 Ok"], "250 2.0.0 Ok"),
        (
            ["550-5.7.1 Our system has detected that this message is", "550 5.7.1 likely spam."],
            "550 5.7.1 Our system has detected that this message is likely spam.",
        ),
        (["450-Try again", "450 Try later"], "450 Try again Try later"),
        (["550-5.7.1 One", "550-5.7.1 two", "550 see https://x.test"], "550 5.7.1 One two see https://x.test"),
        (["550-", "550 Nothing above"], "550 Nothing above"),
        ([], ""),
    ],
)
def test_a_reply_of_several_lines_becomes_one(lines: list[str], text: str) -> None:
    assert reply_text(lines) == text


@pytest.fixture
def submission(alice: Person) -> int:
    """A submission's row."""
    with writing(alice.account.pk, "test") as log:
        number = log.new_id()
        EmailSubmission.objects.create(
            account_id=alice.account.pk, id=number, identity_id=1, email_id=1, thread_id=1, envelope={},
            send_at=timezone.now(), undo_status="pending", delivery_status={"b@x.test": queued_status()},
        )  # fmt: skip
        log.created("EmailSubmission", number)
    return number


def row(alice: Person) -> EmailSubmission:
    return EmailSubmission.objects.get(account_id=alice.account.pk)


def state(alice: Person) -> int:
    return int(read_clock(alice.account.pk).states["EmailSubmission"])


def test_a_status_is_merged_into_what_is_known(alice: Person, submission: int) -> None:
    before = state(alice)
    record(alice.account.pk, submission, "b@x.test", {"delivered": "yes"})
    status = {"smtpReply": "250 2.0.0 Queued", "delivered": "yes", "displayed": "unknown"}
    assert row(alice).delivery_status == {"b@x.test": status} and state(alice) > before


def test_a_status_that_says_nothing_new_changes_nothing(alice: Person, submission: int) -> None:
    before = state(alice)
    record(alice.account.pk, submission, "b@x.test", queued_status())
    assert state(alice) == before


def test_what_is_recorded_of_a_destroyed_submission_is_passed_over(alice: Person) -> None:
    with writing(alice.account.pk, "test") as log:
        note(log, 99, {"b@x.test": {"delivered": "yes"}})
        finalize(log, 99)
        add_report(log, 99, "dsn", bytes(32))
        assert not log.changed("EmailSubmission")


def test_a_claimed_submission_is_final_once(alice: Person, submission: int) -> None:
    for changes in (True, False):
        with writing(alice.account.pk, "test") as log:
            finalize(log, submission)
            assert log.changed("EmailSubmission") is changes
    assert row(alice).undo_status == "final"


def test_reports_are_kept_in_order_and_once(alice: Person, submission: int) -> None:
    one, two = bytes(32), bytes([1] * 32)
    for blob in (one, two, one):
        with writing(alice.account.pk, "test") as log:
            add_report(log, submission, "dsn", blob)
            add_report(log, submission, "mdn", blob)
    assert [bytes(each) for each in row(alice).dsn_blobs] == [one, two]
    assert [bytes(each) for each in row(alice).mdn_blobs] == [one, two]


def test_who_may_read_the_submission_may_read_its_reports(alice: Person, submission: int) -> None:
    other, report = (keep(alice.account.pk, octets) for octets in (b"other", b"report"))
    with writing(alice.account.pk, "test") as log:
        add_report(log, submission, "mdn", report)
    located = alice.jmap.download(blob_id(report))
    assert located is not None and located.octets() == b"report"
    assert alice.jmap.download(blob_id(other)) is None
