"""The plain text of a message: of one part, and of all its text parts for the search index."""

from jmap.mime.charsets import codec_of, declared_in_html, decode, scrub
from jmap.mime.html import html_to_text
from jmap.mime.message import decode_body
from jmap.mime.structure import Part, leaves
from jmap.mime.transfer import decode_transfer


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


def text_of(raw: bytes | memoryview, root: Part, cap: int) -> str:
    """The plain text of all text parts but attached ones for indexing, in order, at most `cap` characters."""
    found: list[str] = []
    room = cap
    for part in leaves(root):
        if room <= 0:
            break
        if part.type.startswith("text/") and part.disposition != "attachment":
            # An encoded character takes at most 12 octets (quoted-printable of four), HTML far more than its text.
            text = plain_text(part, text_prefix(raw, part, 12 * room + 65_536))[:room]
            found.append(text)
            room -= len(text) + 1
    return "\n".join(found)[:cap]
