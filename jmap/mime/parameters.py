"""The values of Content-Type and Content-Disposition with their parameters (RFC 2045 §5.1, RFC 2231)."""

import re

from jmap.mime.charsets import decode, is_known, scrub
from jmap.mime.encoded_words import decode_text, header_text

_MAIN = re.compile(rb"[\s;]*+([^\s;()<>,\"]*+)")
_COMMENT = re.compile(rb"\((?:[^()\\]++|\\.)*+\)")
# Quoted values may lack their closing quote: every attempt consumes what it read, so that time stays linear.
_PARAMETER = re.compile(
    rb"""[;\s]*+([^\s=;"]++)\s*+(?:=\s*+(?:"((?:[^"\\]++|\\.)*+)(?:"|\\?\Z)|([^;]*+)))?|[="]""", re.S
)
_ESCAPE = re.compile(rb"\\(.)", re.S)
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")
_CONTROLS = re.compile("[\x00-\x1f\x7f]")
_LONGEST = 65_536  # octets of one field that are looked at
_MOST_SECTIONS = 1_000


def parse_parameters(value: bytes) -> tuple[str, dict[str, bytes]]:
    """The lower-case token that begins the value ("" if none) and the raw parameters by lower-case name.

    Quotes and escapes are removed; RFC 2231 suffixes ("filename*0*") are still part of the names.
    """
    flat = value[:_LONGEST].translate(None, b"\r\n\0")
    if b"(" in flat:
        flat = _without_leading_comments(flat)
    main = _MAIN.match(flat)
    token = main[1].decode("ascii", "replace").lower() if main else ""
    end = main.end() if main else 0
    return token, _collect(flat, end) if end < len(flat) else {}


def _without_leading_comments(flat: bytes) -> bytes:
    head, semicolon, rest = flat.partition(b";")
    return _COMMENT.sub(b" ", head) + semicolon + rest


def _collect(flat: bytes, position: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    while (match := _PARAMETER.match(flat, position)) and match.end() > position:
        position = match.end()
        if not match[1]:
            continue
        name = match[1].decode("ascii", "replace").lower()
        if match[2] is not None:
            found.setdefault(name, _ESCAPE.sub(rb"\1", match[2]) if b"\\" in match[2] else match[2])
        elif match[3] is not None:
            content = match[3].strip()
            if not name.startswith(("name", "filename")) and len(words := content.split(None, 1)) > 1:
                position = match.start(3) + match[3].index(words[0]) + len(words[0])
                content = words[0]
            found.setdefault(name, content)
    return found


def text_parameter(parameters: dict[str, bytes], name: str) -> str | None:
    """A parameter decoded by RFC 2231, or (as real mail has it) by RFC 2047; None if absent or empty."""
    if name + "*" in parameters:
        return _tidy(_decode_sections([(parameters[name + "*"], True)]))
    sections = _sections(parameters, name)
    if sections:
        return _tidy(_decode_sections(sections))
    if name in parameters:
        return _tidy(decode_text(header_text(parameters[name])))
    return None


def _tidy(text: str) -> str | None:
    return _CONTROLS.sub("", scrub(text)).strip() or None


def _sections(parameters: dict[str, bytes], name: str) -> list[tuple[bytes, bool]]:
    """The continuations name*0, name*1*, … in order (RFC 2231 §3) with whether each is percent-encoded."""
    sections: list[tuple[bytes, bool]] = []
    for index in range(_MOST_SECTIONS):
        if (plain := parameters.get(f"{name}*{index}")) is not None:
            sections.append((plain, False))
        elif (encoded := parameters.get(f"{name}*{index}*")) is not None:
            sections.append((encoded, True))
        elif index:  # some senders count from 1
            break
    return sections


def _decode_sections(sections: list[tuple[bytes, bool]]) -> str:
    """Sections joined as octets before decoding, for a character may be split between two."""
    charset, first = "utf-8", sections[0][0]
    if sections[0][1] and first.count(b"'") >= 2:
        label, _, first = first.split(b"'", 2)
        charset = label.decode("ascii", "replace") or charset
    if not sections[0][1] and all(not encoded for _, encoded in sections):
        return decode_text(header_text(b"".join(section for section, _ in sections)))
    parts = [(first, sections[0][1]), *sections[1:]]
    data = b"".join(_PERCENT.sub(_octet, part) if encoded else part for part, encoded in parts)
    return decode(data, charset if is_known(charset) else None)[0]


def _octet(match: re.Match[bytes]) -> bytes:
    return bytes((int(match[1], 16),))
