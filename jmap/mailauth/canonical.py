"""The two canonical forms of header fields and bodies (RFC 6376 §3.4)."""

import re
from collections.abc import Callable
from typing import Final

WHITE: Final = re.compile(rb"[ \t]{2,}|\t")
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
    if b"\t" in body or b"  " in body:
        body = WHITE.sub(b" ", body)
    body = without_empty_lines(body.replace(b" \r\n", b"\r\n").removesuffix(b" "))
    return body + b"\r\n" if body else b""


def without_empty_lines(body: bytes) -> bytes:
    """Without the line breaks at its end."""
    if not body.endswith(b"\r\n"):
        return body
    tail = body[len(body.rstrip(b"\r\n")) :]
    found = LINE_ENDS.match(tail[::-1])
    return body[: len(body) - (found.end() if found else 0)]


FIELDS: Final[dict[str, Callable[[bytes], bytes]]] = {"simple": simple_field, "relaxed": relaxed_field}
BODIES: Final[dict[str, Callable[[bytes], bytes]]] = {"simple": simple_body, "relaxed": relaxed_body}
