"""Messages made to exhaust: deep, wide, long. Each is kept, read and answered in bounded time."""

import base64
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.fixtures.accounts import Person
from tests.fixtures.mail import is_sound
from tests.soak.line import EVERYTHING, Line

SECONDS = 10  # for 50 MB
HEAD = b"From: a@b\r\nSubject: big\r\n"
LEAST, MOST = 400, pytest.param(1, marks=pytest.mark.soak)  # a size is divided by this


def deep(by: int) -> bytes:
    """1,000 levels, at any size."""
    opened = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (at, at) for at in range(1000))
    return HEAD + opened + b"\r\nHello\r\n" + b"".join(b"--b%d--\r\n" % at for at in reversed(range(1000)))


def wide(by: int) -> bytes:
    parts = b"--b\r\nContent-Type: text/plain; name=a\r\n\r\nHello\r\n" * (100_000 // by)
    return HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts + b"--b--\r\n"


def many_addresses(by: int) -> bytes:
    return (
        HEAD
        + b"To: "
        + b",\r\n ".join(b"P %d <p%d@x>" % (at, at) for at in range(100_000 // by))
        + b"\r\n\r\nHello\r\n"
    )


def one_long_header(by: int) -> bytes:
    return b"From: a@b\r\nSubject: " + b"x" * (49_000_000 // by) + b"\r\n\r\nHello\r\n"


def many_headers(by: int) -> bytes:
    return HEAD + b"X: y\r\n" * (8_000_000 // by) + b"\r\nHello\r\n"


def many_encoded_words(by: int) -> bytes:
    return b"Subject:" + b" =?utf-8?q?=C3=A9?=\r\n" * (2_000_000 // by) + b"\r\nHello\r\n"


def long_references(by: int) -> bytes:
    return b"References:" + b" <a@b>" * (8_000_000 // by) + b"\r\n\r\nHello\r\n"


def open_brackets(by: int) -> bytes:
    return b"From: " + b"(" * (20_000_000 // by) + b"\r\nTo: " + b"<" * (20_000_000 // by) + b"\r\n\r\nHello\r\n"


def encoded(by: int) -> bytes:
    body = base64.encodebytes(random.Random(1).randbytes(36_000_000 // by))
    return HEAD + b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + body


def text(by: int) -> bytes:
    return HEAD + b"\r\n" + b"lorem ipsum dolor\r\n" * (2_500_000 // by)


def tags(by: int) -> bytes:
    return HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div><b>&amp;" * (3_500_000 // by)


def one_word(by: int) -> bytes:
    return HEAD + b"\r\n" + b"a" * (49_000_000 // by)


def distinct_words(by: int) -> bytes:
    return HEAD + b"\r\n" + b" ".join(b"w%x" % at for at in range(5_000_000 // by))


def boundaries(by: int) -> bytes:
    return HEAD + b"Content-Type: multipart/mixed; boundary=-\r\n\r\n" + b"-" * (20_000_000 // by) + b"\r\n---\r\n" * 99


def parameters(by: int) -> bytes:
    many = b"".join(b";\r\n n*%d*=%%41" % at for at in range(2_000_000 // by))
    return HEAD + b"Content-Type: text/plain" + many + b"\r\n\r\nHello\r\n"


def letters_in_letters(levels: int) -> bytes:
    return (HEAD + b"Content-Type: message/rfc822\r\n\r\n") * levels + HEAD + b"\r\nHello\r\n"


MESSAGES = [
    deep, wide, many_addresses, one_long_header, many_headers, many_encoded_words, long_references, open_brackets,
    encoded, text, tags, one_word, distinct_words, boundaries, parameters,
]  # fmt: skip


@pytest.mark.parametrize("by", [LEAST, MOST])
@pytest.mark.parametrize("make", MESSAGES)
def test_a_hostile_size_is_read_in_bounded_time(
    make: Callable[[int], bytes], by: int, line: Line, alice: Person
) -> None:
    found = line.put([make(by)], line.inbox(), seconds=SECONDS)["created"]["n0"]
    email = line.call("Email/get", ids=[found["id"]], seconds=SECONDS, **EVERYTHING)["list"][0]
    assert email["size"] == len(make(by))
    line.call("Email/parse", blobIds=[found["blobId"]], seconds=SECONDS, **EVERYTHING)
    assert line.call("Email/query", filter={"text": "nothing"}, seconds=SECONDS)["ids"] == []
    assert is_sound(alice.caller)


@pytest.mark.parametrize("levels", [100])
def test_letters_in_letters_are_read_level_by_level(levels: int, line: Line, alice: Person) -> None:
    found: Any = line.put([letters_in_letters(levels)], line.inbox())["created"]["n0"]
    blob, depth = found["blobId"], 0
    while blob and depth < levels:
        parsed = line.call("Email/parse", blobIds=[blob], properties=["attachments", "subject"])["parsed"]
        if not parsed:
            break
        depth += 1
        blob = next((part["blobId"] for part in parsed[blob]["attachments"]), None)
    assert depth >= 20
    assert is_sound(alice.caller)
