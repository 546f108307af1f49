import base64
import smtplib
import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Account, User
from accounts.provision import add_account, add_address, grant
from jmap.core import blobs
from jmap.submission.models import Queued
from tests.fixtures.accounts import Person
from tests.fixtures.arrivals import field
from tests.fixtures.smtp import Dialogue, Receiver, receiving

FAR = "friend@far.test"


def letter(sender: str, more: str = "") -> bytes:
    return f"From: Me <{sender}>\r\nTo: {FAR}\r\nSubject: x\r\n{more}\r\nHello\r\n".encode()


def plain(login: str, password: str, acting_for: str = "") -> str:
    return base64.b64encode(f"{acting_for}\0{login}\0{password}".encode()).decode()


@pytest.fixture
def client(receiver: Receiver, alice: Person) -> Dialogue:
    """Alice's mail program, logged in."""
    return logged_in(receiver, alice)


def logged_in(receiver: Receiver, person: Person) -> Dialogue:
    client = receiver.dial("submission")
    client.say("EHLO laptop.test")
    client.start_tls()
    assert "AUTH PLAIN LOGIN" in client.say("EHLO laptop.test")[1]
    assert client.say(f"AUTH PLAIN {plain(person.email, person.password)}") == (235, "2.7.0 Welcome")
    return client


def queued(account: Account) -> list[Queued]:
    return list(Queued.objects.filter(account_id=account.pk).order_by("pk"))


def content(row: Queued) -> bytes:
    found = blobs.open_blob(row.account_id, bytes(row.blob))
    assert found is not None
    return found.octets()


def test_a_message_goes_into_the_queue_completed_and_without_bcc(client: Dialogue, alice: Person) -> None:
    assert client.deliver(alice.email, FAR, letter(alice.email, "Bcc: secret@far.test\r\n"))[0] == 250
    (row,) = queued(alice.account)
    sent = content(row)
    assert (row.sender, row.recipient, row.domain, row.kind) == (alice.email, FAR, "far.test", "smtp")
    assert (row.size, row.state, row.notify) == (len(sent), "waiting", None)
    assert b"secret" not in sent and sent.endswith(b"\r\n\r\nHello\r\n")
    assert field(sent, "Date") and field(sent, "Message-ID").endswith("@example.org>")
    received = field(sent, "Received")
    assert received.startswith("(using TLSv1") and "by mx.example.org with ESMTPSA id" in received
    assert "127.0.0.1" not in received and "laptop" not in received


def test_what_a_program_wrote_itself_stays(client: Dialogue, alice: Person) -> None:
    own = "Date: Wed, 25 Nov 2026 10:00:00 +0100\r\nMessage-ID: <own@far.test>\r\n"
    assert client.deliver(alice.email, FAR, letter(alice.email, own))[0] == 250
    sent = content(queued(alice.account)[0])
    assert field(sent, "Message-ID") == "<own@far.test>" and sent.count(b"Date:") == 1


def test_what_is_asked_about_reports_is_kept(client: Dialogue, alice: Person) -> None:
    client.say(f"MAIL FROM:<{alice.email}> RET=HDRS ENVID=x+2By")
    client.say(f"RCPT TO:<{FAR}> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;first@far.test")
    client.say("RCPT TO:<other@far.test> NOTIFY=NEVER")
    client.say(f"RCPT TO:<{FAR}>")
    client.say("DATA")
    client.send(letter(alice.email) + b".\r\n")
    assert client.reply()[0] == 250
    first, other = queued(alice.account)
    assert (first.ret, first.envid, first.notify, first.orcpt) == (
        "HDRS",
        "x+2By",
        "SUCCESS,DELAY",
        "rfc822;first@far.test",
    )
    assert (other.recipient, other.notify) == ("other@far.test", "NEVER")


def test_a_message_can_be_held(client: Dialogue, alice: Person) -> None:
    until = (datetime.now(UTC) + timedelta(hours=3)).replace(microsecond=0)
    for hold in ("HOLDFOR=3600", f"HOLDUNTIL={until.isoformat().replace('+00:00', 'Z')}"):
        client.say(f"MAIL FROM:<{alice.email}> {hold}")
        client.say(f"RCPT TO:<{FAR}>")
        client.say("DATA")
        client.send(letter(alice.email) + b".\r\n")
        assert client.reply()[0] == 250
    first, second = queued(alice.account)
    assert timedelta(minutes=59) < first.due_at - datetime.now(UTC) <= timedelta(hours=1)
    assert second.due_at == until


@pytest.mark.parametrize(
    "hold", ["HOLDFOR=0", "HOLDFOR=99999999", "HOLDUNTIL=2020-01-01T00:00:00Z", "HOLDUNTIL=x", "HOLDUNTIL=2027-01-01"]
)
def test_what_can_not_be_held_is_refused(client: Dialogue, alice: Person, hold: str) -> None:
    assert client.say(f"MAIL FROM:<{alice.email}> {hold}") == (
        501,
        "5.5.4 A message is held for 2592000 seconds at most",
    )


def test_nothing_is_done_for_who_has_not_logged_in(receiver: Receiver, alice: Person) -> None:
    with receiver.dial("submission") as client:
        assert "AUTH" not in client.say("EHLO laptop.test")[1]
        assert client.say(f"AUTH PLAIN {plain(alice.email, alice.password)}")[0] == 538
        assert client.say(f"MAIL FROM:<{alice.email}>")[0] == 530
        client.start_tls()
        client.say("EHLO laptop.test")
        assert client.say(f"MAIL FROM:<{alice.email}>")[0] == 530


def test_a_wrong_password_is_refused_and_a_few_end_the_connection(receiver: Receiver, alice: Person) -> None:
    with receiver.dial("submissions", greet=False) as client:
        client.secure()
        client.reply()
        client.say("EHLO laptop.test")
        replies = [client.say(f"AUTH PLAIN {plain(alice.email, f'guess {number}')}") for number in range(5)]
        assert replies[:4] == [(535, "5.7.8 No such login, or not its password")] * 4
        assert client.reply()[0] == 421 or replies[4][0] == 421


def test_guessing_is_throttled_for_every_port_together(receiver: Receiver, alice: Person) -> None:
    codes: list[int] = []
    while len(codes) < 12:
        with receiver.dial("submission") as client:
            client.say("EHLO laptop.test")
            client.start_tls()
            client.say("EHLO laptop.test")
            codes += [client.say(f"AUTH PLAIN {plain(alice.email, f'guess {len(codes)} {n}')}")[0] for n in range(3)]
    assert codes[:9] == [535] * 9 and 454 in codes


def test_there_are_several_ways_to_log_in(receiver: Receiver, alice: Person) -> None:
    def b64(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    app_password = alice.app_password()
    conversations = [
        [f"AUTH LOGIN {b64(alice.email)}", b64(alice.password)],
        ["AUTH LOGIN", b64(alice.email), b64(app_password)],
        ["auth plain", plain(alice.email, app_password, alice.email.upper())],
    ]
    for lines in conversations:
        with receiver.dial("submission") as client:
            client.say("EHLO laptop.test")
            client.start_tls()
            client.say("EHLO laptop.test")
            assert [client.say(line)[0] for line in lines] == [334] * (len(lines) - 1) + [235]
            assert client.say(f"AUTH PLAIN {plain(alice.email, alice.password)}")[0] == 503


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["AUTH PLAIN ="], 501),
        (["AUTH PLAIN !!!!"], 501),
        (["AUTH PLAIN AAA=BBB="], 501),
        (["AUTH PLAIN", "*"], 501),
        (["AUTH PLAIN " + base64.b64encode(b"\0\0secret").decode()], 501),
        (["AUTH PLAIN " + base64.b64encode(b"\0\xff\0secret").decode()], 501),
        (["AUTH PLAIN", "A" * 13000], 500),
        (["AUTH CRAM-MD5"], 504),
        (["AUTH"], 504),
        (["AUTH PLAIN " + base64.b64encode(b"boss@example.org\0me@example.org\0secret").decode()], 535),
    ],
)
def test_what_makes_no_sense_logs_nobody_in(receiver: Receiver, lines: list[str], code: int) -> None:
    with receiver.dial("submission") as client:
        client.say("EHLO laptop.test")
        client.start_tls()
        client.say("EHLO laptop.test")
        assert [client.say(line)[0] for line in lines][-1] == code
        assert client.say("NOOP")[0] == 250


def test_who_loses_the_right_to_send_loses_it_in_an_open_connection(client: Dialogue, alice: Person) -> None:
    assert client.say(f"MAIL FROM:<{alice.email}>")[0] == 250
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    codes: list[int] = []
    while 535 not in codes and len(codes) < 30:
        client.say("RSET")
        codes.append(client.say(f"MAIL FROM:<{alice.email}>")[0])
        time.sleep(0.5)
    assert codes[-1] == 535


def test_only_an_address_of_ones_own_may_send(client: Dialogue, alice: Person, bob: Person) -> None:
    assert client.say(f"MAIL FROM:<{bob.email}>")[0] == 550
    assert client.say("MAIL FROM:<me@elsewhere.test>")[0] == 550
    add_address(f"alias{alice.account.pk}@example.org", alice.email)
    local, _, domain = alice.email.partition("@")
    for own in (f"alias{alice.account.pk}@example.org", f"{local}+tag@{domain}"):
        assert client.deliver(own, FAR, letter(own))[0] == 250


@pytest.mark.parametrize(
    ("head", "code"),
    [
        ("From: {bob}", 550),
        ("From: {alice}, {bob}", 550),
        ("From: {alice}\r\nFrom: {bob}", 554),
        ("Subject: nobody wrote this", 554),
        ("From: somebody", 554),
    ],
)
def test_only_ones_own_addresses_may_stand_in_from(
    client: Dialogue, alice: Person, bob: Person, head: str, code: int
) -> None:
    written = head.format(alice=alice.email, bob=bob.email)
    assert client.deliver(alice.email, FAR, f"{written}\r\n\r\nx\r\n".encode())[0] == code
    assert queued(alice.account) == []


def test_a_shared_account_sends_its_own_mail(receiver: Receiver, alice: Person, bob: Person) -> None:
    shared = add_account(f"office{alice.account.pk}@example.org")
    grant(shared.name, alice.email)
    grant(shared.name, bob.email, read_only=True)
    with logged_in(receiver, alice) as client:
        assert client.deliver(shared.name, FAR, letter(shared.name))[0] == 250
        assert client.deliver("", FAR, letter(shared.name))[0] == 250  # as an MDN goes
    with logged_in(receiver, bob) as client:
        assert client.say(f"MAIL FROM:<{shared.name}>")[0] == 550
    assert [row.sender for row in queued(shared)] == [shared.name, ""]


def test_recipients_here_are_looked_up_and_others_are_not(client: Dialogue, alice: Person, bob: Person) -> None:
    client.say(f"MAIL FROM:<{alice.email}>")
    recipients = [bob.email, "nobody@example.org", "any.body@far.test", "x@[192.0.2.1]", '"a b"@far.test']
    assert [client.say(f"RCPT TO:<{each}>")[0] for each in recipients] == [250, 550, 250, 550, 250]


def test_a_user_has_a_budget(database: None, alice: Person) -> None:
    with receiving(MAX_MESSAGES_PER_HOUR=1) as receiver, logged_in(receiver, alice) as client:
        assert client.deliver(alice.email, FAR, letter(alice.email))[0] == 250
        code, text = client.deliver(alice.email, FAR, letter(alice.email))
        assert code == 450 and text.startswith("4.7.1 ")
    assert len(queued(alice.account)) == 1


def test_results_in_our_name_can_not_be_sent_along(client: Dialogue, alice: Person) -> None:
    claim = "Authentication-Results: mx.example.org; dkim=pass\r\n"
    assert client.deliver(alice.email, FAR, letter(alice.email, claim))[0] == 250
    assert b"dkim=pass" not in content(queued(alice.account)[0])


def test_pythons_own_client_sends(receiver: Receiver, alice: Person) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP_SSL("127.0.0.1", receiver.ports["submissions"], context=context) as client:
        client.login(alice.email, alice.app_password())
        client.sendmail(alice.email, [FAR], letter(alice.email))
    with smtplib.SMTP("127.0.0.1", receiver.ports["submission"]) as client:
        client.starttls(context=context)
        client.login(alice.email, alice.password)
        client.sendmail(alice.email, [FAR], letter(alice.email))
    assert len(queued(alice.account)) == 2
