"""Our DKIM beside dkimpy, both ways, on any message; and what our signatures cover."""

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from jmap.mailauth.dkim import verify
from jmap.mailauth.dkim_sign import Signer, key_record, load_private_key, make_key, sign_message
from jmap.mailauth.dkim_signature import Body
from jmap.mailauth.message import Message
from tests.mailauth.signers import HEADER, LETTER, private, rsa_key
from tests.mailauth.world import World

PEM, RECORD = rsa_key(1024)
SIGNERS = [
    Signer("example.org", "s", private(PEM)),
    Signer("example.org", "e", ed25519.Ed25519PrivateKey.generate()),
]
WORLD = World()
for each in SIGNERS:
    WORLD.add(f"{each.selector}._domainkey.{each.domain}", "TXT", key_record(each.key))
LINES = st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"a", b"=", b";", b"\xc3\xa9", b"."]), max_size=30).map(
    b"".join
)
VALUES = st.lists(st.sampled_from([b" ", b"\t", b"\r\n ", b"\r\n\t", b"x", b":", b"\xc3\xa9"]), max_size=12).map(
    b"".join
)
FIELDS = st.lists(st.tuples(st.sampled_from([b"Subject", b"to", b"CC", b"X-Y", b"Date"]), VALUES), max_size=6)
FORMS = st.sampled_from([(a, b) for a in (b"simple", b"relaxed") for b in (b"simple", b"relaxed")])


def letter(fields: list[tuple[bytes, bytes]], body: bytes) -> bytes:
    """Whose fields have something in them and whose lines all end, as it is in SMTP."""
    lines = [name + b": v" + value + b"v\r\n" for name, value in fields]
    return b"".join([HEADER, *lines, b"\r\n", body, b"\r\n"])


def ours(octets: bytes) -> list[str]:
    message = Message(octets)
    return [each.result for each in verify(message, Body(message.body), WORLD)]


def key_text(name: bytes, timeout: int = 5) -> bytes:
    records: tuple[bytes, ...] = WORLD(name.decode().rstrip("."), "TXT").records
    return records[0]


@settings(max_examples=100, deadline=None)
@given(FIELDS, LINES, FORMS)
def test_what_dkimpy_signs_we_verify(fields: list[tuple[bytes, bytes]], body: bytes, form: tuple[bytes, bytes]) -> None:
    octets = letter(fields, body)
    signature: bytes = dkimpy.sign(octets, b"s", b"example.org", PEM, canonicalize=form)
    assert ours(signature + octets) == ["pass"]


@settings(max_examples=100, deadline=None)
@given(FIELDS, LINES)
def test_what_we_sign_dkimpy_verifies_and_so_do_we(fields: list[tuple[bytes, bytes]], body: bytes) -> None:
    octets = sign_message(letter(fields, body), SIGNERS)
    assert ours(octets) == ["pass", "pass"]
    assert all(dkimpy.DKIM(octets).verify(index, dnsfunc=key_text) for index in (0, 1))


@settings(max_examples=100, deadline=None)
@given(FIELDS, LINES, st.binary(min_size=1, max_size=3), st.floats(0, 1))
def test_on_a_damaged_message_both_say_the_same(
    fields: list[tuple[bytes, bytes]], body: bytes, damage: bytes, where: float
) -> None:
    octets = sign_message(letter(fields, body), SIGNERS[:1])
    at = octets.index(b"From:") + int(where * (len(octets) - octets.index(b"From:")))
    broken = octets[:at] + damage + octets[at:]
    if b"\n" in broken.replace(b"\r\n", b"") or b"\r" in broken.replace(b"\r\n", b""):
        return  # bare line ends, which each of us mends in its own way
    theirs = does_dkimpy_verify(broken)
    assert theirs is None or (ours(broken) == ["pass"]) == theirs


def does_dkimpy_verify(octets: bytes) -> bool | None:
    """None for a header with a line that is no field: it looks no further."""
    try:
        return bool(dkimpy.verify(octets, dnsfunc=key_text))
    except dkimpy.MessageFormatError:
        return None
    except dkimpy.DKIMException:
        return False


@pytest.mark.parametrize("name", ["From", "To", "Subject", "Date", "Reply-To", "Content-Type", "Cc", "Message-ID"])
def test_no_second_field_of_what_a_reader_sees_can_be_added(name: str) -> None:
    octets = sign_message(LETTER, SIGNERS)
    assert ours(f"{name}: other\r\n".encode() + octets) == ["fail", "fail"]


def test_a_list_may_add_its_fields() -> None:
    assert ours(b"List-Id: <l.example>\r\nReceived: x\r\n" + sign_message(LETTER, SIGNERS)) == ["pass", "pass"]


def test_fields_that_stand_twice_are_both_signed() -> None:
    octets = sign_message(b"References: <a@b>\r\nReferences: <c@d>\r\n" + LETTER, SIGNERS)
    assert ours(octets.replace(b"<a@b>", b"<x@b>")) == ["fail", "fail"]
    assert ours(octets.replace(b"<c@d>", b"<x@d>")) == ["fail", "fail"]


def test_lines_without_cr_get_it_and_no_line_of_the_signature_is_long() -> None:
    octets = sign_message(LETTER.replace(b"\r\n", b"\n"), SIGNERS)
    assert octets.endswith(LETTER)
    assert max(map(len, octets.split(b"\r\n"))) < 80


@pytest.mark.parametrize("algorithm", ["rsa", "ed25519"])
def test_a_key_that_was_made_can_be_loaded_and_published(algorithm: str) -> None:
    key = load_private_key(make_key(algorithm))
    octets = sign_message(LETTER, [Signer("made.example", "k", key)])
    WORLD.add("k._domainkey.made.example", "TXT", key_record(key))
    assert ours(octets) == ["pass"]
    WORLD.records.pop(("k._domainkey.made.example", "TXT"))
