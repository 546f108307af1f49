"""Plain text as it is shown."""

import html
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webmail.plaintext import linkify, read_blocks


def kinds(text: str) -> list[str]:
    return [block.kind for block in read_blocks(text)]


def test_quotes_and_signature_stand_apart() -> None:
    assert kinds("Yes.\n> Can you?\n> Please\nBye\n-- \nBen") == ["text", "quote", "text", "signature"]


def test_a_long_quote_is_folded() -> None:
    assert [block.is_folded for block in read_blocks("Yes\n" + "> a\n" * 9)] == [False, True]


def test_markup_in_text_is_text() -> None:
    assert read_blocks("<img src=x onerror=alert(1)>")[0].html == "&lt;img src=x onerror=alert(1)&gt;"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("See https://example.org/a?b=1&c=2.", "https://example.org/a?b=1&amp;c=2"),
        ("(https://example.org/x_(y))", "https://example.org/x_(y)"),
        ("<https://example.org>", "https://example.org"),
        ("ask ben@example.org!", "mailto:ben@example.org"),
    ],
)
def test_addresses_become_links(text: str, address: str) -> None:
    assert f'href="{address}"' in linkify(text)


@pytest.mark.parametrize(
    "text", ['https://x.org/"onmouseover="alert(1)', "https://x.org/'><script>", "javascript:alert(1)"]
)
def test_a_link_can_not_break_out(text: str) -> None:
    assert not re.search(r"<script|<a[^>]* on|href=\"javascript", linkify(text))


@given(st.text())
def test_no_word_is_lost(text: str) -> None:
    assert html.unescape(re.sub(r"<[^>]*>", "", linkify(text))) == html.unescape(html.escape(text))


def test_huge_lines_take_no_huge_time() -> None:
    start = time.monotonic()
    for text in ("a@" * 500_000, "https://" * 100_000, "x." * 500_000, "(" * 100_000 + "https://x" + ")" * 2000):
        read_blocks(text)
    assert time.monotonic() - start < 5
