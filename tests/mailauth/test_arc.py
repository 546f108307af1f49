"""The Authenticated Received Chain: sealed by dkimpy, broken by hand."""

import re

import dkim as dkimpy
import pytest

from jmap.mailauth.arc import ArcResult, validate
from jmap.mailauth.dkim_signature import Body
from jmap.mailauth.message import Message
from tests.mailauth.signers import LETTER, rsa_key, signed
from tests.mailauth.world import World

HOPS = ("one.example", "two.example", "three.example")


def world() -> World:
    found = World()
    for domain in (*HOPS, "example.org"):
        found.add(f"s._domainkey.{domain}", "TXT", rsa_key(2048)[1])
    return found


def key_text(name: bytes, timeout: int = 5) -> bytes:
    return rsa_key(2048)[1].encode()


def sealed(octets: bytes, *domains: str, found: str = "pass") -> bytes:
    """The message after each of these has passed it on, having found the chain before it to be so."""
    for domain in domains:
        status = found if b"ARC-Seal" in octets else "none"
        results = f"Authentication-Results: {domain}; arc={status}\r\n".encode()
        fields = dkimpy.arc_sign(results + octets, b"s", domain.encode(), rsa_key(2048)[0], domain.encode())
        octets = b"".join(fields) + octets
    return octets


def arc(octets: bytes, dns: World | None = None) -> ArcResult:
    message = Message(octets)
    return validate(message, Body(message.body), dns or world())


def test_a_message_that_nobody_sealed_has_no_chain() -> None:
    assert arc(signed()) == ArcResult("none")


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_chain_of_any_length_passes(count: int) -> None:
    assert arc(sealed(signed(), *HOPS[:count])) == ArcResult("pass", HOPS[:count])


def test_dkimpy_agrees() -> None:
    octets = sealed(signed(), *HOPS)
    assert dkimpy.arc_verify(octets, dnsfunc=key_text)[0] == b"pass"


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (rb"bye", b"pay"),  # the body
        (rb"Subject: Tea", b"Subject: Money"),  # what the last signature covers
        (rb"ARC-Authentication-Results: i=1; one", b"ARC-Authentication-Results: i=1; xne"),
        (rb"(ARC-Seal: i=1;.*?b=)....", rb"\1AAAA"),
        (rb"(ARC-Seal: i=2;.*?b=)....", rb"\1AAAA"),
        (rb"(ARC-Message-Signature: i=1;.*?b=)....", rb"\1AAAA"),  # which the seals cover
        (rb"ARC-Seal: i=2; cv=pass", b"ARC-Seal: i=2; cv=none"),
        (rb"ARC-Seal: i=2; cv=pass", b"ARC-Seal: i=2; cv=fail"),
        (rb"ARC-Seal: i=1; cv=none", b"ARC-Seal: i=1; cv=pass"),
        (rb"ARC-Seal: i=2; cv=pass", b"ARC-Seal: i=2; h=from; cv=pass"),
        (rb"ARC-Seal: i=2; cv=pass; a=rsa-sha256", b"ARC-Seal: i=2; cv=pass; a=rsa-sha1"),
        (rb"ARC-Seal: i=2; cv=pass", b"ARC-Seal: i=3; cv=pass"),
        (rb"ARC-Seal: i=2; cv=pass", b"ARC-Seal: i=x; cv=pass"),
        (rb"ARC-Seal: i=2;.*?\r\n(?! )", b""),
        (rb"ARC-Authentication-Results: i=1;.*?\r\n(?! )", b""),
        (rb"ARC-Message-Signature: i=2;.*?\r\n(?! )", b""),
        (rb"ARC-Message-Signature: i=2;", b"ARC-Message-Signature: i=2; i=2;"),
        (rb"(ARC-Seal: i=2;.*?\r\n)(?! )", rb"\1\1"),
        (rb"ARC-Seal: i=2", b"ARC-Seal: \xff; i=2"),
        (rb"(ARC-Seal: i=2;.*?); d=two.example", rb"\1"),
    ],
)
def test_a_chain_that_was_tampered_with_fails(pattern: bytes, replacement: bytes) -> None:
    octets = sealed(signed(), *HOPS[:2])
    broken = re.sub(pattern, replacement, octets, count=1, flags=re.S)
    assert broken != octets
    assert arc(broken).result == "fail"


def test_an_older_signature_need_not_fit_any_more() -> None:
    changed = sealed(signed(), "one.example").replace(b"Subject: Tea", b"Subject: [list] Tea")
    assert arc(changed).result == "fail"
    assert arc(sealed(changed, "two.example")).result == "pass"  # which says that it was right when it came there
    assert arc(sealed(changed, "two.example", found="fail")).result == "fail"


def test_the_last_signature_must_not_cover_the_seals() -> None:
    octets = sealed(signed(), "one.example")
    message = re.sub(rb"(ARC-Message-Signature: i=1;.*? h=)", rb"\1arc-seal : ", octets, count=1, flags=re.S)
    assert arc(message).reason == "the signature covers fields of ARC"


def test_trouble_with_dns_is_a_failure_too() -> None:
    dns = world()
    dns.failing.add("s._domainkey.one.example")
    assert arc(sealed(signed(), "one.example"), dns).result == "fail"


def test_more_sets_than_the_rfc_allows_fail_without_a_question() -> None:
    dns = world()
    one = b"ARC-Seal: i=%d; cv=pass\r\nARC-Message-Signature: i=%d\r\nARC-Authentication-Results: i=%d; x\r\n"
    for count in (51, 5000):
        octets = b"".join(one % (n, n, n) for n in range(1, count + 1)) + LETTER
        assert arc(octets, dns).result == "fail"
    assert not dns.asked
