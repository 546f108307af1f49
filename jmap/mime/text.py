"""The plain text of a message: of one part, and of all its text parts for the search index."""

from jmap.mime.charsets import codec_of, declared_in_html, decode, scrub
from jmap.mime.headers import as_text
from jmap.mime.html import html_to_text
from jmap.mime.message import decode_body, parse
from jmap.mime.structure import Part, leaves
from jmap.mime.transfer import decode_transfer

ATTACHED = 200_000  # characters read of what is attached, in all
NESTED = 3  # levels of messages within messages that are read
_SHOWN_FIELDS = ("from", "to", "cc", "subject")


def part_text(raw: bytes | memoryview, part: Part) -> tuple[str, bool]:
    """The text of a text/* leaf with LF line ends and without U+0000; True if anything was malformed or unknown."""
    data, bad_transfer = decode_body(raw, part)
    text, bad_charset = decode_text_content(data, part)
    return text, bad_transfer or bad_charset


def decode_text_content(data: bytes, part: Part) -> tuple[str, bool]:
    """Text from transfer-decoded octets; HTML that names its charset only inside is believed (RFC 8621 §4.1.4)."""
    label = part.charset
    if part.type == "text/html" and (label is None or codec_of(label) is None) and not data.isascii():
        label = declared_in_html(data) or label
    text, problem = decode(data, label)
    text = scrub(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    return (text.replace("\r", "\n") if "\n" not in text else text), problem


def text_prefix(raw: bytes | memoryview, part: Part, octets: int) -> str:
    """The text of about the first `octets` encoded octets of a text/* leaf."""
    data = bytes(raw[part.body_start : min(part.body_end, part.body_start + octets)])
    return decode_text_content(decode_transfer(data, part.encoding)[0], part)[0]


def plain_text(part: Part, text: str) -> str:
    """The words of a part: HTML stripped to its text and the descriptions of its pictures."""
    return html_to_text(text, descriptions=True) if part.type == "text/html" else text


def text_of(raw: bytes | memoryview, root: Part, cap: int, depth: int = NESTED) -> str:
    """The plain text of a message for indexing, at most `cap` characters: what it shows, then what is attached to it as
    text or as a message (RFC 8621 §4.4.1 `body`)."""
    texts = [part for part in leaves(root) if part.type.startswith(("text/", "message/"))]
    shown = [part for part in texts if not _is_attached(part)]
    attached = [part for part in texts if _is_attached(part)]
    found = _texts(raw, shown, cap, depth)
    found += _texts(raw, attached, min(ATTACHED, cap - sum(len(text) + 1 for text in found)), depth)
    return "\n".join(found)[:cap]


def _is_attached(part: Part) -> bool:
    return part.disposition == "attachment" or part.type.startswith("message/")


def _texts(raw: bytes | memoryview, parts: list[Part], room: int, depth: int) -> list[str]:
    """The texts of these parts, in order, until `room` characters are full."""
    found: list[str] = []
    for part in parts:
        if room <= 0:
            break
        found.append(_words_of(raw, part, room, depth)[:room])
        room -= len(found[-1]) + 1
    return found


def _words_of(raw: bytes | memoryview, part: Part, room: int, depth: int) -> str:
    if part.type in ("message/rfc822", "message/global"):
        return _message_text(decode_body(raw, part)[0], room, depth - 1) if depth else ""
    # An encoded character takes at most 12 octets (quoted-printable of four), HTML far more than its text.
    return plain_text(part, text_prefix(raw, part, 12 * room + 65_536))


def _message_text(raw: bytes, room: int, depth: int) -> str:
    """A message within a message: the header fields that its reader is shown, and its text."""
    root = parse(raw)
    heads = [as_text(header.value)[:room] for header in root.headers if header.name.lower() in _SHOWN_FIELDS]
    return "\n".join([*heads, text_of(raw, root, room, depth)])
