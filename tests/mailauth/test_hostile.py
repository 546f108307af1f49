"""What is meant to hurt: no message, envelope or answer makes the judge raise, hang or ask without end."""

import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmap.mailauth.dns import Resolver
from jmap.mailauth.verdict import judge
from tests.fixtures.dns import DnsServer
from tests.mailauth.signers import LETTER, US, judged, publish, signed

NAMES = ["From", "DKIM-Signature", "ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results", "Subject", ""]
TAGS = st.text("aibdhsvtlxc=;:/ \t\r\n1rsa-256relxd.@<>ü\x00", max_size=80)
FIELDS = st.lists(st.tuples(st.sampled_from(NAMES), TAGS), max_size=12)
NOBODY = Resolver(["127.0.0.1:9"])  # where no server is


@settings(max_examples=200, deadline=None)
@given(FIELDS, st.binary(max_size=50), st.text(), st.text())
def test_nearly_right_messages_are_judged(fields: list[tuple[str, str]], body: bytes, helo: str, sender: str) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    judgement = judged(head.encode() + b"\r\n" + body, NOBODY, helo=helo, mail_from=sender, seconds=0)
    assert judgement.header.isascii() and judgement.header.endswith(b"\r\n")


@settings(max_examples=200, deadline=None)
@given(st.binary())
def test_any_octets_are_judged(octets: bytes) -> None:
    judged(octets, NOBODY, seconds=0)


@pytest.mark.parametrize(
    "author",
    [
        b"=?no-such-charset?q?x?= <ann@example.org>",
        b"=?utf-8*en?B?!!!?= <ann@example.org>",
        b"\xff\xfe <ann@example.org>",
        b"(" * 100_000 + b"ann@example.org",
        b"a@b.example, " * 20_000 + b"ann@example.org",
        b"<" * 100_000 + b"ann@example.org",
    ],
)
def test_no_author_field_raises_or_hangs(author: bytes, dns_server: DnsServer, resolver: Resolver) -> None:
    start = time.monotonic()
    judged(LETTER.replace(b"Ann <ann@example.org>", author), resolver)
    assert time.monotonic() - start < 10


def test_the_deadline_holds_when_dns_is_slow(dns_server: DnsServer, resolver: Resolver) -> None:
    publish(dns_server)
    dns_server.add("example.org", "TXT", "v=spf1 " + " ".join(f"include:i{n}.example.org" for n in range(10)))
    dns_server.silent |= {f"i{n}.example.org" for n in range(10)}
    dns_server.silent |= {"mx.example.org", "s._domainkey.example.org", "_dmarc.example.org"}
    start = time.monotonic()
    judgement = judged(signed(), resolver, seconds=2)
    assert time.monotonic() - start < 8
    assert (judgement.spf.result, judgement.dmarc.result, judgement.temporary) == ("temperror", "temperror", True)


def test_spf_that_hangs_leaves_time_for_the_signature(dns_server: DnsServer, resolver: Resolver) -> None:
    publish(dns_server)
    dns_server.add("_dmarc.example.org", "TXT", "v=DMARC1; p=reject")
    dns_server.silent |= {"example.org", "mx.example.org"}
    judgement = judged(signed(), resolver, seconds=3)
    assert (judgement.spf.result, judgement.dkim[0].result, judgement.dmarc.result) == ("temperror", "pass", "pass")


def test_a_slow_but_answering_dns_is_waited_for(dns_server: DnsServer, resolver: Resolver) -> None:
    publish(dns_server)
    dns_server.slow["s._domainkey.example.org"] = 0.5
    assert judged(signed(), resolver).dkim[0].result == "pass"


def test_one_message_asks_a_bounded_number_of_questions(dns_server: DnsServer, resolver: Resolver) -> None:
    terms = " ".join(f"mx:m{n}.example.org" for n in range(8))
    dns_server.add("example.org", "TXT", f"v=spf1 {terms} ptr include:more.example.org -all")
    dns_server.add("more.example.org", "TXT", f"v=spf1 {terms}")
    for n in range(8):
        dns_server.add(f"m{n}.example.org", "MX", *(f"{k} h{n}-{k}.example.org." for k in range(10)))
    dns_server.add("1.2.0.192.in-addr.arpa", "PTR", *(f"p{n}.example.org." for n in range(50)))
    junk = b"".join(
        b"DKIM-Signature: v=1; a=rsa-sha256; d=d%d.example; s=s; h=from; bh=; b=\r\n" % n for n in range(500)
    )
    authors = b"From: " + b", ".join(b"a@d%d.example" % n for n in range(500)) + b"\r\n"
    judged(junk + authors + LETTER, resolver)
    assert dns_server.asked.total() < 150


def test_many_fields_and_long_lines_take_linear_time(dns_server: DnsServer, resolver: Resolver) -> None:
    publish(dns_server)
    start = time.monotonic()
    for junk in (b"ARC-Seal: i=1; cv=none\r\n", b"DKIM-Signature: v=1\r\n", b"From: a@b.example\r\n", b"garbage\r\n"):
        judged(junk * 50_000 + signed(), resolver)
    judged(b"X: " + os.urandom(2_000_000).replace(b"\n", b"") + b"\r\n" + signed(), resolver)
    judged(signed() + b"x" * 5_000_000, resolver)
    assert time.monotonic() - start < 40


def test_an_address_that_was_mapped_to_ipv6_is_judged_as_what_it_is(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("example.org", "TXT", "v=spf1 ip4:192.0.2.1 -all")
    assert judged(LETTER, resolver, peer="::ffff:192.0.2.1").spf.result == "pass"


def test_a_deadline_in_the_past_still_gives_a_judgement(resolver: Resolver) -> None:
    late = time.monotonic() - 5
    judgement = judge(
        signed(), peer="192.0.2.1", helo="x", mail_from="", resolver=resolver, authserv_id=US, deadline=late
    )
    assert (judgement.dmarc.result, judgement.temporary) == ("temperror", True)
