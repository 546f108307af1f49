"""The reply of who is away (RFC 8621 §8, RFC 3834, RFC 5230)."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.provision import add_address
from jmap.core import blobs, sql
from jmap.core.blobs import open_blob
from jmap.delivery.claims import claim
from jmap.delivery.filing import file_arrival, file_letters
from jmap.delivery.letters import read_letters
from jmap.delivery.vacation_reply import forget_answers
from jmap.submission.models import Identity
from tests.fixtures.accounts import Person
from tests.fixtures.filing import SENDER, arrive, deliver, filed, make_due, message
from tests.fixtures.mail import is_sound
from tests.fixtures.vacation import go_away, queue, replies, reply


@pytest.fixture
def away(alice: Person) -> Person:
    go_away(alice, textBody="At the sea.\n")
    return alice


def test_a_personal_message_is_answered(away: Person) -> None:
    deliver(
        away, message(to=away.email, message_id="one@far.test", subject="Tea?", headers="References: <zero@far.test>")
    )
    found = reply(away)
    assert found["To"] == SENDER and found["From"] == away.email and found["Subject"] == "Auto: Tea?"
    assert found["In-Reply-To"] == "<one@far.test>" and found["References"] == "<zero@far.test> <one@far.test>"
    assert found["Auto-Submitted"] == "auto-replied" and found["Date"] and found["Message-ID"]
    assert found.get_content_type() == "text/plain" and found.get_content() == "At the sea.\n"
    assert len(filed(away)) == 1 and is_sound(away.caller)


def test_the_reply_is_queued_from_the_null_path_without_notices(away: Person) -> None:
    deliver(away)
    (row,) = queue(away)
    assert (row.kind, row.sender, row.recipient, row.notify, row.domain) == (
        "vacation",
        "",
        SENDER,
        "NEVER",
        "far.test",
    )
    assert row.due_at <= datetime.now(UTC) and row.submission_id is None


def test_nothing_is_answered_unless_it_is_enabled(alice: Person) -> None:
    go_away(alice, isEnabled=False, textBody="At the sea.")
    deliver(alice)
    assert not queue(alice)


@pytest.mark.parametrize(
    ("since", "until", "answers"), [(-1, 1, 1), (None, 1, 1), (-1, None, 1), (1, None, 0), (None, -1, 0), (-2, -1, 0)]
)
def test_only_mail_that_arrives_between_the_dates_is_answered(
    alice: Person, since: int | None, until: int | None, answers: int
) -> None:
    def moment(days: int | None) -> str | None:
        return None if days is None else (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")

    go_away(alice, fromDate=moment(since), toDate=moment(until))
    deliver(alice)
    assert len(queue(alice)) == answers


def test_what_arrived_before_the_end_is_answered_though_it_is_filed_after_it(alice: Person) -> None:
    id = arrive(alice)
    sql.run("UPDATE mail_arrival SET received_at = now() - interval '2 hours' WHERE id = %s", id)
    hour_ago = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    go_away(alice, toDate=hour_ago)
    file_arrival(id)
    assert len(queue(alice)) == 1


# What it says.


def test_subject_text_and_html_are_the_user_s(alice: Person) -> None:
    go_away(alice, subject="Fort bis März", textBody="Grüße\nvom Meer", htmlBody="<p>Grüße vom <b>Meer</b></p>")
    deliver(alice)
    found = reply(alice)
    assert found["Subject"] == "Fort bis März" and found.get_content_type() == "multipart/alternative"
    text, html = found.iter_parts()
    assert text.get_content_type() == "text/plain" and text.get_content() == "Grüße\nvom Meer"
    assert html.get_content_type() == "text/html" and html.get_content() == "<p>Grüße vom <b>Meer</b></p>"


def test_a_plain_text_is_made_of_html_alone(alice: Person) -> None:
    go_away(alice, htmlBody="<div>At the <b>sea</b>.</div><div>Back soon</div>")
    deliver(alice)
    text, _ = reply(alice).iter_parts()
    assert text.get_content() == "At the sea.\n\nBack soon\n"


@pytest.mark.parametrize("blank", [None, "", " \n"])
def test_without_any_text_it_has_one_of_its_own(alice: Person, blank: str | None) -> None:
    go_away(alice, textBody=blank)
    deliver(alice, message(to=alice.email, subject=""))
    assert "away" in reply(alice).get_content() and reply(alice)["Subject"] == "Automated reply"


def test_the_subject_answered_is_decoded_and_cut(away: Person) -> None:
    deliver(away, message(to=away.email, subject="=?utf-8?Q?T=C3=A9?= " + "x" * 900))
    assert reply(away)["Subject"].startswith("Auto: Té xxx") and len(reply(away)["Subject"]) < 250


def test_without_a_message_id_nothing_is_referred_to(away: Person) -> None:
    deliver(away, f"From: {SENDER}\r\nTo: {away.email}\r\nReferences: <a@far.test>\r\n\r\nHi\r\n".encode())
    assert reply(away)["In-Reply-To"] is None and reply(away)["References"] is None


@pytest.mark.parametrize(
    ("fields", "references"),
    [
        ("In-Reply-To: <a@far.test>", "<a@far.test> <one@far.test>"),
        ("In-Reply-To: <a@far.test> <b@far.test>", "<one@far.test>"),
        (
            "References: <a@far.test> <b@far.test>\nIn-Reply-To: <c@far.test>",
            "<a@far.test> <b@far.test> <one@far.test>",
        ),
    ],
)
def test_references_follow_rfc_5322(away: Person, fields: str, references: str) -> None:
    deliver(away, message(to=away.email, message_id="one@far.test", headers=fields))
    assert reply(away)["References"] == references


def test_name_and_reply_to_are_those_of_the_identity(away: Person) -> None:
    chosen = {"name": "Müller, A.", "reply_to": [{"name": None, "email": "office@example.org"}]}
    Identity.objects.filter(account_id=away.account.pk).update(**chosen)
    deliver(away)
    found = reply(away)
    assert found["From"].addresses[0].display_name == "Müller, A." and found["Reply-To"] == "office@example.org"


def test_it_comes_from_the_address_that_was_written_to(away: Person) -> None:
    alias = f"alias-{away.email}"
    add_address(alias, away.email)
    deliver(away, message(to=f"other@far.test, {alias.upper()}"), recipient=alias)
    assert reply(away)["From"] == alias


# How often.


def test_a_sender_is_answered_once_a_week(away: Person) -> None:
    deliver(away)
    deliver(away, sender=SENDER.upper())
    assert len(queue(away)) == 1
    answered_before(away, days=8)
    deliver(away)
    assert len(queue(away)) == 2


def answered_before(person: Person, days: int) -> None:
    sql.run(
        "UPDATE mail_vacationanswer SET answered_at = now() - make_interval(days => %s::int) WHERE account_id = %s",
        days, person.account.pk,
    )  # fmt: skip


def test_each_sender_is_answered(away: Person) -> None:
    for at in range(3):
        deliver(away, sender=f"s{at}@far.test")
    assert [row.recipient for row in queue(away)] == ["s0@far.test", "s1@far.test", "s2@far.test"]


def test_another_response_is_sent_to_those_who_got_the_one_before(away: Person) -> None:
    deliver(away)
    go_away(away, textBody="Still at the sea.")
    for _ in range(2):
        deliver(away)
    assert [each.get_content() for each in replies(away)] == ["At the sea.\n", "Still at the sea."]


def test_other_dates_alone_make_no_other_response(away: Person) -> None:
    deliver(away)
    go_away(away, toDate="2999-01-01T00:00:00Z")
    deliver(away)
    assert len(queue(away)) == 1


def test_many_messages_of_one_sender_at_once_are_answered_once(away: Person) -> None:
    ids = [arrive(away) for _ in range(5)]
    file_arrival(ids[0])
    assert len(filed(away)) == 5 and len(queue(away)) == 1


def test_a_message_filed_by_two_workers_is_answered_once(away: Person) -> None:
    id = arrive(away)
    slow = read_letters(away.account.pk, claim(away.account.pk))
    make_due(away)
    file_arrival(id)
    file_letters(away.account.pk, slow)
    assert len(queue(away)) == 1


def test_what_is_remembered_is_forgotten_after_a_week(away: Person, bob: Person) -> None:
    go_away(bob)
    deliver(away)
    deliver(bob)
    answered_before(away, days=8)
    forget_answers()
    query = "SELECT account_id FROM mail_vacationanswer WHERE account_id = ANY(%s)"
    assert sql.rows(query, [away.account.pk, bob.account.pk]) == [(bob.account.pk,)]


def test_two_who_are_away_do_not_answer_each_other_for_ever(away: Person, bob: Person) -> None:
    go_away(bob, textBody="In the hills.")
    deliver(away, message(to=away.email), sender=bob.email)
    (row,) = queue(away)
    answer = open_blob(away.account.pk, bytes(row.blob))
    assert row.recipient == bob.email and answer is not None
    deliver(bob, answer.octets(), sender=row.sender)
    assert not queue(bob) and len(filed(bob)) == 1
    # Even where the null path is lost on the way, for the reply says what it is.
    deliver(bob, answer.octets().replace(b"Message-ID: <", b"Message-ID: <2"), sender=away.email)
    assert not queue(bob) and len(filed(bob)) == 2


def test_the_blob_of_a_reply_is_kept_until_it_is_sent(away: Person) -> None:
    deliver(away)
    (row,) = queue(away)
    sql.run("UPDATE core_blob SET created_at = now() - interval '1 year' WHERE account_id = %s", away.account.pk)
    blobs.sweep_account(away.account.pk)
    assert open_blob(away.account.pk, bytes(row.blob)) is not None
