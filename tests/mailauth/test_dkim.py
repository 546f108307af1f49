"""DKIM signatures verified: every result, every rule about tags and keys, the examples of the RFCs."""

import base64
import time
from pathlib import Path

import pytest

from jmap.mailauth.dkim import MAX_SIGNATURES, DkimResult, verify
from jmap.mailauth.dkim_signature import Body
from jmap.mailauth.message import Message
from tests.mailauth.signers import HEADER, LETTER, ed25519_key, hand_signed, rsa_key, signed
from tests.mailauth.world import World

EXAMPLES = Path(__file__).parent / "examples"
TAGS = "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=s; h=from; bh={bh}"
NOW = int(time.time())


def world(record: str | bytes = "", name: str = "s._domainkey.example.org") -> World:
    return World().add(name, "TXT", record or rsa_key(2048)[1])


def results(octets: bytes, dns: World | None = None) -> list[DkimResult]:
    message = Message(octets)
    return verify(message, Body(message.body), world() if dns is None else dns)


def result(octets: bytes, dns: World | None = None) -> str:
    return results(octets, dns)[0].result


def test_the_example_of_rfc_6376_passes() -> None:
    key = (
        "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYtIxN2SnFCjxO"
        "CKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
    )
    dns = world(key, "brisbane._domainkey.example.com")
    assert result((EXAMPLES / "rfc6376.eml").read_bytes(), dns) == "pass"


def test_the_example_of_rfc_8463_passes_by_both_its_signatures() -> None:
    rsa = (
        "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY"
        "/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2k"
        "ryOTIKT+l/K4w3QIDAQAB"
    )
    dns = world(rsa, "test._domainkey.football.example.com")
    ed25519 = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    dns.add("brisbane._domainkey.football.example.com", "TXT", ed25519)
    found = results((EXAMPLES / "rfc8463.eml").read_bytes(), dns)
    assert [(each.algorithm, each.result) for each in found] == [("ed25519-sha256", "pass"), ("rsa-sha256", "pass")]


@pytest.mark.parametrize("forms", ["simple/simple", "simple/relaxed", "relaxed/simple", "relaxed/relaxed"])
def test_a_signature_passes_in_every_canonical_form(forms: str) -> None:
    found = results(signed(forms=forms))
    assert found == [DkimResult("pass", "example.org", "s", "rsa-sha256", found[0].start)]


def test_an_unsigned_message_has_no_results() -> None:
    assert results(LETTER) == []


@pytest.mark.parametrize("change", [(b"bye", b"pay"), (b"Tea", b"Money"), (b"Ann", b"Eve")])
def test_a_change_of_body_or_header_fails(change: tuple[bytes, bytes]) -> None:
    assert result(signed().replace(*change)) == "fail"


def test_white_space_may_change_where_the_form_is_relaxed() -> None:
    changed = signed().replace(b"Tea\r\n at", b"Tea   at").replace(b"Hello  Bob,\t", b"Hello Bob,") + b"\r\n"
    assert result(changed) == "pass"
    assert result(signed(forms="simple/simple") + b"\r\n") == "pass"
    assert result(signed(forms="simple/simple").replace(b"Hello  Bob", b"Hello Bob")) == "fail"


def test_a_field_added_above_a_signed_one_is_not_the_signed_one() -> None:
    assert result(signed().replace(b"Subject", b"X-Was: it\r\nSubject")) == "pass"
    assert result(b"From: Eve <eve@example.org>\r\n" + signed(b"From: a@example.org\r\n" + LETTER)) == "fail"


def test_line_ends_without_cr_are_read_as_line_ends() -> None:
    assert result(signed().replace(b"\r\n", b"\n")) == "pass"


def test_a_key_that_is_not_there_is_permanent_and_trouble_temporary() -> None:
    dns = world()
    dns.failing.add("s._domainkey.example.org")
    assert result(signed(), dns) == "temperror"
    assert result(signed(), World()) == "permerror"


def test_a_signature_by_hand_passes() -> None:
    assert result(hand_signed(TAGS)) == "pass"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("v=1; ", ""), "permerror"),
        (("v=1", "v=2"), "permerror"),
        (("a=rsa-sha256", "a=rsa-sha1"), "permerror"),
        (("a=rsa-sha256", "a=rsa-md5"), "permerror"),
        (("a=rsa-sha256; ", ""), "permerror"),
        (("relaxed/relaxed", "relaxed/moist"), "permerror"),
        (("relaxed/relaxed", "nofws"), "permerror"),
        (("d=example.org", "d="), "permerror"),
        (("d=example.org", "d=a..b"), "permerror"),
        (("d=example.org; ", ""), "permerror"),
        (("d=example.org", "d=example.org; d=example.org"), "permerror"),
        (("s=s", "s=" + "x" * 64), "permerror"),
        (("h=from", "h=to"), "permerror"),
        (("h=from", "h=FROM"), "pass"),
        (("h=from", "h=x : from : y : from"), "pass"),
        (("h=from", "h="), "permerror"),
        (("bh={bh}", "bh=!"), "permerror"),
        (("bh={bh}", "bh="), "fail"),
        (("h=from", "h=from; i=ann@example.org"), "pass"),
        (("h=from", "h=from; i=@sub.example.org"), "pass"),
        (("h=from", "h=from; i=@example.com"), "permerror"),
        (("h=from", "h=from; i=@notexample.org"), "permerror"),
        (("h=from", "h=from; q=dns/txt"), "pass"),
        (("h=from", "h=from; q=http"), "permerror"),
        (("h=from", "h=from; t=-1"), "permerror"),
        (("h=from", "h=from; t=" + "9" * 5000), "permerror"),
        (("h=from", f"h=from; t={NOW + 600}"), "pass"),
        (("h=from", f"h=from; t={NOW + 90000}"), "policy"),
        (("h=from", f"h=from; x={NOW + 90000}"), "pass"),
        (("h=from", f"h=from; x={NOW - 600}"), "fail"),
        (("h=from", f"h=from; t={NOW}; x={NOW}"), "permerror"),
        (("h=from", "h=from; unknown=anything"), "pass"),
        (("h=from", "h=from; z=From:ann|To:bob"), "pass"),
        (("h=from", "h=from;;"), "permerror"),
        (("h=from", "h=from; no tag at all"), "permerror"),
        (("h=from", "h=from; ä=1"), "permerror"),
    ],
)
def test_the_tags_of_a_signature_are_held_to_their_rules(change: tuple[str, str], expected: str) -> None:
    assert result(hand_signed(TAGS.replace(*change))) == expected


def test_a_signature_of_a_part_of_the_body_does_not_speak_for_the_rest() -> None:
    part = b"Hello Bob,\r\n"
    assert result(hand_signed(f"{TAGS}; l={len(part)}", body=part)) == "policy"
    assert result(hand_signed(f"{TAGS}; l=999")) == "permerror"
    assert result(signed(length=True)) == "pass"
    assert result(signed(length=True) + b"and more\r\n") == "policy"


RSA = rsa_key(2048)[1]
P = RSA.rpartition("p=")[2]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (f"p={P}", "pass"),
        (f"v=DKIM1; h=sha1:sha256; k=RSA; s=email; t=s; n=hello; p={P[:50]} {P[50:]}", "pass"),
        (f"v=DKIM1; s=*:other; p={P}", "pass"),
        (f"v=DKIM1; unknown=x; p={P};", "pass"),
        ("v=DKIM1; p=", "permerror"),
        ("v=DKIM1", "permerror"),
        ("v=DKIM1; p=!!!", "permerror"),
        ("v=DKIM1; p=AAAA", "permerror"),
        (f"v=DKIM2; p={P}", "permerror"),
        (f"p={P}; v=DKIM1", "permerror"),
        (f"v=DKIM1; h=sha1; p={P}", "permerror"),
        (f"v=DKIM1; s=other; p={P}", "permerror"),
        (f"v=DKIM1; k=dsa; p={P}", "permerror"),
        (ed25519_key()[1], "permerror"),
        (ed25519_key()[1].replace("ed25519", "rsa"), "permerror"),
        (b"v=DKIM1; \xff", "permerror"),
        ("v=spf1 -all", "permerror"),
    ],
    ids=map(str, range(17)),  # not of the keys, which are new in every process
)
def test_the_key_is_held_to_its_rules(record: str | bytes, expected: str) -> None:
    assert result(signed(), world(record)) == expected


def test_another_key_fails() -> None:
    assert result(signed(), world(rsa_key(1024)[1])) == "fail"


def test_a_small_rsa_key_is_refused_and_1024_bits_are_not() -> None:
    assert result(hand_signed(TAGS, bits=1024), world(rsa_key(1024)[1])) == "pass"
    small = (  # of 512 bits
        "v=DKIM1; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL8eJ5AKoIsjURpcEoGubZMxLD7+kT+TLr7UkvEtFrRhDDKMtuIIqPwVBahZXEAmNm"
        "Gp+VrBq2vlT0RDG2MRwqMCAwEAAQ=="
    )
    refused = results(signed(), world(small))[0]
    assert (refused.result, refused.reason.endswith("512 bits are refused")) == ("permerror", True)


def test_among_several_keys_the_right_one_is_found() -> None:
    dns = world(rsa_key(1024)[1]).add("s._domainkey.example.org", "TXT", rsa_key(2048)[1])
    assert result(signed(), dns) == "pass"


def test_a_key_may_forbid_identities_below_its_domain() -> None:
    octets = hand_signed(f"{TAGS}; i=@sub.example.org")
    assert result(octets, world(f"v=DKIM1; t=y:s; p={P}")) == "permerror"
    assert result(octets, world(f"v=DKIM1; t=y; p={P}")) == "pass"


def test_that_a_domain_is_only_testing_is_noted() -> None:
    testing = world(f"v=DKIM1; t=y; p={P}")
    assert results(signed(), testing)[0].testing
    failed = results(signed().replace(b"Ann", b"Eve"), testing)[0]
    assert (failed.result, failed.reason) == ("fail", "the signature does not fit (in testing)")


def test_each_signature_has_its_own_result() -> None:
    other = signed(domain="lists.example")
    found = results(other.partition(b"From:")[0] + signed())
    assert [(each.domain, each.result) for each in found] == [("lists.example", "permerror"), ("example.org", "pass")]


def test_u_labels_are_looked_up_as_a_labels() -> None:
    tags = TAGS.replace("d=example.org; s=s", "d=Bücher.example; s=schlüssel; i=ann@bücher.example")
    dns = world(name="xn--schlssel-95a._domainkey.xn--bcher-kva.example")
    found = results(hand_signed(tags), dns)[0]
    assert (found.result, found.domain) == ("pass", "xn--bcher-kva.example")


def test_only_so_many_signatures_are_looked_at() -> None:
    dns = world()
    junk = b"DKIM-Signature: v=1; a=rsa-sha256; d=d.example; s=s; h=from; bh=AAAA; b=AAAA\r\n"
    start = time.monotonic()
    assert len(results(junk * 10_000 + LETTER, dns)) == MAX_SIGNATURES
    assert not dns.asked and time.monotonic() - start < 5


@pytest.mark.parametrize(
    "field",
    [
        b"DKIM-Signature:\r\n",
        b"DKIM-Signature: \xff\xfe\r\n",
        b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s; h=" + b"from:" * 500_000 + b"; bh=AA; b=AA\r\n",
        b"DKIM-Signature: v=1; b=" + base64.b64encode(b"x" * 3_000_000) + b"\r\n",
        b"DKIM-Signature: " + b"a" * 3_000_000 + b"\r\n",
        b"DKIM-Signature: " + b" \t" * 1_500_000 + b"\r\n",
        b"DKIM-Signature: " + b"a=b;" * 700_000 + b"\r\n",
        b"DKIM-Signature: v=1; a=rsa-sha256; d=" + "ü".encode() * 1_000_000 + b"; s=s; h=from; bh=AA; b=AA\r\n",
        b"DKIM-Signature: " + b"b=;" * 1_000_000 + b"\r\n",
        b"DKIM-Signature: " + b"\r\n\t" * 1_000_000 + b"x\r\n",
    ],
)
def test_a_huge_or_broken_signature_is_refused_quickly(field: bytes) -> None:
    start = time.monotonic()
    assert result(field + LETTER) in ("permerror", "fail")
    assert time.monotonic() - start < 5


def test_huge_bodies_and_headers_take_linear_time() -> None:
    head = signed(forms="relaxed/relaxed").partition(b"\r\n\r\n")[0]
    bodies = [b" " * 4_000_000, b"\r\n" * 2_000_000, b" \r\n" * 1_000_000, b"\t \t" * 1_000_000, b"\r" * 4_000_000]
    start = time.monotonic()
    for body in bodies:
        results(head + b"\r\n\r\n" + body)
    results(b"X: y\r\n" * 500_000 + signed())
    results(b"From: x\r\n" * 300_000 + HEADER + signed())
    assert time.monotonic() - start < 30
