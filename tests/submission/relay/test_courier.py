"""One message to one domain, over real sockets."""

import time

import pytest

from tests.fixtures.dns import DnsServer
from tests.fixtures.sink import DROP, DROP_AFTER_ACCEPTING, STALL, MakeSink, Sink
from tests.submission.relay.conftest import OCTETS, Post, letter

STAGES = ["connect", "EHLO", "MAIL", "RCPT", "DATA", "message"]


def test_a_message_arrives_octet_for_octet(post: Post, sink: Sink) -> None:
    outcome = post.send()
    assert (outcome.state, outcome.reply.text, outcome.host) == (
        "delivered", "250 2.0.0 Accepted", "mx.example.test [127.0.0.1]",
    )  # fmt: skip
    (received,) = sink.letters
    assert (received.octets, received.recipients) == (OCTETS, ["b@example.test"])
    assert received.mail == "MAIL FROM:<a@home.test>"


def test_each_recipient_has_an_answer_of_its_own(post: Post, sink: Sink) -> None:
    sink.next("RCPT", "250 OK", "550-5.1.1 No\n550 5.1.1 such user", "450 4.2.1 Busy")
    (found,) = post.carry(letter("a@example.test", "b@example.test", "c@example.test"))
    assert [each.state for each in found.values()] == ["delivered", "failed", "waiting"]
    assert found["b@example.test"].reply.text == "550 5.1.1 No such user"
    assert sink.letters[0].recipients == ["a@example.test"]


def test_without_a_recipient_there_is_no_data(post: Post, sink: Sink) -> None:
    sink.on("RCPT", "550 5.7.1 No")
    assert post.send().reply.status == "5.7.1"
    assert "DATA" not in sink.commands and "RSET" in sink.commands


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA", "message"])
def test_a_5xx_is_the_last_word(post: Post, sink: Sink, stage: str) -> None:
    sink.on(stage, "554 5.7.1 Never")
    outcome = post.send()
    assert (outcome.state, outcome.reply.text) == ("failed", "554 5.7.1 Never")


@pytest.mark.parametrize("stage", STAGES)
def test_a_4xx_waits(post: Post, sink: Sink, stage: str) -> None:
    sink.on(stage, "451 4.3.0 Later")
    outcome = post.send()
    assert (outcome.state, outcome.reply.text) == ("waiting", "451 4.3.0 Later")


def test_a_5xx_greeting_is_about_the_host_alone(post: Post, sink: Sink) -> None:
    sink.on("connect", "554 5.3.2 Not here")
    outcome = post.send()
    assert (outcome.state, outcome.reply.text) == ("waiting", "554 5.3.2 Not here")


@pytest.mark.parametrize("stage", STAGES)
def test_a_dropped_connection_waits(post: Post, sink: Sink, stage: str) -> None:
    sink.on(stage, DROP)
    assert post.send().state == "waiting"


@pytest.mark.parametrize("stage", STAGES)
def test_a_stalling_peer_is_left_in_time(post: Post, sink: Sink, stage: str) -> None:
    sink.on(stage, STALL)
    post.manner = post.manner.__class__("home.test", 0.2)
    begun = time.monotonic()
    assert post.send().state == "waiting"
    assert time.monotonic() - begun < 5


def test_nobody_at_the_address_waits(post: Post, sink: Sink) -> None:
    sink.close()
    outcome = post.send()
    assert (outcome.state, outcome.reply.status) == ("waiting", "4.4.1")


def test_what_waits_for_a_dead_host_needs_but_one_to_find_out(post: Post, sink: Sink, dns_server: DnsServer) -> None:
    dns_server.remove("mx.example.test", "A")
    dns_server.add("mx.example.test", "A", "192.0.2.1")  # where nobody ever answers
    begun = time.monotonic()
    found = post.carry(*(letter(f"{at}@example.test") for at in range(5)))
    assert [each.state for outcomes in found for each in outcomes.values()] == ["waiting"] * 5
    assert time.monotonic() - begun < 3


def test_a_connection_lost_after_the_message_says_that_it_may_have_arrived(post: Post, sink: Sink) -> None:
    sink.on("message", DROP_AFTER_ACCEPTING)
    outcome = post.send()
    assert outcome.state == "waiting" and "not known whether the message arrived" in outcome.reply.text


@pytest.mark.parametrize("answer", ["451 4.3.0 Later", "554 5.3.2 Not here", DROP, STALL])
@pytest.mark.parametrize("stage", ["connect", "EHLO"])
def test_trouble_with_one_host_leads_to_the_next(
    post: Post, sink: Sink, make_sink: MakeSink, dns_server: DnsServer, stage: str, answer: str
) -> None:
    other = second_host(sink, make_sink, dns_server)
    post.manner = post.manner.__class__("home.test", 0.3)
    sink.on(stage, answer)
    sink.on("HELO", answer)
    outcome = post.send()
    assert outcome.host == "mx2.example.test [127.0.0.2]"
    assert len(other.letters) == 1 and not sink.letters


def second_host(sink: Sink, make_sink: MakeSink, dns_server: DnsServer) -> Sink:
    dns_server.add("example.test", "MX", "20 mx2.example.test.")
    dns_server.add("mx2.example.test", "A", "127.0.0.2")
    return make_sink("127.0.0.2", sink.port)


def test_recipients_with_an_answer_are_not_tried_at_the_next_host(
    post: Post, sink: Sink, make_sink: MakeSink, dns_server: DnsServer
) -> None:
    other = second_host(sink, make_sink, dns_server)
    sink.next("RCPT", "550 5.1.1 No", DROP)
    (found,) = post.carry(letter("a@example.test", "b@example.test"))
    assert found["a@example.test"].state == "failed"
    assert other.letters[0].recipients == ["b@example.test"]


def test_a_lost_reply_leads_to_no_other_host(
    post: Post, sink: Sink, make_sink: MakeSink, dns_server: DnsServer
) -> None:
    other = second_host(sink, make_sink, dns_server)
    sink.on("message", DROP_AFTER_ACCEPTING)
    post.send()
    assert other.connections == 0


def test_two_addresses_of_a_host_are_both_tried(
    post: Post, sink: Sink, make_sink: MakeSink, dns_server: DnsServer
) -> None:
    dns_server.remove("mx.example.test", "A")
    dns_server.add("mx.example.test", "A", "127.0.0.3", "127.0.0.2")
    make_sink("127.0.0.2", sink.port)
    assert post.send().state == "delivered"


def test_too_many_recipients_go_on_soon(post: Post, sink: Sink) -> None:
    sink.next("RCPT", "250 OK", "452 4.5.3 Too many")
    (found,) = post.carry(letter("a@example.test", "b@example.test"))
    assert found["b@example.test"].soon and not found["a@example.test"].soon


def test_a_connection_carries_several_messages(post: Post, sink: Sink) -> None:
    post.carry(*(letter(f"{at}@example.test") for at in range(5)))
    assert (len(sink.letters), sink.connections) == (5, 1)


def test_a_connection_that_died_while_resting_does_no_harm(post: Post, sink: Sink) -> None:
    sink.next("RSET", DROP)
    found = post.carry(letter("a@example.test"), letter("b@example.test"))
    assert found[1]["b@example.test"].state == "delivered"
    assert sink.connections == 2


def test_helo_does_where_ehlo_is_unknown(post: Post, sink: Sink) -> None:
    sink.on("EHLO", "502 5.5.1 What?")
    assert post.send().state == "delivered"


@pytest.mark.parametrize("reply", ["nonsense", "999 what", "250-endless", "100 early", "\x00\x00"])
def test_what_is_no_reply_waits(post: Post, sink: Sink, reply: str) -> None:
    sink.on("MAIL", reply if not reply.startswith("\0") else "\x01")
    assert post.send().state == "waiting"


def test_an_endless_reply_is_cut_off(post: Post, sink: Sink) -> None:
    sink.on("MAIL", "\n".join(["250-more"] * 10_000))
    assert post.send().state == "waiting"


def test_the_size_is_told_and_one_that_is_too_large_is_not_sent(post: Post, sink: Sink) -> None:
    sink.extensions = ["SIZE 1000"]
    assert post.send().state == "delivered"
    assert f"SIZE={len(OCTETS)}" in sink.letters[0].mail
    outcome = post.send(octets=OCTETS + b"x" * 1000 + b"\r\n")
    assert (outcome.state, outcome.reply.status, outcome.host) == ("failed", "5.3.4", "")


def test_dsn_parameters_go_along_where_the_peer_knows_them(post: Post, sink: Sink) -> None:
    given = letter("b@example.test", ret="HDRS", envid="QQ314")
    object.__setattr__(given.addressees[0], "notify", "SUCCESS,DELAY")
    object.__setattr__(given.addressees[0], "orcpt", "rfc822;b@example.test")
    (found,) = post.carry(given)
    assert sink.letters[0].mail.endswith(" RET=HDRS ENVID=QQ314")
    assert sink.letters[0].rcpts == ["RCPT TO:<b@example.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b@example.test"]
    assert found["b@example.test"].action == ""
    sink.extensions = []
    (found,) = post.carry(given)
    assert sink.letters[1].mail == "MAIL FROM:<a@home.test>"
    assert found["b@example.test"].action == "relayed"


def test_eight_bits_go_where_they_are_taken(post: Post, sink: Sink) -> None:
    octets = OCTETS + "Grüße\r\n".encode()
    assert post.send(octets=octets).state == "delivered"
    assert sink.letters[0].mail.endswith("BODY=8BITMIME") and sink.letters[0].octets == octets
    sink.extensions = []
    assert post.send(octets=octets).reply.status == "5.6.3"


def test_utf8_addresses_and_header_fields_need_smtputf8(post: Post, sink: Sink) -> None:
    assert post.send("jürgen@example.test").state == "delivered"
    assert "SMTPUTF8" in sink.letters[0].mail
    sink.extensions = ["8BITMIME"]
    (found,) = post.carry(letter("jürgen@example.test", "b@example.test"))
    assert (found["jürgen@example.test"].reply.status, found["b@example.test"].state) == ("5.6.7", "delivered")
    assert post.send(octets="Subject: Grüße\r\n\r\nx\r\n".encode()).reply.status == "5.6.7"


def test_an_ascii_local_part_at_an_international_domain_needs_none(post: Post, sink: Sink) -> None:
    sink.extensions = []
    assert post.send("b@bücher.test").state == "delivered"
    assert sink.letters[0].recipients == ["b@xn--bcher-kva.test"]


def test_an_address_that_would_be_a_command_is_not_said(post: Post, sink: Sink) -> None:
    outcome = post.send("b>\r\nRSET\r\n@example.test")
    assert (outcome.state, outcome.reply.status) == ("failed", "5.1.3")
    assert all("RSET" not in line for line in sink.commands)


def test_meeting_ourselves_is_a_loop(post: Post, sink: Sink) -> None:
    sink.on("connect", "220 home.test ESMTP Posthorn")
    sink.on("EHLO", "250 home.test")
    assert post.send().reply.status == "5.4.6"
    sink.on("connect", "220 home.test ESMTP of somebody with the same name")
    assert post.send().state == "delivered"
