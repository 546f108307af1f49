"""The canonical forms, by the examples of RFC 6376 §3.4.5 and by what must hold for any octets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmap.mailauth.canonical import (
    CHUNK,
    chunks,
    relaxed_body,
    relaxed_field,
    relaxed_lines,
    simple_body,
    simple_field,
    without_empty_lines,
)
from jmap.mailauth.message import Message, with_crlf

EXAMPLE = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n"
LINES = st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"\r", b"\n", b"a", b"b"])).map(b"".join)


def test_the_example_relaxed() -> None:
    message = Message(EXAMPLE)
    assert [relaxed_field(field.raw) for field in message.fields] == [b"a:X", b"b:Y Z"]
    assert relaxed_body(message.body) == b" C\r\nD E\r\n"


def test_the_example_simple() -> None:
    message = Message(EXAMPLE)
    assert [simple_field(field.raw) for field in message.fields] == [b"A: X", b"B : Y\t\r\n\tZ  "]
    assert simple_body(message.body) == b" C \r\nD \t E\r\n"


@pytest.mark.parametrize("body", [b"", b"\r\n", b"\r\n\r\n\r\n"])
def test_an_empty_body_is_a_line_break_or_nothing(body: bytes) -> None:
    assert (simple_body(body), relaxed_body(body)) == (b"\r\n", b"")


@pytest.mark.parametrize("body", [b"a", b"a\r\n", b"a\r\n\r\n", b"a\r\n \t\r\n \r\n"])
def test_lines_that_are_blank_at_the_end_do_not_count(body: bytes) -> None:
    assert relaxed_body(body) == b"a\r\n"


def test_a_bare_cr_at_the_end_is_part_of_the_body() -> None:
    assert simple_body(b"a\r\r\n") == b"a\r\r\n"
    assert simple_body(b"a\r\r\n\r\n") == b"a\r\r\n"


@pytest.mark.parametrize("line", [b"word \t word \r\n", b" \r\n", b"x" * 999 + b" ", b"\r\r\n"])
def test_a_body_of_many_pieces_is_as_one(line: bytes) -> None:
    body = line * (CHUNK * 3 // len(line)) + b"end"
    whole = without_empty_lines(relaxed_lines(body)) + b"\r\n"
    assert len(list(chunks(body))) > (2 if b"\r\n" in line else 0)
    assert relaxed_body(body) == whole


@given(LINES)
def test_a_canonical_body_is_its_own_canonical_form(octets: bytes) -> None:
    body = with_crlf(octets)
    assert relaxed_body(relaxed_body(body)) == relaxed_body(body)
    assert simple_body(simple_body(body)) == simple_body(body)
    assert relaxed_body(simple_body(body)) == relaxed_body(body)


@given(LINES)
def test_a_relaxed_body_is_what_the_rfc_says_line_by_line(octets: bytes) -> None:
    lines = [b" ".join(part for part in squeezed(line)) for line in with_crlf(octets).split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    assert relaxed_body(with_crlf(octets)) == b"".join(line + b"\r\n" for line in lines)


def squeezed(line: bytes) -> list[bytes]:
    """A line's words; a word that is empty stands for white space at the beginning."""
    words = line.replace(b"\t", b" ").rstrip(b" ").split(b" ")
    return [word for at, word in enumerate(words) if word or not at]
