import socket
import time
from collections.abc import Iterator

import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest

from tests.fixtures.accounts import Person
from tests.fixtures.arrivals import arrivals
from tests.fixtures.smtp import Receiver, receiving

MIB = 1024 * 1024
SMUGGLED = "MAIL FROM:<admin@example.org>\r\nRCPT TO:<{}>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n"


@pytest.fixture(scope="module")
def strict(database: None) -> Iterator[Receiver]:
    """Servers with little patience, for which this machine is a stranger."""
    with receiving(
        SMTP_TIMEOUT=1,
        SMTP_CONNECTIONS=40,
        SMTP_CONNECTIONS_PER_ADDRESS=20,
        SMTP_RATE=40,
        MAX_SIZE_MESSAGE=1_000_000,
        TRUSTED_RELAYS="none",
        DNS_SERVERS="127.0.0.1:1",
    ) as running:
        yield running


@pytest.mark.parametrize(
    "ending",
    [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r\r\n.\r\n", b"\r\n.\r\r\n"],
)
def test_mail_can_not_be_smuggled_in(receiver: Receiver, alice: Person, ending: bytes) -> None:
    with receiver.dial() as client:
        client.envelope("a@far.test", alice.email)
        client.say("DATA")
        client.send(b"Subject: x\r\n\r\nx" + ending + SMUGGLED.format(alice.email).encode())
        assert client.reply()[0] == 521
        assert client.is_over()
    assert arrivals(alice.account) == []


def test_a_bare_line_feed_ends_no_command(receiver: Receiver) -> None:
    for line in (b"EHLO client.test\n", b"EHLO client.test\nNOOP\r\n", b"NOOP\rNOOP\r\n", b"NOOP\0\r\nNOOP\n"):
        with receiver.dial() as client:
            client.send(line)
            codes = [client.reply()[0] for _ in range(line.count(b"\0") + 1)]
            assert codes[-1] == 521 and client.is_over()


def test_too_large_a_message_is_refused_as_soon_as_that_is_known(strict: Receiver, alice: Person) -> None:
    with strict.dial() as client:
        client.say("EHLO client.test")
        assert client.say("MAIL FROM:<a@far.test> SIZE=1000001") == (
            552,
            "5.3.4 The message is larger than this server takes",
        )
        client.envelope("a@far.test", alice.email)
        client.say("DATA")
        client.send(b"x" * 1_000_000 + b"\r\n.\r\n")
        assert client.reply()[0] == 552
        client.envelope("a@far.test", alice.email)
        assert client.say("DATA")[0] == 354
        client.send(b"x" * 4 * MIB)  # far too much is not read to its end
        assert client.reply()[0] == 552
        assert client.is_over()
    assert arrivals(alice.account) == []


def test_a_line_without_an_end_is_not_kept(receiver: Receiver) -> None:
    with receiver.dial() as client:
        client.send(b"NOOP " + b"x" * 3000 + b"\r\n")
        assert client.reply() == (500, "5.5.2 The line is too long")
        client.send(b"x" * 100_000)
        assert client.reply()[0] == 521


def test_ten_thousand_recipients_are_too_many(receiver: Receiver, alice: Person) -> None:
    local, _, domain = alice.email.partition("@")
    with receiver.dial() as client:
        client.envelope("a@far.test")
        client.send(b"".join(f"RCPT TO:<{local}+{number}@{domain}>\r\n".encode() for number in range(10_000)))
        replies = [client.reply() for _ in range(10_000)]
        assert [code for code, _ in replies] == [250] * 1000 + [452] * 9000
        assert replies[-1][1].startswith("4.5.3 ")
        client.say("DATA")
        assert client.say("Subject: x\r\n\r\n.")[0] == 250
    assert len(arrivals(alice.account)) == 1000


def test_who_only_makes_mistakes_is_sent_away(receiver: Receiver) -> None:
    with receiver.dial() as client:
        client.send(b"WHAT\r\n" * 1000)
        codes = [client.reply()[0] for _ in range(22)]
        assert codes == [500] * 21 + [421]
        assert client.is_over()


def test_who_only_talks_is_sent_away(receiver: Receiver) -> None:
    with receiver.dial() as client:
        client.send(b"NOOP\r\n" * 1000)
        assert sum(client.reply()[0] == 250 for _ in range(200)) == 121


def test_who_guesses_addresses_is_sent_away(receiver: Receiver) -> None:
    with receiver.dial() as client:
        client.envelope("a@far.test")
        client.send(b"".join(f"RCPT TO:<guess{number}@example.org>\r\n".encode() for number in range(300)))
        codes = [client.reply()[0] for _ in range(300)]
        assert codes[:201] == [550] * 201 and codes[201] == 421


def test_a_browser_is_sent_away_at_once(receiver: Receiver) -> None:
    with receiver.dial() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO client.test\r\n")
        assert client.reply()[0] == 521
        assert client.is_over()


def test_a_client_that_dawdles_is_told_and_left(strict: Receiver, alice: Person) -> None:
    with strict.dial() as silent, strict.dial() as slow, strict.dial() as stuck:
        stuck.envelope("a@far.test", alice.email)
        stuck.say("DATA")
        drip(slow.connection, b"N", 3)
        drip(stuck.connection, b"x", 5)
        assert [each.reply()[0] for each in (silent, slow, stuck)] == [421, 421, 421]


def drip(connection: socket.socket, octet: bytes, seconds: float) -> None:
    """An octet now and then, as slowly as a server might bear."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            connection.sendall(octet)
        except ConnectionError:
            return
        time.sleep(0.2)


def test_a_client_that_reads_nothing_holds_nobody_up(receiver: Receiver) -> None:
    with receiver.dial() as deaf, receiver.dial() as client:
        deaf.connection.settimeout(0.5)
        try:
            for _ in range(1000):
                deaf.send(b"RCPT TO:<a@b.test>\r\n" * 1000)
        except OSError:
            pass
        assert client.say("NOOP")[0] == 250


def test_one_address_has_a_limited_number_of_connections(strict: Receiver) -> None:
    clients = [strict.dial(greet=False) for _ in range(25)]
    codes = [client.reply()[0] for client in clients]
    assert 421 in codes and codes.count(220) <= 20
    for client in clients:
        client.connection.close()


def test_one_address_sends_at_a_limited_rate(database: None, alice: Person) -> None:
    with (
        receiving(SMTP_RATE=5, TRUSTED_RELAYS="none", DNS_SERVERS="127.0.0.1:1") as receiver,
        receiver.dial() as client,
    ):
        client.say("EHLO client.test")
        codes = []
        for _ in range(6):
            codes.append(client.say("MAIL FROM:<a@far.test>")[0])
            client.say("RSET")
        assert codes[:4] == [250] * 4 and codes[-1] == 450
        with receiver.dial(greet=False) as another:
            assert another.reply()[0] == 421


def test_memory_stays_flat(receiver: Receiver, alice: Person) -> None:
    """Forty messages of 8 MB under way at once, and forty lines without an end."""
    process = psutil.Process(receiver.process.pid)
    before = process.memory_info().rss
    clients = [receiver.dial() for _ in range(40)]
    for client in clients:
        client.envelope("a@far.test", alice.email)
        assert client.say("DATA")[0] == 354
        client.send(b"Subject: x\r\n\r\n")
    for _ in range(8):
        for client in clients:
            client.send(b"x" * MIB + b"\r\n")
    with receiver.dial() as other:
        assert other.say("NOOP")[0] == 250
        assert process.memory_info().rss - before < 64 * MIB
    for client in clients:
        client.connection.close()
