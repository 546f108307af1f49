"""Whatever octets arrive, reading them raises nothing and yields strings that JSON can hold (RFC 8621 §4.1.2)."""

import time
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmap.mime.headers import FORMS
from jmap.mime.message import from_stored, leaves, parse, read_headers, to_stored, walk
from jmap.mime.text import text_of
from jmap.mime.threads import base_subject, thread_message_ids
from tests.mime.golden import describe
from tests.mime.test_golden import MESSAGES

SHARED = Path(__file__).parents[3] / "shared" / "mail"
SAMPLES = sorted(path for path in SHARED.rglob("*") if path.is_file() and path.suffix in (".eml", ".txt", ""))
SEEDS = [path.read_bytes() for path in MESSAGES]
PIECES = [
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"--",
        b"--mix",
        b"--b--",
        b"=?utf-8?b?",
        b"?=",
        b"=",
        b"(",
        b'"',
        b"<",
        b">",
        b":",
    ),
    *(
        b";",
        b"\xff",
        b"\xed\xa0\x80",
        b"Content-Type: multipart/mixed; boundary=mix\r\n\r\n",
        b"Subject: =?utf-7?q?+2AA-?=",
    ),
    *(
        b"Content-Transfer-Encoding: base64\r\n",
        b"filename*0*=x''%",
        b"charset=utf-16",
        b"\x1b$B",
        b"Date: 99 Feb 0000",
    ),
]


def read_all(raw: bytes) -> None:
    """Read everything that can be read of a message, as JSON."""
    root = parse(raw)
    values = [[convert(header.value) for convert in FORMS.values()] for part in walk(root) for header in part.headers]
    words = [base_subject(text_of(raw, root, 5_000)), thread_message_ids(root.headers)]
    stored = to_stored(root)
    orjson.dumps([describe(raw), values, words, stored])
    assert to_stored(from_stored(orjson.loads(orjson.dumps(stored)))) == stored
    assert all(read_headers(raw, part) == part.headers for part in leaves(root) if b"\n" in raw)


@pytest.mark.skipif(not SAMPLES, reason="the folder ../shared/mail is not there")
def test_every_shared_sample_is_read_without_error() -> None:
    for sample in SAMPLES:
        read_all(sample.read_bytes())


@given(st.binary(max_size=2_000))
@settings(deadline=None)
def test_random_octets_are_read_without_error(raw: bytes) -> None:
    read_all(raw)


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=8), max_size=60).map(b"".join))
@settings(deadline=None)
def test_random_pieces_of_messages_are_read_without_error(raw: bytes) -> None:
    read_all(raw)


@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.floats(0, 1), st.sampled_from(PIECES), st.integers(0, 40))))
@settings(deadline=None)
def test_damaged_messages_are_read_without_error(raw: bytes, damages: list[tuple[float, bytes, int]]) -> None:
    for where, piece, length in damages:
        at = int(where * len(raw))
        raw = raw[:at] + piece + raw[at + length :]
    read_all(raw)


@given(st.sampled_from(SEEDS), st.floats(0, 1))
@settings(deadline=None)
def test_truncated_messages_are_read_without_error(raw: bytes, share: float) -> None:
    read_all(raw[: int(share * len(raw))])


@given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=300), max_size=40).map(b"".join))
@settings(deadline=None)
def test_leaves_lie_inside_the_message_and_do_not_overlap(raw: bytes) -> None:
    position = 0
    for part in leaves(parse(raw)):
        assert position <= part.header_start <= part.header_end <= part.body_start <= part.body_end <= len(raw)
        position = part.body_end


MIXED = b"Content-Type: multipart/mixed; boundary=bbbb\n\n--bbbb\n\n"
HOSTILE = {
    "nearly boundaries": MIXED + b"--bbbbx\n" * 300_000,
    "boundaries": MIXED + b"--bbbb\n" * 300_000,
    "nested": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(20_000)),
    "one boundary many times": b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 20_000,
    "fields": b"A: b\n" * 300_000,
    "folds": b"Subject: x" + b"\n x" * 300_000,
    "encoded words": b"Subject: " + b"=?" * 300_000,
    "comments": b"To: " + b"(" * 300_000,
    "comments in angles": b"To: <" + b"(a)" * 80_000 + b">",
    "quotes": b"To: " + b'"\\' * 300_000,
    "angles": b"To: " + b"<" * 300_000,
    "atoms": b"To: " + b"a . @ " * 80_000,
    "parameters": b"Content-Type: text/plain" + b'; a="' * 300_000,
    "escapes": b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=" * 1_000_000,
    "trailing space": b"Content-Transfer-Encoding: quoted-printable\n\n" + b" " * 1_000_000 + b"x \n",
    "subjects": b"Subject: " + b"[a] " * 100_000 + b"Re: " * 100_000,
    "marks": b"Subject: " + "\u0300\u0316".encode() * 100_000,
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_messages_take_little_time(raw: bytes) -> None:
    start = time.process_time()
    describe(raw)
    assert time.process_time() - start < 8
