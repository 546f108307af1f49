import re

import pytest

from accounts.models import Account, User
from accounts.provision import add_address, add_domain
from tests.fixtures.accounts import Person
from tests.fixtures.arrivals import arrivals, content, field
from tests.fixtures.smtp import Receiver

HELLO = b"From: a@far.test\r\nSubject: Hello\r\n\r\nHello\r\n"


def test_a_message_is_kept_with_how_it_came(receiver: Receiver, alice: Person) -> None:
    with receiver.dial() as client:
        assert client.deliver("a@far.test", alice.email, HELLO)[0] == 250
    (arrival,) = arrivals(alice.account)
    assert (arrival.sender, arrival.recipient) == ("a@far.test", alice.email)
    kept = content(arrival)
    assert kept.endswith(HELLO) and arrival.size == len(kept)
    assert field(kept, "Return-Path") == "<a@far.test>"
    assert re.fullmatch(
        rf"from client\.test \(\[127\.0\.0\.1\]\) by mx\.example\.org with ESMTP id \w+ for <{alice.email}>; .+ \+0000",
        field(kept, "Received"),
    )


def test_over_tls_received_says_so(receiver: Receiver, alice: Person) -> None:
    with receiver.dial() as client:
        client.say("EHLO client.test")
        client.start_tls()
        assert "STARTTLS" not in client.say("EHLO client.test")[1]
        client.deliver("a@far.test", alice.email, HELLO)
    assert "with ESMTPS id" in field(content(arrivals(alice.account)[0]), "Received")


def test_what_others_wrote_in_our_name_goes(receiver: Receiver, alice: Person) -> None:
    forged = b"Return-Path: <x@y.test>\r\nAuthentication-Results: mx.example.org; dkim=pass\r\n"
    with receiver.dial() as client:
        client.deliver("", alice.email, forged + HELLO)
    kept = content(arrivals(alice.account)[0])
    assert kept.count(b"Return-Path") == 1 and b"dkim=pass" not in kept
    assert field(kept, "Return-Path") == "<>"


def test_each_recipient_of_one_message_has_an_arrival(receiver: Receiver, alice: Person, bob: Person) -> None:
    with receiver.dial() as client:
        local, _, domain = alice.email.partition("@")
        recipients = [alice.email, bob.email, f"{local}+tag@{domain}"]
        assert client.envelope("a@far.test", *recipients) == [250] * 5
        client.say("DATA")
        assert client.say(f"{HELLO.decode()}.")[0] == 250
    assert [each.recipient for each in arrivals(alice.account)] == [recipients[0], recipients[2]]
    assert len(arrivals(bob.account)) == 1


def test_mail_for_others_is_not_relayed(receiver: Receiver, alice: Person) -> None:
    attempts = ["x@elsewhere.test", "x%elsewhere.test@elsewhere.test", "@example.org:x@elsewhere.test", "x@[192.0.2.1]"]
    attempts += [f'"{alice.email}"@elsewhere.test', "x@example.org.elsewhere.test"]
    with receiver.dial() as client:
        assert client.envelope(alice.email, *attempts)[2:] == [554] * len(attempts)
        assert client.say("DATA") == (503, "5.5.1 There is no valid recipient")


def test_a_percent_or_a_bang_leads_nowhere_else(receiver: Receiver) -> None:
    with receiver.dial() as client:
        codes = client.envelope("a@far.test", "x%elsewhere.test@example.org", "elsewhere.test!x@example.org")
        assert codes[2:] == [550, 550]


def test_each_obstacle_has_its_code(receiver: Receiver, alice: Person, bob: Person) -> None:
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    Account.objects.filter(pk=bob.account.pk).update(quota_bytes=1000, used_bytes=900)
    with receiver.dial() as client:
        client.say("EHLO client.test")
        client.say("MAIL FROM:<a@far.test> SIZE=101")
        assert client.say("RCPT TO:<nobody@example.org>")[1].startswith("5.1.1 ")
        assert client.say(f"RCPT TO:<{alice.email}>")[1].startswith("5.2.1 ")
        assert client.say(f"RCPT TO:<{bob.email}>") == (452, "4.2.2 This mailbox is full")
        client.say("RSET")
        client.say("MAIL FROM:<a@far.test> SIZE=100")
        assert client.say(f"RCPT TO:<{bob.email}>")[0] == 250


def test_the_domain_of_an_address_may_be_written_in_any_way(receiver: Receiver, alice: Person) -> None:
    name = f"bücher{alice.account.pk}.example"
    add_domain(name)
    add_address(f"jürgen@{name}", alice.email)
    with receiver.dial() as client:
        client.say("EHLO client.test")
        assert client.say("MAIL FROM:<é@far.test> SMTPUTF8")[0] == 250
        assert client.say(f"RCPT TO:<Jürgen@{name.upper()}>")[0] == 250
        client.say("DATA")
        assert client.say("Subject: é\r\n\r\né\r\n.")[0] == 250
    kept = content(arrivals(alice.account)[0])
    assert "with UTF8SMTP id" in field(kept, "Received") and field(kept, "Return-Path") == "<é@far.test>"


def test_a_quoted_local_part_is_the_same_without_its_quotes(receiver: Receiver, alice: Person) -> None:
    local, _, domain = alice.email.partition("@")
    with receiver.dial() as client:
        assert client.envelope("a@far.test", f'"{local}"@{domain}')[-1] == 250


def test_a_message_that_goes_round_in_circles_is_refused(receiver: Receiver, alice: Person) -> None:
    step = b"Received: from a.test by b.test; Wed, 25 Nov 2026 10:00:00 +0000\r\n"
    with receiver.dial() as client:
        assert client.deliver("a@far.test", alice.email, step * 101 + HELLO)[1].startswith("5.4.6 ")
        assert client.deliver("a@far.test", alice.email, step * 100 + HELLO)[0] == 250


def test_raw_octets_beyond_ascii_arrive_as_they_were(receiver: Receiver, alice: Person) -> None:
    raw = b"Subject: \xff\xfe caf\xe9\r\n\r\n" + bytes(each for each in range(256) if each not in (10, 13)) + b"\r\n"
    with receiver.dial() as client:
        assert client.deliver("a@far.test", alice.email, raw)[0] == 250
    assert content(arrivals(alice.account)[0]).endswith(raw)


@pytest.mark.parametrize("size", [0, 70_000, 3_000_000])
def test_any_size_arrives_as_it_was(receiver: Receiver, alice: Person, size: int) -> None:
    body = (b"x" * 997 + b"\r\n") * (size // 999)
    with receiver.dial() as client:
        assert client.deliver("a@far.test", alice.email, b"Subject: x\r\n\r\n" + body)[0] == 250
    assert content(arrivals(alice.account)[0]).endswith(b"Subject: x\r\n\r\n" + body)


def test_lmtp_answers_for_each_recipient(receiver: Receiver, alice: Person, bob: Person) -> None:
    with receiver.dial("lmtp") as client:
        assert client.say("EHLO client.test")[0] == 500
        client.say("LHLO client.test")
        client.say("MAIL FROM:<a@far.test>")
        codes = [client.say(f"RCPT TO:<{each}>")[0] for each in (alice.email, "nobody@example.org", bob.email)]
        assert codes == [250, 550, 250]
        client.say("DATA")
        client.send(HELLO + b".\r\nNOOP\r\n")
        assert [client.reply()[1].split()[:2] for _ in range(3)] == [["2.0.0", "Taken"]] * 2 + [["2.0.0", "OK"]]
    kept = content(arrivals(alice.account)[0])
    assert "with LMTP id" in field(kept, "Received")


def test_lmtp_without_a_valid_recipient_takes_nothing(receiver: Receiver) -> None:
    with receiver.dial("lmtp") as client:
        client.say("LHLO client.test")
        client.say("MAIL FROM:<a@far.test>")
        assert client.say("DATA")[0] == 503


def test_what_a_relay_says_about_spam_is_believed(receiver: Receiver, alice: Person) -> None:
    for sign in (b"X-Spam-Flag: YES", b"X-Spam-Status: Yes, score=7.5 required=5", b"X-Spam-Status: No, score=1.5"):
        with receiver.dial() as client:
            assert client.deliver("a@far.test", alice.email, sign + b"\r\n" + HELLO)[0] == 250
    verdicts = [each.verdict for each in arrivals(alice.account)]
    assert [each["junk"] for each in verdicts] == [True, True, False]
    assert [each["score"] for each in verdicts] == [None, 7.5, 1.5]
