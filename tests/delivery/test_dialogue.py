import socket
import ssl

import pytest

from tests.fixtures.accounts import Person
from tests.fixtures.arrivals import arrivals, content
from tests.fixtures.smtp import Receiver

MESSAGE = "Subject: x\r\n\r\nx\r\n.\r\n"


def test_pipelined_commands_are_answered_in_their_order(receiver: Receiver, alice: Person) -> None:
    batch = f"MAIL FROM:<a@far.test>\r\nRCPT TO:<nobody@example.org>\r\nRCPT TO:<{alice.email}>\r\nDATA\r\n"
    with receiver.dial() as client:
        client.say("EHLO client.test")
        client.send(batch.encode())
        assert [client.reply()[0] for _ in range(4)] == [250, 550, 250, 354]
        client.send(f"{MESSAGE}RSET\r\n{batch}".encode())
        assert [client.reply()[0] for _ in range(6)] == [250, 250, 250, 550, 250, 354]
    assert len(arrivals(alice.account)) == 1


def test_a_message_cut_off_is_nobodys(receiver: Receiver, alice: Person) -> None:
    with receiver.dial() as client:
        client.envelope("a@far.test", alice.email)
        client.say("DATA")
        client.send(b"Subject: x\r\n\r\nx\r\n.\r")
    with receiver.dial() as client:
        assert client.say("NOOP")[0] == 250
    assert arrivals(alice.account) == []


def test_commands_out_of_order_are_refused(receiver: Receiver) -> None:
    with receiver.dial() as client:
        assert client.say("MAIL FROM:<a@far.test>")[0] == 503
        assert client.say("EHLO")[0] == 501
        assert client.say("EHLO client.test")[0] == 250
        assert [client.say(each)[0] for each in ("RCPT TO:<a@b.test>", "DATA", "BDAT 0 LAST")] == [503, 503, 503]
        assert client.say("MAIL FROM:<a@far.test>")[0] == 250
        assert client.say("MAIL FROM:<a@far.test>")[0] == 503
        assert client.say("DATA")[0] == 503
        assert client.say("HELO client.test")[0] == 250
        assert client.say("RCPT TO:<a@b.test>")[0] == 503  # a greeting begins anew


def test_the_other_commands_have_their_answers(receiver: Receiver) -> None:
    with receiver.dial() as client:
        assert client.say("noop anything") == (250, "2.0.0 OK")
        assert client.say("VRFY root")[0] == 252
        assert client.say("VRFY")[0] == 501
        assert client.say("EXPN list") == (500, "5.5.1 That is no command here")
        assert client.say("HELP")[0] == 214
        assert client.say("QUIT")[0] == 221
        assert client.is_over()


def test_lmtp_and_smtp_do_not_take_each_others_greeting(receiver: Receiver) -> None:
    with receiver.dial() as client:
        assert client.say("LHLO client.test")[0] == 500
    with receiver.dial("lmtp") as client:
        assert client.say("HELO client.test")[0] == 500


def test_chunks_make_a_message(receiver: Receiver, alice: Person) -> None:
    with receiver.dial() as client:
        client.envelope("a@far.test", alice.email)
        client.send(b"BDAT 14\r\nSubject: x\r\n\r\nBDAT 8 LAST\r\n.\r\n.\r\n\r\nNOOP\r\n")
        assert [client.reply()[0] for _ in range(3)] == [250, 250, 250]
    assert content(arrivals(alice.account)[0]).endswith(b"Subject: x\r\n\r\n.\r\n.\r\n\r\n")


def test_chunks_for_nobody_are_read_all_the_same(receiver: Receiver) -> None:
    with receiver.dial() as client:
        client.envelope("a@far.test", "nobody@example.org")
        client.send(b"BDAT 13\r\nMAIL FROM:<\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n")
        assert [client.reply()[0] for _ in range(3)] == [503, 503, 250]


def test_chunks_and_data_do_not_mix(receiver: Receiver, alice: Person) -> None:
    with receiver.dial() as client:
        client.envelope("a@far.test", alice.email)
        client.send(b"BDAT 2\r\nx\n")
        assert client.reply()[0] == 250
        assert client.say("DATA")[0] == 503
        assert client.say(f"RCPT TO:<{alice.email}>")[0] == 503
        client.send(b"BDAT 0 LAST\r\n")
        assert client.reply() == (554, "5.6.0 Lines end with CRLF, and there is no other CR or LF")
        assert client.say("BDAT x")[0] == 501
        assert client.is_over()  # how much would have followed nobody knows


def test_nothing_may_be_smuggled_in_before_tls(receiver: Receiver) -> None:
    with receiver.dial() as client:
        client.say("EHLO client.test")
        client.send(b"STARTTLS\r\nMAIL FROM:<evil@far.test>\r\n")
        assert client.reply()[0] == 503
        assert client.is_over()


def test_after_tls_all_begins_anew(receiver: Receiver) -> None:
    with receiver.dial() as client:
        client.envelope("a@far.test")
        client.start_tls()
        assert client.say("RCPT TO:<a@b.test>")[0] == 503
        assert client.say("MAIL FROM:<a@far.test>")[0] == 503
        client.say("EHLO client.test")
        assert client.say("STARTTLS")[0] == 503


def test_what_is_no_tls_ends_the_connection_alone(receiver: Receiver) -> None:
    with receiver.dial() as other, receiver.dial() as client, receiver.dial("submissions", greet=False) as third:
        client.say("EHLO client.test")
        assert client.say("STARTTLS")[0] == 220
        client.send(b"EHLO in the clear\r\n" * 3)
        third.send(b"EHLO in the clear\r\n" * 3)
        assert ended(client.connection) and ended(third.connection)
        assert other.say("NOOP")[0] == 250


def ended(connection: socket.socket) -> bool:
    """Whether the server hangs up; a TLS alert may come before."""
    try:
        while connection.recv(1024):
            pass
    except ConnectionError:
        pass
    return True


def test_old_tls_is_refused(receiver: Receiver) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with receiver.dial("submissions", greet=False) as client, pytest.raises(OSError):
        context.wrap_socket(client.connection)


def test_no_password_is_asked_for_on_port_25(receiver: Receiver) -> None:
    with receiver.dial() as client:
        client.say("EHLO client.test")
        client.start_tls()
        assert "AUTH" not in client.say("EHLO client.test")[1]
        assert client.say("AUTH PLAIN AGEAYg==")[0] == 502
