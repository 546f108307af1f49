"""Encoded words (RFC 2047) and the decoding of header octets to text."""

import binascii
import re
import unicodedata

from jmap.mime.charsets import decode, guess, is_known

# Possessive and bounded, so that 200,000 times "=?" costs linear time.
_WORD = re.compile(r"=\?([^?\s]{1,60}+)\?([BbQq])\?([^?\s]*+)\?=")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_LONGEST_NORMALISED_WORD = 1000
_BEFORE, _AFTER = ' \t\r\n("', ' \t\r\n)"'


def header_text(value: bytes) -> str:
    """The octets of a header field unfolded and as text: UTF-8 (RFC 6532), else guessed; NUL is dropped.

    Encoded words stay as they are.
    """
    flat = value.translate(None, b"\r\n\0")
    if flat.isascii() and b"\x1b$" not in flat:
        return flat.decode("ascii")
    return guess(flat)


def decode_words(text: str) -> str:
    """Decode the encoded words of RFC 2047 in unfolded text; what violates its placement rules stays as it is.

    Adjacent words are joined before the charset is decoded, for many senders split a character between two.
    """
    if "=?" not in text:
        return text
    matches = [match for match in _WORD.finditer(text) if is_known(_charset_of(match))]
    out: list[str] = []
    position = 0
    for run in _runs(text, matches):
        out += (text[position : run[0].start()], _decode_run(run))
        position = run[-1].end()
    out.append(text[position:])
    return "".join(out)


def _charset_of(match: re.Match[str]) -> str:
    return match[1].partition("*")[0]  # RFC 2231 §5: "charset*language"


def _runs(text: str, matches: list[re.Match[str]]) -> list[list[re.Match[str]]]:
    """Encoded words with only white space between them, each run standing free in the text."""
    runs: list[list[re.Match[str]]] = []
    for match in matches:
        if runs and not text[runs[-1][-1].end() : match.start()].strip(" \t\r\n"):
            runs[-1].append(match)
        else:
            runs.append([match])
    return [run for run in runs if _stands_free(text, run[0].start(), run[-1].end())]


def _stands_free(text: str, start: int, end: int) -> bool:
    return (start == 0 or text[start - 1] in _BEFORE) and (end == len(text) or text[end] in _AFTER)


def _decode_run(run: list[re.Match[str]]) -> str:
    out: list[str] = []
    data, charset = b"", ""
    for match in run:
        if charset and _charset_of(match).lower() != charset.lower():
            out.append(decode(data, charset)[0])
            data = b""
        charset = _charset_of(match)
        data += _octets(match[2], match[3].encode("utf-8"))
    out.append(decode(data, charset)[0])
    return _CONTROLS.sub("", "".join(out))


def _octets(encoding: str, data: bytes) -> bytes:
    if encoding in "Qq":
        return binascii.a2b_qp(data, header=True)
    clean = _NOT_BASE64.sub(b"", data)
    clean = clean[:-1] if len(clean) % 4 == 1 else clean
    return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def normalise(text: str) -> str:
    """Normalization Form C; words over 1,000 characters stay as they are, for sorting their marks is quadratic."""
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    if len(text) <= _LONGEST_NORMALISED_WORD:
        return unicodedata.normalize("NFC", text)
    words = text.split(" ")
    return " ".join(w if len(w) > _LONGEST_NORMALISED_WORD else unicodedata.normalize("NFC", w) for w in words)


def decode_text(text: str) -> str:
    """Unfolded header text with encoded words decoded, in Normalization Form C."""
    return normalise(decode_words(text))
