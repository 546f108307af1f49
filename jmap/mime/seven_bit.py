"""A message rewritten so that it passes where only 7-bit text in short lines does (RFC 6152 §3, RFC 2045 §6)."""

from jmap.mime.fields import is_named, split_fields
from jmap.mime.message import decode_body, parse
from jmap.mime.structure import Part
from jmap.mime.transfer import encode_transfer

LONGEST_LINE = 999  # octets, the CR with them (RFC 5321 §4.5.3.1.6)
SEALED = ("multipart/signed", "multipart/encrypted")  # signed octet by octet (RFC 1847 §2.1)
ENCODING = (b"content-transfer-encoding",)
DEEPEST = 10  # messages within messages


def is_seven_bit(octets: bytes) -> bool:
    return octets.isascii() and b"\0" not in octets and max(map(len, octets.split(b"\n"))) <= LONGEST_LINE


def to_seven_bit(message: bytes, depth: int = 0) -> bytes:
    """The same content, with transfer encodings where they are needed; line ends must be CRLF. What can't be encoded
    stays as it is: header fields, signed parts, text between parts."""
    if is_seven_bit(message) or depth > DEEPEST:
        return message
    return b"".join(rewritten(message, parse(message), depth))


def rewritten(raw: bytes, part: Part, depth: int) -> list[bytes]:
    """The entity from its header to the end of its body, in pieces."""
    whole = raw[part.header_start : part.body_end]
    if is_seven_bit(whole) or part.type in SEALED:
        return [whole]
    if not part.parts:
        return leaf(raw, part, depth)
    pieces, at = [header(raw, part, "7bit")], part.body_start
    for child in part.parts:
        pieces += [raw[at : child.header_start], *rewritten(raw, child, depth)]
        at = child.body_end
    return [*pieces, raw[at : part.body_end]]


def leaf(raw: bytes, part: Part, depth: int) -> list[bytes]:
    content, _ = decode_body(raw, part)
    if part.type == "message/rfc822":
        content = to_seven_bit(content, depth + 1)
    encoding, body = encode_transfer(content, part.type, part.type.startswith("text/"))
    return [header(raw, part, encoding), body]


def header(raw: bytes, part: Part, encoding: str) -> bytes:
    """The header with another transfer encoding, and the blank line. On a message that never spoke of MIME it begins
    to."""
    fields, _ = split_fields(raw[part.header_start : part.body_start])
    kept = [field for field in fields if not is_named(field, ENCODING)]
    added = [b"Content-Transfer-Encoding: %s\r\n" % encoding.encode()]
    if part.header_start == 0 and not any(is_named(field, (b"mime-version",)) for field in kept):
        added.insert(0, b"MIME-Version: 1.0\r\n")
        if not any(is_named(field, (b"content-type",)) for field in kept):
            added.append(b"Content-Type: text/plain; charset=utf-8\r\n")
    return b"".join([*kept, *added, b"\r\n"])
