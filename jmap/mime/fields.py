"""Where the header of an entity ends, and its fields (RFC 5322 §2.2), for well-formed and broken mail alike."""

import re
from collections.abc import Collection

from jmap.mime.structure import Header

MAX_HEADER_BYTES = 262_144
_FIELD_BREAK = re.compile(rb"\r?\n(?![ \t])")
_FIELD = re.compile(rb"[!-9;-~]{1,998}+[ \t]*+:")
BLANK_LINE = re.compile(rb"\n\r?\n")
_FIELD_START = re.compile(rb"(?<=\n)(?![ \t])")


def starts_with_field(data: bytes, position: int) -> bool:
    """Whether a header field begins here: a name of printable ASCII and a colon."""
    return _FIELD.match(data, position) is not None


def parse_fields(data: bytes, start: int, end: int) -> list[Header]:
    """The header fields in data[start:end], at most 256 KB of them; lines that are no field are passed over."""
    block = data[start : min(end, start + MAX_HEADER_BYTES)]
    if b"\n" not in block and b"\r" in block:
        block = block.replace(b"\r", b"\n")
    block = block.removesuffix(b"\n").removesuffix(b"\r")
    fields = []
    for line in _FIELD_BREAK.split(block):
        if _FIELD.match(line):
            name, _, value = line.partition(b":")
            fields.append(Header(name.rstrip(b" \t").decode("ascii"), value))
    return fields


def skip_envelope_line(data: bytes) -> int:
    """The offset after an mbox "From " (or quoted ">From ") line at the very beginning, else 0."""
    if not data.startswith((b"From ", b">From ")):
        return 0
    return data.find(b"\n") + 1


def end_of_fields_without_blank_line(data: bytes, start: int) -> int:
    """Where the body begins if no blank line says so: at the first line that is neither field nor continuation."""
    position, limit = start, min(len(data), start + MAX_HEADER_BYTES)
    while position < limit:
        if data[position] not in b" \t" and not starts_with_field(data, position):
            return position
        newline = data.find(b"\n", position)
        position = len(data) if newline < 0 else newline + 1
    return len(data)


def end_of_header(data: bytes) -> int:
    """The offset after the last line of the message's header; what follows is the blank line, or already the body."""
    start = skip_envelope_line(data)
    if not starts_with_field(data, start):
        return start
    match = BLANK_LINE.search(data, start)
    return match.start() + 1 if match else end_of_fields_without_blank_line(data, start)


def split_fields(data: bytes) -> tuple[list[bytes], bytes]:
    """Each header field with its folds and line endings, and the rest of the message from the blank line on; joined
    they are the message again."""
    end = end_of_header(data)
    return [line for line in _FIELD_START.split(data[:end]) if line], data[end:]


def is_named(field: bytes, names: Collection[bytes]) -> bool:
    """Whether a field of `split_fields` has one of these names, given in lower case."""
    return field.partition(b":")[0].rstrip(b" \t").lower() in names


def without_fields(data: bytes, names: Collection[bytes]) -> bytes:
    """The message without every field of these names (in lower case), all else octet for octet."""
    fields, rest = split_fields(data)
    return b"".join([field for field in fields if not is_named(field, names)]) + rest
