"""Content-Transfer-Encoding (RFC 2045 §6): decoding, best effort, and encoding."""

import base64
import binascii
import re

_IDENTITY = frozenset({"", "7bit", "8bit", "binary"})
_SPELLINGS = {
    "7-bit": "7bit",
    "8-bit": "8bit",
    "7bits": "7bit",
    "8bits": "8bit",
    "plain": "8bit",
    "base-64": "base64",
    "b64": "base64",
} | {
    "quoted printable": "quoted-printable",
    "quotedprintable": "quoted-printable",
    "qp": "quoted-printable",
}
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_BAD_ESCAPE = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r?\n|\Z)")
_LONG_LINE = 990
_BARE_BREAK = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_LINE_AT_RISK = re.compile(rb"(?m)^(?:From |\.)")  # of which mbox files and SMTP make something else
_TRAILING_SPACE = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n|\Z)")


def encoding_name(value: bytes) -> str:
    """The lower-case name of a transfer encoding from its header field; common misspellings are understood."""
    text = (
        value.decode("ascii", "replace")
        .replace("\0", "")
        .partition(";")[0]
        .partition("(")[0]
        .strip(" \t\r\n\"'")
        .lower()
    )
    return _SPELLINGS.get(text, text)


def decode_transfer(data: bytes, encoding: str) -> tuple[bytes, bool]:
    """The decoded octets; True if something was malformed, or the encoding unknown and the octets left alone."""
    if encoding in _IDENTITY:
        return data, False
    if encoding == "base64":
        return _decode_base64(data)
    if encoding == "quoted-printable":
        return _decode_quoted_printable(data)
    return data, True


def _decode_base64(data: bytes) -> tuple[bytes, bool]:
    try:
        decoded = binascii.a2b_base64(data)
    except binascii.Error:
        clean = data.translate(None, _NOT_BASE64)
        clean = clean[: -(len(clean) % 4)] if len(clean) % 4 == 1 else clean
        return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4)), True
    return decoded, bool(data.translate(None, _BASE64 + b"= \t\r\n"))


def _decode_quoted_printable(data: bytes) -> tuple[bytes, bool]:
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")
    if b" \r" in data or b" \n" in data or b"\t\r" in data or b"\t\n" in data:
        data = _TRAILING_SPACE.sub(b"", data)  # RFC 2045 §6.7 (3)
    return binascii.a2b_qp(data), _BAD_ESCAPE.search(data) is not None


def encode_transfer(data: bytes, kind: str, is_text: bool) -> tuple[str, bytes]:
    """Content-Transfer-Encoding and the encoded octets. message/* may not be base64 (RFC 2046 §5.2)."""
    clean = b"\0" not in data and not _BARE_BREAK.search(data)
    short = all(len(line) <= _LONG_LINE for line in data.split(b"\r\n"))
    if clean and short and data.isascii() and not _LINE_AT_RISK.search(data):
        return "7bit", data
    if kind.startswith("message/"):
        return ("7bit" if data.isascii() else "8bit"), data
    if is_text and clean:
        return "quoted-printable", _encode_quoted_printable(data)
    return "base64", base64.encodebytes(data).replace(b"\n", b"\r\n")


def _encode_quoted_printable(data: bytes) -> bytes:
    encoded = binascii.b2a_qp(data).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return _LINE_AT_RISK.sub(lambda match: b"=%02X" % match[0][0] + match[0][1:], encoded)
