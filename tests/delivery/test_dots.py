import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmap.delivery.dots import Dots

PIECES = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b"\r\n.\r\n", b"\r\n..", b"MAIL"]), max_size=25)


def read(octets: bytes, sizes: list[int]) -> tuple[bytes, Dots]:
    """The content, and the reader at its end; fed in pieces of these sizes, then octet by octet."""
    dots, content = Dots(), b""
    while octets and not dots.is_done:
        size = sizes.pop() if sizes else 1
        piece, octets = octets[:size], octets[size:]
        content += dots.feed(piece)
    dots.rest += octets if dots.is_done else b""
    return content, dots


def test_the_stuffing_goes_and_the_rest_is_kept() -> None:
    content, dots = read(b"..a\r\n.b\r\n...\r\n.\r\nQUIT\r\n", [100])
    assert (content, dots.is_done, dots.rest) == (b".a\r\nb\r\n..\r\n", True, b"QUIT\r\n")


def test_an_empty_message_is_one() -> None:
    content, dots = read(b".\r\nQUIT", [1, 1, 1])
    assert (content, dots.is_done, dots.rest) == (b"", True, b"QUIT")


@pytest.mark.parametrize(
    "ending",
    [b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r.\r\n", b"\r\n\0.\n", b"\n.\r", b"\r\r\n.\r\n"],
)
def test_no_other_ending_ends_a_message(ending: bytes) -> None:
    _, dots = read(b"a" + ending + b"MAIL FROM:<x@y.test>\r\n", [1000])
    assert not (dots.is_done and not dots.is_bad)
    _, dots = read(b"a" + ending + b"MAIL FROM:<x@y.test>\r\n.\r\n", [1000])
    assert dots.is_done and dots.is_bad


@given(PIECES, st.lists(st.integers(1, 9), max_size=10))
def test_it_does_not_matter_how_the_octets_come(pieces: list[bytes], sizes: list[int]) -> None:
    octets = b"".join(pieces)
    whole, at_once = read(octets, [len(octets) or 1])
    content, in_pieces = read(octets, sizes)
    assert at_once.is_bad == in_pieces.is_bad or in_pieces.is_done  # what came before the first end decides
    if not at_once.is_bad:
        assert (content, in_pieces.is_done, in_pieces.rest) == (whole, at_once.is_done, at_once.rest)


@given(PIECES)
def test_what_is_accepted_is_what_a_strict_reader_of_lines_would_accept(pieces: list[bytes]) -> None:
    octets = b"".join(pieces)
    content, dots = read(octets, [])
    end = (b"\r\n" + octets).find(b"\r\n.\r\n")
    lines = (b"\r\n" + octets)[2 : max(end + 2, 2)] if end >= 0 else None
    if dots.is_done and not dots.is_bad:
        assert lines is not None and not re.search(rb"(?<!\r)\n|\r(?!\n)", lines)
        assert content == b"".join(line.removeprefix(b".") for line in lines.splitlines(keepends=True))
    elif lines is not None:
        assert dots.is_bad
