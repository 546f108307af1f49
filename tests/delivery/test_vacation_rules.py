"""Who is never answered (RFC 3834 §2, RFC 5230 §4.5 and §4.6)."""

from typing import Any

import pytest

from accounts.provision import add_address
from tests.fixtures.accounts import Person
from tests.fixtures.filing import deliver, filed, message
from tests.fixtures.vacation import go_away, queue, reply


@pytest.fixture
def away(alice: Person) -> Person:
    go_away(alice, textBody="At the sea.\n")
    return alice


@pytest.mark.parametrize(
    "sender",
    [
        "", "MAILER-DAEMON@far.test", "mailer-daemon@far.test", "owner-list@far.test", "list-owner@far.test",
        "list-request@far.test", "list-bounces@far.test", "bounces+7@far.test", "noreply@far.test", "No-Reply@far.test",
        "do-not-reply@far.test", "LISTSERV@far.test", "majordomo@far.test", '"quoted local"@far.test', "no address",
    ],
)  # fmt: skip
def test_bounces_lists_and_programs_are_not_answered(away: Person, sender: str) -> None:
    deliver(away, sender=sender)
    assert not queue(away) and len(filed(away)) == 1


@pytest.mark.parametrize(
    "sender", ["postmaster@far.test", "requests@far.test", "renowner@far.test", "prvs=1=me@far.test"]
)
def test_those_who_only_look_like_programs_are_answered(away: Person, sender: str) -> None:
    deliver(away, sender=sender)
    assert [row.recipient for row in queue(away)] == [sender]


@pytest.mark.parametrize(
    "field",
    [
        "Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated; by=cron", "auto-submitted: (why) Auto-Replied",
        "Auto-Submitted:", "Auto-Submitted: no\nAuto-Submitted: auto-replied",
        "List-Id: <tea.far.test>", "List-Help: <mailto:h@far.test>", "List-Subscribe: <mailto:s@far.test>",
        "List-Unsubscribe: <https://far.test/u>", "List-Post: NO", "List-Owner: <mailto:o@far.test>",
        "List-Archive: <https://far.test/a>",
        "Precedence: bulk", "Precedence: List", "Precedence:  junk ",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply", "X-Auto-Response-Suppress: All",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x",
    ],
)  # fmt: skip
def test_lists_programs_and_reports_are_not_answered_whatever_their_sender(away: Person, field: str) -> None:
    deliver(away, message(to=away.email, headers=field))
    assert not queue(away) and len(filed(away)) == 1


@pytest.mark.parametrize("field", ["Auto-Submitted: no", "Auto-Submitted: (I) NO (really)", "Precedence: first-class"])
def test_fields_that_say_that_a_person_wrote_do_no_harm(away: Person, field: str) -> None:
    deliver(away, message(to=away.email, headers=field))
    assert len(queue(away)) == 1


def test_who_is_not_named_as_a_recipient_does_not_answer(away: Person) -> None:
    deliver(away, message(to="undisclosed-recipients:;"))
    deliver(away, message(to=f"not-{away.email}", headers=f"X-Original-To: {away.email}"))
    assert not queue(away) and len(filed(away)) == 2


@pytest.mark.parametrize("field", ["Cc", "Bcc", "Resent-To", "Resent-Cc", "resent-bcc"])
def test_every_field_that_names_recipients_counts(away: Person, field: str) -> None:
    deliver(away, message(to="list@far.test", headers=f"{field}: Team: x@far.test, A <{away.email.upper()}>;"))
    assert len(queue(away)) == 1


def test_a_subaddress_counts_as_the_address(away: Person) -> None:
    detailed = away.email.replace("@", "+shop@")
    deliver(away, message(to=detailed), recipient=detailed)
    assert reply(away)["From"] == detailed


def test_junk_is_not_answered(away: Person) -> None:
    deliver(away, junk=True)
    assert not queue(away)


def test_nobody_answers_themselves(away: Person) -> None:
    alias = f"alias-{away.email}"
    add_address(alias, away.email)
    for sender in (away.email, away.email.upper(), alias, away.email.replace("@", "+me@")):
        deliver(away, sender=sender)
    assert not queue(away) and len(filed(away)) == 4


def test_a_duplicate_is_not_answered_again(away: Person) -> None:
    same = message(to=away.email, message_id="same@far.test")
    deliver(away, same)
    deliver(away, same, sender="another@far.test")
    assert len(queue(away)) == 1


@pytest.mark.parametrize(
    ("verdict", "answers"),
    [
        ({"spf": {"result": "fail"}}, 0),
        ({"spf": {"result": "fail"}, "dmarc": {"result": "none"}}, 0),
        ({"spf": {"result": "fail"}, "dmarc": {"result": "pass"}}, 1),
        ({"spf": {"result": "softfail"}, "dmarc": {"result": "fail"}}, 1),
        ({"spf": None, "dmarc": None}, 1),
    ],
)
def test_a_forged_sender_is_not_answered(away: Person, verdict: dict[str, Any], answers: int) -> None:
    deliver(away, **verdict)
    assert len(queue(away)) == answers
