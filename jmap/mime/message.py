"""The MIME parser: one sweep over the octets of a message, no recursion, no exception (RFC 2046, RFC 8621 §4.1.4).

Lines end with CRLF or LF; a message without any LF is read with CR as its line ending. A boundary line belongs to the
innermost open multipart that declared it, and ends everything inside. Beyond a cap (depth, parts) what remains is one
leaf of type application/octet-stream.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from jmap.mime.content import describe
from jmap.mime.fields import (
    BLANK_LINE,
    end_of_fields_without_blank_line,
    parse_fields,
    skip_envelope_line,
    starts_with_field,
)
from jmap.mime.structure import Header, Part, from_stored, leaves, part_at, to_stored, walk
from jmap.mime.transfer import decode_transfer

MAX_DEPTH = 50
MAX_PARTS = 1_000
_MANY_MISSES = 1_000  # about as long as compiling a pattern takes
_OPAQUE = "application/octet-stream"


@dataclass(slots=True)
class _Open:
    """A multipart whose end has not been seen; `closed` once its own closing delimiter was."""

    part: Part
    boundary: bytes
    closed: bool = False


@dataclass(slots=True, frozen=True)
class _Delimiter:
    line_break: int  # offset of the LF before the line
    after: int  # offset after the line
    level: int  # index into the stack of open multiparts
    closing: bool


def parse(raw: bytes | memoryview) -> Part:
    """The structure of a message. Never raises; linear in the size of `raw`."""
    return _Parser(bytes(raw)).parse()


def decode_body(raw: bytes | memoryview, part: Part) -> tuple[bytes, bool]:
    """The content of a leaf after transfer decoding; True if it was malformed or its encoding unknown."""
    return decode_transfer(bytes(raw[part.body_start : part.body_end]), part.encoding)


def read_headers(raw: bytes | memoryview, part: Part) -> list[Header]:
    """The header fields of a part, read from the raw message if the part came from storage."""
    if part.headers:
        return part.headers
    return parse_fields(bytes(raw[part.header_start : part.header_end]), 0, part.header_end - part.header_start)


class _Parser:
    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        # Same length, so offsets stay true.
        self.data = raw if b"\n" in raw else raw.replace(b"\r", b"\n")
        self.stack: list[_Open] = []
        self.lines: dict[bytes, tuple[int, bool]] = {}  # delimiter line -> level, closing
        self.prefix = b""
        self.pattern: re.Pattern[bytes] | None = None
        self.blank = (-1, -1)
        self.count = 0
        self.current: Part | None = None

    def parse(self) -> Part:
        root = self._read_entity(skip_envelope_line(self.data), None)
        position = root.body_start
        while self.stack and (delimiter := self._find_delimiter(max(position - 1, 0), len(self.data))):
            position = self._cross(delimiter)
        self._close_from(0, len(self.data))
        _number_leaves(self.raw, root)
        return root

    def _cross(self, delimiter: _Delimiter) -> int:
        """Go over a delimiter line: end what it ends, begin what it begins; returns where to look on."""
        end = delimiter.line_break - (self.data[delimiter.line_break - 1 : delimiter.line_break] == b"\r")
        self._close_from(delimiter.level + 1, end)
        frame = self.stack[delimiter.level]
        if delimiter.closing:
            frame.closed = True
            self._index_boundaries()
            return delimiter.after
        return self._read_entity(delimiter.after, frame.part).body_start

    def _close_from(self, level: int, end: int) -> None:
        """End the current leaf and every multipart from `level` of the stack inwards."""
        if self.current is not None:
            self.current.body_end = max(end, self.current.body_start)
            self.current = None
        if level >= len(self.stack):
            return
        for frame in self.stack[level:]:
            frame.part.body_end = max(end, frame.part.body_start)
            if not frame.part.parts:
                _show_as_text(frame.part)  # its boundary never came
        del self.stack[level:]
        self._index_boundaries()

    def _read_entity(self, start: int, parent: Part | None) -> Part:
        """Read the header of the entity at `start`, and open it as the current leaf or as a multipart."""
        self.count += 1
        if self.count >= MAX_PARTS and parent is not None:
            return self._read_rest(start, parent)
        header_end, body_start = self._header_bounds(start)
        headers = parse_fields(self.data, start, header_end)
        part = Part(None, headers, start, header_end, body_start, body_start)
        boundary = describe(part, parent)
        if parent is not None:
            parent.parts.append(part)
        if boundary and len(self.stack) < MAX_DEPTH:
            self.stack.append(_Open(part, boundary))
            self._index_boundaries()
        else:
            if boundary:
                part.type = _OPAQUE
            elif part.type.startswith("multipart/"):
                _show_as_text(part)
            self.current = part
        return part

    def _read_rest(self, start: int, parent: Part) -> Part:
        """Everything that is left as one leaf, for the message has too many parts."""
        end = len(self.data)
        rest = Part(None, [], start, start, start, end, type=_OPAQUE)
        parent.parts.append(rest)
        self._close_from(0, end)
        return rest

    def _header_bounds(self, start: int) -> tuple[int, int]:
        """Where the header fields end and the body starts; both lie before the next delimiter line."""
        data = self.data
        if not starts_with_field(data, start) and not data.startswith((b"From ", b">From "), start):
            if data.startswith(b"\n", start):
                return start, start + 1
            return (start, start + 2) if data.startswith(b"\r\n", start) else (start, start)
        blank, body = self._blank_line(start)
        if self.stack and (delimiter := self._find_delimiter(max(start - 1, 0), blank + 1)):
            return delimiter.line_break + 1, delimiter.line_break + 1
        if body == blank:
            end = end_of_fields_without_blank_line(data, start)
            return end, end
        return blank, body

    def _blank_line(self, start: int) -> tuple[int, int]:
        """The end of the fields and the beginning of the body, at the first blank line after `start`."""
        if self.blank[0] < start:
            match = BLANK_LINE.search(self.data, start)
            self.blank = (match.start() + 1, match.end()) if match else (len(self.data), len(self.data))
        return self.blank

    def _index_boundaries(self) -> None:
        self.lines = {}
        for level, frame in enumerate(self.stack):
            if not frame.closed:
                self.lines[b"--" + frame.boundary] = (level, False)
                self.lines[b"--" + frame.boundary + b"--"] = (level, True)
        self.prefix = b"\n" + _common_prefix(self.lines)
        self.pattern = None

    def _find_delimiter(self, start: int, end: int) -> _Delimiter | None:
        """The next delimiter line of an open multipart whose line break is in data[start:end]."""
        if not self.lines:
            return None
        found = start - 1
        for _ in range(_MANY_MISSES):
            found = self.data.find(self.prefix, found + 1, end)
            if found < 0:
                return None
            if delimiter := self._delimiter_at(found):
                return delimiter
        return self._match_delimiter(found + 1, end)

    def _delimiter_at(self, line_break: int) -> _Delimiter | None:
        after = self.data.find(b"\n", line_break + 1) + 1 or len(self.data)
        hit = self.lines.get(self.data[line_break + 1 : after].rstrip(b" \t\r\n"))
        return _Delimiter(line_break, after, *hit) if hit else None

    def _match_delimiter(self, start: int, end: int) -> _Delimiter | None:
        """As `_find_delimiter`, by a pattern: megabytes of lines that only begin like a delimiter take no time."""
        if self.pattern is None:
            any_boundary = b"|".join(re.escape(frame.boundary) for frame in self.stack if not frame.closed)
            self.pattern = re.compile(rb"\n--(?:" + any_boundary + rb")(?:--)?[ \t\r]*+(?=\n|\Z)")
        line_end = self.data.find(b"\n", end) + 1 or len(self.data)
        match = self.pattern.search(self.data, start, line_end)
        return self._delimiter_at(match.start()) if match and match.start() < end else None


def _common_prefix(lines: Collection[bytes]) -> bytes:
    first, last = min(lines, default=b""), max(lines, default=b"")
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:length]


def _show_as_text(part: Part) -> None:
    part.type, part.charset = "text/plain", part.charset or "us-ascii"


def _number_leaves(raw: bytes, root: Part) -> None:
    """Give every leaf its part id and its size."""
    number = 0
    for part in walk(root):
        if part.parts:
            continue
        number += 1
        part.part_id = str(number)
        part.size = len(decode_body(raw, part)[0])


__all__ = [
    "Header",
    "Part",
    "decode_body",
    "from_stored",
    "leaves",
    "parse",
    "part_at",
    "read_headers",
    "to_stored",
    "walk",
]
