"""The preview is the first words that the author wrote, at most 256 characters (RFC 8621 §4.1.4)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmap.mime.message import parse
from jmap.mime.preview import preview


def preview_of(body: str, kind: str = "text/plain") -> str:
    raw = f"Content-Type: {kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{body}".encode()
    return preview(raw, parse(raw))


PLAIN = {
    "Hello\r\n\r\n  world": "Hello world",
    "> quoted\n> more\nMy answer": "My answer",
    "On Tue, 1 Oct 2024 at 09:30, Ada wrote:\n> quoted\n\nMy answer": "My answer",
    "My answer\n-- \nAda\nExample Ltd": "My answer",
    "> only\n> quotes": "> only > quotes",
    "": "",
    "\u200b\u200b\u034f a \u00ad\u00a0b": "a b",
    "_____\nbelow the line": "below the line",
}


@pytest.mark.parametrize(("body", "expected"), PLAIN.items())
def test_a_text_is_previewed_by_the_authors_words(body: str, expected: str) -> None:
    assert preview_of(body) == expected


HTML = {
    "<title>t</title><style>p{}</style><p>Hello</p><p>world &amp; all": "Hello world & all",
    "<blockquote>quoted</blockquote>mine": "mine",
    "<blockquote>only quotes</blockquote>": "only quotes",
    "<img src='x'>": "",
    "a<b>b</b>c": "abc",
}


@pytest.mark.parametrize(("body", "expected"), HTML.items())
def test_html_is_previewed_by_its_text(body: str, expected: str) -> None:
    assert preview_of(body, "text/html") == expected


@given(st.text(st.characters(codec="utf-8"), max_size=2_000), st.sampled_from(["text/plain", "text/html"]))
@settings(deadline=None)
def test_a_preview_is_one_line_of_at_most_256_characters(body: str, kind: str) -> None:
    found = preview_of(body, kind)
    assert len(found) <= 256 and found == found.strip() and len(found.splitlines()) <= 1


def test_an_attachment_is_not_previewed() -> None:
    raw = b"Content-Type: application/pdf\r\n\r\nsecret"
    assert preview(raw, parse(raw)) == ""
