"""The two canonical forms of header fields and bodies (RFC 6376 §3.4)."""

import re
from collections.abc import Callable, Iterator
from typing import Final

WHITE: Final = re.compile(rb"[ \t]{2,}|\t")
CHUNK: Final = 262_144  # octets
LINE_ENDS: Final = re.compile(rb"(?:\n\r)*+")


def simple_field(raw: bytes) -> bytes:
    return raw


def relaxed_field(raw: bytes) -> bytes:
    """§3.4.2."""
    name, _, value = raw.partition(b":")
    return name.rstrip(b" \t").lower() + b":" + WHITE.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def simple_body(body: bytes) -> bytes:
    """§3.4.3: an empty body is one line break."""
    return without_empty_lines(body) + b"\r\n"


def relaxed_body(body: bytes) -> bytes:
    """§3.4.4: an empty body stays empty."""
    relaxed = without_empty_lines(b"".join(map(relaxed_lines, chunks(body))))
    return relaxed + b"\r\n" if relaxed else b""


def relaxed_lines(lines: bytes) -> bytes:
    if b"\t" in lines or b"  " in lines:
        lines = WHITE.sub(b" ", lines)
    return lines.replace(b" \r\n", b"\r\n").removesuffix(b" ")


def chunks(body: bytes) -> Iterator[bytes]:
    """The body in pieces of whole lines: other threads have their turn between them, however large it is."""
    start = 0
    while start < len(body):
        line_break = body.find(b"\r\n", start + CHUNK)
        end = line_break + 2 if line_break >= 0 else len(body)
        yield body[start:end]
        start = end


def without_empty_lines(body: bytes) -> bytes:
    """Without the line breaks at its end."""
    if not body.endswith(b"\r\n"):
        return body
    tail = body[len(body.rstrip(b"\r\n")) :]
    found = LINE_ENDS.match(tail[::-1])
    return body[: len(body) - (found.end() if found else 0)]


FIELDS: Final[dict[str, Callable[[bytes], bytes]]] = {"simple": simple_field, "relaxed": relaxed_field}
BODIES: Final[dict[str, Callable[[bytes], bytes]]] = {"simple": simple_body, "relaxed": relaxed_body}
