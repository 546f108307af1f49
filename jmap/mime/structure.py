"""What the parser yields: parts and header fields, and their compact form for storage."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Header:
    """One header field: its name as written and the raw octets after the colon, folds kept, final CRLF not."""

    name: str
    value: bytes


@dataclass(slots=True)
class Part:
    """One MIME entity: offsets into the raw message and the properties of an EmailBodyPart (RFC 8621 §4.1.4).

    `part_id` is None exactly for a multipart; `size` counts octets after transfer decoding (0 for a multipart).
    `headers` is empty on a part made by `from_stored`: `message.read_headers` gives them from the raw message.
    """

    part_id: str | None
    headers: list[Header]
    header_start: int
    header_end: int
    body_start: int
    body_end: int
    type: str = "text/plain"
    charset: str | None = None
    disposition: str | None = None
    name: str | None = None
    cid: str | None = None
    language: list[str] | None = None
    location: str | None = None
    encoding: str = "7bit"
    size: int = 0
    parts: list["Part"] = field(default_factory=list)


def walk(root: Part) -> Iterator[Part]:
    """Every part of the tree, depth first, the root included."""
    stack = [root]
    while stack:
        part = stack.pop()
        yield part
        stack.extend(reversed(part.parts))


def leaves(root: Part) -> Iterator[Part]:
    """The parts that are no multipart, depth first."""
    return (part for part in walk(root) if part.part_id is not None)


def part_at(root: Part, path: str) -> Part | None:
    """The leaf with this part id, or None."""
    return next((part for part in leaves(root) if part.part_id == path), None)


_STORED = (
    *("part_id", "header_start", "header_end", "body_start", "body_end", "type", "charset", "disposition", "name"),
    *("cid", "language", "location", "encoding", "size"),
)


def to_stored(part: Part) -> list[Any]:
    """A compact structure of lists, strings and numbers for JSON: everything but the header contents."""
    return [*(getattr(part, name) for name in _STORED), [to_stored(sub) for sub in part.parts]]


def from_stored(stored: Sequence[Any]) -> Part:
    """The part that `to_stored` was given, without its headers (`message.read_headers` reads them)."""
    values: dict[str, Any] = dict(zip(_STORED, stored, strict=False))
    return Part(headers=[], parts=[from_stored(sub) for sub in stored[len(_STORED)]], **values)
