"""Text as HTML with the matches of a search in <mark> (RFC 8621 §5)."""

from bisect import bisect_left
from collections.abc import Iterator
from html import escape

Spans = list[tuple[int, int]]  # (start, end) of the matches in a text: sorted, not overlapping
MAX_OCTETS = 255  # of a preview as it is sent, marks and all
MAX_MARK = 120  # octets of one match in a preview; of a longer one the start is marked
LEAD = 40  # characters shown before the first match
NEAR = 20  # characters within which a preview finds a word to begin with
ELLIPSIS = "…"


def mark_all(text: str, spans: Spans) -> str:
    """The whole text, escaped and marked."""
    return "".join(_pieces(text, spans))


def mark_near(text: str, spans: Spans) -> str:
    """What stands around the first match, in at most `MAX_OCTETS` octets of HTML, white space as single spaces. No
    mark, entity or character is cut through."""
    start = _word_start(text, max(0, spans[0][0] - LEAD))
    end = start + MAX_OCTETS + LEAD
    shown, places = _single_spaced(text[start:end])
    moved = [
        (bisect_left(places, first - start), bisect_left(places, last - start)) for first, last in spans if first < end
    ]
    kept = [ELLIPSIS] if start else []
    room = MAX_OCTETS - sum(len(piece.encode()) for piece in kept)
    for piece in _pieces(shown, [(first, _clip(shown, first, last)) for first, last in moved]):
        room -= len(piece.encode())
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept)


def _word_start(text: str, position: int) -> int:
    """The beginning of the next word, so that a preview does not start within one; near enough, else here."""
    spaces = (at for at in range(position, min(position + NEAR, len(text))) if text[at].isspace())
    return next(spaces, position - 1) + 1 if position else 0


def _single_spaced(text: str) -> tuple[str, list[int]]:
    """The text with each run of white space as one space and none at the start, and where its characters were."""
    spaced = "".join(" " if char.isspace() else char for char in f" {text}")
    places = [at for at in range(len(text)) if spaced[at : at + 2] != "  " and (at or spaced[1:2] != " ")]
    return "".join(spaced[at + 1] for at in places), places


def _clip(text: str, first: int, last: int) -> int:
    """Where a match ends so that its mark is no longer than `MAX_MARK`."""
    room = MAX_MARK
    for at in range(first, last):
        room -= len(escape(text[at]).encode())
        if room < 0:
            return at
    return last


def _pieces(text: str, spans: Spans) -> Iterator[str]:
    """The text as escaped characters and whole marks."""
    at = 0
    for first, last in spans:
        yield from map(escape, text[at:first])
        yield f"<mark>{escape(text[first:last])}</mark>"
        at = last
    yield from map(escape, text[at:])
