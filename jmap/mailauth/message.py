"""A message as signatures see it: its header fields octet by octet, and its body."""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Final

FIELD_BREAK: Final = re.compile(rb"\r\n(?![ \t])")


@dataclass(frozen=True, slots=True)
class Field:
    """`name` in lower case; `raw` is the whole field with its folds, without the line break at its end."""

    name: bytes
    raw: bytes

    @property
    def value(self) -> bytes:
        return self.raw.partition(b":")[2]

    @property
    def unfolded(self) -> str:
        """The value on one line; what is not UTF-8 becomes U+FFFD."""
        return self.value.replace(b"\r\n", b"").decode("utf-8", "replace").strip(" \t")


class Message:
    """Fields from top to bottom, and the body. Line ends of any kind but CRLF are read as CRLF (RFC 6376 §5.3)."""

    def __init__(self, octets: bytes) -> None:
        octets = with_crlf(octets)
        if octets.startswith(b"\r\n"):
            head, body = b"", octets[2:]
        else:
            head, _, body = octets.partition(b"\r\n\r\n")
        self.body = body
        lines = FIELD_BREAK.split(head.removesuffix(b"\r\n")) if head else []
        self.fields = [Field(name_of(line), line) for line in lines]

    @cached_property
    def by_name(self) -> dict[bytes, list[Field]]:
        found: dict[bytes, list[Field]] = defaultdict(list)
        for field in self.fields:
            found[field.name].append(field)
        return found

    def named(self, name: bytes) -> list[Field]:
        """The fields of a name (in lower case), from top to bottom."""
        return self.by_name.get(name, [])


def with_crlf(octets: bytes) -> bytes:
    """Bare LF becomes CRLF."""
    if octets.count(b"\n") == octets.count(b"\r\n"):
        return octets
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def name_of(line: bytes) -> bytes:
    """ "" for a line that is no field."""
    name, colon, _ = line.partition(b":")
    return name.rstrip(b" \t").lower() if colon else b""
