"""The `preview` of a message: the first words that its author wrote (RFC 8621 §4.1.4)."""

import re

from jmap.mime.body import body_parts
from jmap.mime.encoded_words import normalise
from jmap.mime.html import html_to_text
from jmap.mime.structure import Part
from jmap.mime.text import text_prefix

MAX_PREVIEW = 256
_PLAIN_OCTETS, _HTML_OCTETS = 8_192, 131_072
_MOST_LINES, _MOST_TEXT = 400, 65_536
_ATTRIBUTION = re.compile(
    r"(?:On|Am|Le|El|Il|Op|Em|Den|W dniu|Dnia)\b[^\n]{5,200}:|[-_]{5,}.{0,60}|-- ?|\S+@\S+ wrote:"
)
# Also what pads the previews of newsletters: zero-width and filler characters.
_SPACE = re.compile("[\\s\u00ad\u034f\u200b-\u200f\u2028-\u202f\u2060\u2800\ufeff\x00-\x1f\x7f-\x9f]+")


def preview(raw: bytes | memoryview, root: Part) -> str:
    """At most 256 characters of plain text, white space collapsed; quotes only if nothing else is there."""
    for part in body_parts(root).text_body:
        if part.type in ("text/plain", "text/html") and (text := _preview_of(raw, part)):
            return text
    return ""


def _preview_of(raw: bytes | memoryview, part: Part) -> str:
    if part.type == "text/html":
        html = text_prefix(raw, part, _HTML_OCTETS)
        return _collapse(html_to_text(html, quotes=False)) or _collapse(html_to_text(html))
    text = text_prefix(raw, part, _PLAIN_OCTETS)
    return _collapse(_own_words(text)) or _collapse(text)


def _own_words(text: str) -> str:
    """The lines that are neither quoted, nor announce a quote, nor follow the signature's dashes."""
    kept: list[str] = []
    room = 8 * MAX_PREVIEW
    for line in text.split("\n", _MOST_LINES):
        if line in ("-- ", "--"):
            break
        if not line.startswith(">") and not _ATTRIBUTION.fullmatch(line.rstrip()):
            kept.append(line)
            room -= len(line)
        if room < 0:
            break
    return "\n".join(kept)


def _collapse(text: str) -> str:
    words = " ".join(text[:_MOST_TEXT].split())[: 8 * MAX_PREVIEW]
    return normalise(_SPACE.sub(" ", words).strip()[: 2 * MAX_PREVIEW])[:MAX_PREVIEW].rstrip()
