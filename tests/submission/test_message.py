"""What of a message is sent, and whose name it may bear (RFC 8621 §7.5)."""

from typing import Any

import pytest
from django.conf import settings

from tests.fixtures.accounts import Person
from tests.submission.letters import (
    FRIEND,
    addresses,
    envelope,
    import_draft,
    make_draft,
    recipients,
    sent_octets,
    submit,
)

Wire = dict[str, Any]


# What is sent


def test_bcc_is_left_out_of_what_is_sent_and_kept_in_the_copy(alice: Person) -> None:
    email = make_draft(alice, bcc=addresses("secret@x.test"))
    created = submit(alice, email)
    assert recipients(created) == [FRIEND, "secret@x.test"]
    assert b"secret" not in sent_octets(alice, created["id"])
    copy = alice.jmap.call("Email/get", ids=[email], properties=["bcc"])["list"][0]
    assert copy["bcc"] == addresses("secret@x.test")


def test_all_else_is_sent_octet_for_octet(alice: Person) -> None:
    kept = (
        b"Received: from x\r\n\tby y\r\nfrom:  =?utf-8?q?Al?=  <%s>\r\nTo: a@x.test\r\n"
        b"MESSAGE-ID:<1@x.test>\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nX-Odd:\r\n  folded\r\n"
        % alice.email.encode()
    )
    body = b"\r\nBcc: not a field\r\n\0\xff\r\n"
    before = b"Resent-Bcc: hidden@x.test\r\nReturn-Path: <z@x.test>\r\nBCC :\r\n secret@x.test,\r\n more@x.test\r\n"
    created = submit(alice, import_draft(alice, before + kept + b"Bcc: x@y.test\r\n" + body))
    assert sent_octets(alice, created["id"]) == kept + body


def test_nobody_speaks_for_our_own_judge(alice: Person) -> None:
    theirs = b"Authentication-Results: mx.x.test; spf=pass\r\n"
    ours = b"Authentication-Results: %s; spf=pass\r\n" % settings.MAIL_HOSTNAME.encode()
    rest = b"From: %s\r\nTo: a@x.test\r\nDate: x\r\nMessage-ID: <1@x>\r\n\r\nHi\r\n" % alice.email.encode()
    assert sent_octets(alice, submit(alice, import_draft(alice, theirs + ours + rest))["id"]) == theirs + rest


def test_line_endings_are_those_of_smtp(alice: Person) -> None:
    raw = b"From x Thu Jan  1 00:00:00 2026\nFrom: %s\nTo: a@x.test\nDate: x\nMessage-ID: <1@x>\n\nA\rB\n"
    created = submit(alice, import_draft(alice, raw % alice.email.encode()))
    expected = b"From: %s\r\nTo: a@x.test\r\nDate: x\r\nMessage-ID: <1@x>\r\n\r\nA\r\nB\r\n" % alice.email.encode()
    assert sent_octets(alice, created["id"]) == expected


def test_date_and_message_id_are_added_where_they_are_missing(alice: Person) -> None:
    raw = b"From: %s\r\nTo: a@x.test\r\n\r\nHi\r\n" % alice.email.encode()
    sent = sent_octets(alice, submit(alice, import_draft(alice, raw))["id"])
    date, message_id, rest = sent.split(b"\r\n", 2)
    assert date.startswith(b"Date: ") and message_id.startswith(b"Message-ID: <") and rest == raw


def test_another_s_name_is_refused(alice: Person, bob: Person) -> None:
    for other in (addresses(bob.email), addresses("x@y.test"), addresses(alice.email, "x@y.test")):
        draft = make_draft(alice, **{"from": other})
        assert submit(alice, draft, envelope=envelope(alice.email, FRIEND))["type"] == "forbiddenFrom"


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"From: nobody\r\n",
        b"From:\r\n",
        b"From: ME\r\nFrom: ME\r\n",
        b"From: ME\r\nfrom : boss@x.test\r\n",
        b"From: ME\r\nX: a\rFrom: boss@x.test\r\n",
        b"X: a\n\rFrom: boss@x.test\r\nFrom: ME\r\n",
        b"From: <ME> <boss@x.test>\r\n",
        b"From: <boss@x.test> <ME>\r\n",
        b'From: "Boss <boss@x.test>" <ME>\r\n',
        b"From: =?utf-8?q?ME?= <=?utf-8?q?ME?=@x.test@x.test>\r\n",
        b"From: ME\r\nX: " + b"x" * 262_144 + b"\r\nFrom: boss@x.test\r\n",
    ],
    ids=range(12),
)
def test_a_message_without_one_clear_author_is_invalid(alice: Person, header: bytes) -> None:
    raw = header.replace(b"ME", alice.email.encode()) + b"To: a@x.test\r\n\r\nHi\r\n"
    answer = submit(alice, import_draft(alice, raw), envelope=envelope(alice.email, FRIEND))
    assert answer["type"] == "invalidEmail" and answer["properties"] in (["from"], ["headers"])


def resent(alice: Person, resent_from: str, author: str) -> str:
    raw = f"Resent-From: {resent_from}\r\nResent-To: {FRIEND}\r\nFrom: {author}\r\nTo: {alice.email}\r\n\r\nHi\r\n"
    given = envelope(alice.email, FRIEND)
    return str(submit(alice, import_draft(alice, raw.encode()), envelope=given).get("type"))


def test_who_resends_a_message_says_so(alice: Person, bob: Person) -> None:
    assert resent(alice, alice.email, "author@x.test") == "None"
    assert resent(alice, bob.email, "author@x.test") == "forbiddenFrom"


def test_nobody_resends_in_the_name_of_a_colleague(alice: Person, bob: Person) -> None:
    assert resent(alice, alice.email, bob.email) == "forbiddenFrom"
