"""The mbox format: read in bounded memory whatever wrote it; written so that reading gives the same octets again.

Written: after each From_ line stand `Status`, `X-Status`, `X-Keywords` for other programs, and last the line
`X-Posthorn-Message: <octets> <received at>`. The reader takes these lines off again, and only where that last one
closes them, so the message is what it was; its octets tell whether the line break at its end is its own. Body lines
are quoted as "mboxrd" does: one ">" before each `>*From `. In files of others nothing is taken off but one such ">"
and the From_ line.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from jmap.mail.found import MAX_MESSAGE, Found, Unreadable, header_date, header_lines, utc, valid_keywords
from jmap.mail.mbox_headers import Marks, flag_words, read_marks, status_lines
from jmap.mime.dates import parse_date

BLOCK = 1 << 20
_AHEAD = 4096  # octets after a candidate that must be at hand to judge it
_FROM_DATE = re.compile(rb"From \S+ +[A-Za-z]{3},? +[A-Za-z]{3} +\d{1,2} +\d{1,2}:\d\d.*\d{4}")
_FROM_MOMENT = re.compile(
    rb"([A-Za-z]{3}) +(\d{1,2}) +(\d{1,2}:\d\d(?::\d\d)?)(?: +([+-]\d{4}|[A-Z]{3,4}))? +(\d{4})(?: +([+-]\d{4}))?"
)
_TIME = re.compile(rb"\d{1,2}:\d\d")
_FIELD = re.compile(rb"[!-9;-~]+[ \t]*:")
_QUOTED = re.compile(rb"(?m)^>(?=>*From )")
_UNQUOTED = re.compile(rb"(?m)^(?=>*From )")
_OWN_BLOCK = re.compile(
    rb"Status: (?P<status>R?O)\n(?:X-Status: (?P<x_status>[AFT]+)\n)?(?:X-Keywords: (?P<keywords>[^\n]+)\n)?"
    rb"X-Posthorn-Message: (?P<octets>\d{1,12}) (?P<received>\S*)\n"
)


def read_mbox(path: Path, folder: str, key: str, max_message: int = MAX_MESSAGE) -> Iterator[Found | Unreadable]:
    """The messages of an mbox file. Those that Thunderbird has deleted but not yet compacted are left out.

    Raises OSError if the file cannot be read.
    """
    with path.open("rb") as scanned, path.open("rb") as file:
        for start, end in _message_ranges(scanned, file):
            name = f"{key}:{start}"
            if end - start > max_message:
                yield Unreadable(name, folder, f"{end - start} octets are too many", end - start)
                continue
            file.seek(start)
            message = _read_message(file.read(end - start), folder, name)
            if message is not None:
                yield message


def _read_message(stored: bytes, folder: str, key: str) -> Found | None:
    from_line, _, rest = stored.partition(b"\n")
    if own := _OWN_BLOCK.match(rest):
        marks = _own_marks(own)
        raw = _QUOTED.sub(b"", rest[own.end() :])[: int(own["octets"])]
    else:
        raw = _foreign_raw(rest)
        marks = read_marks(raw)
    if marks.is_deleted:
        return None
    received_at = marks.received_at or _from_date(from_line) or header_date(raw)
    first, *also = marks.folders or (folder,)
    return Found(key, first, raw, received_at, marks.keywords, tuple(also), len(stored))


def _own_marks(own: re.Match[bytes]) -> Marks:
    words = flag_words(*((own[name] or b"").decode("latin-1") for name in ("status", "x_status", "keywords")))
    try:
        received_at = datetime.fromisoformat(own["received"].decode("latin-1"))
    except ValueError:
        received_at = None
    return Marks(valid_keywords(words), received_at=received_at)


def _foreign_raw(stored: bytes) -> bytes:
    """Without the empty line that parts messages, and unquoted unless the format (mboxcl2) does not quote."""
    for separator in (b"\n\r\n", b"\n\n"):
        if stored.endswith(separator):
            stored = stored[: 1 - len(separator)]
            break
    if b"\nFrom " in stored and header_lines(stored, (b"content-length",)):
        return stored
    return _QUOTED.sub(b"", stored)


def _from_date(line: bytes) -> datetime | None:
    """The date of a From_ line, in whatever order its zone and year stand; without a zone it is taken as UTC."""
    found = _FROM_MOMENT.search(line[:1000])
    if found is None:
        return None
    month, day, time, early_zone, year, late_zone = (group.decode() if group else "" for group in found.groups())
    return utc(parse_date(f"{day} {month} {year} {time} {early_zone or late_zone}"))


def _message_ranges(scanned: BinaryIO, file: BinaryIO) -> Iterator[tuple[int, int]]:
    """Start and end of each message with its From_ line."""
    start: int | None = None
    content_end = 0
    for position in _separators(scanned):
        if start is not None and position < content_end:
            continue
        if start is not None:
            yield start, position
        start = position
        content_end = _content_end(file, position)
    size = scanned.seek(0, 2)
    if start is not None and size > start:
        yield start, size


def _separators(file: BinaryIO) -> Iterator[int]:
    """Where From_ lines begin, found in one pass block by block."""
    data, base, at = b"\n\n", -2, 0
    ended = False
    while not ended:
        block = file.read(BLOCK)
        ended = not block
        data += block
        limit = len(data) if ended else len(data) - _AHEAD
        while 0 <= (at := data.find(b"\nFrom ", at)) < limit:
            if _is_separator(data, at + 1):
                yield base + at + 1
            at += 1
        kept = max(0, limit - 4)
        data, base, at = data[kept:], base + kept, max(0, limit - kept)


def _is_separator(data: bytes, start: int) -> bool:
    """Whether a line "From " parts messages: after an empty line and before a header or with a time in it, or, where
    the empty line is missing, both with a complete date and before a header."""
    end = data.find(b"\n", start, start + 2000)
    if end < 0:
        end = min(len(data), start + 2000)
    line = data[start:end]
    before_header = _FIELD.match(data, end + 1) is not None
    if data[max(0, start - 3) : start].endswith((b"\n\n", b"\n\r\n")):
        return before_header or _TIME.search(line) is not None
    return before_header and _FROM_DATE.match(line) is not None


def _content_end(file: BinaryIO, start: int) -> int:
    """Where the body ends by its Content-Length, if what follows is another message or nothing; else `start`."""
    file.seek(start)
    head = file.read(65_536)
    if _OWN_BLOCK.match(head, head.find(b"\n") + 1):
        return start  # quoted without exception, and the message's own fields are not to be trusted here
    length = header_lines(head.partition(b"\n")[2], (b"content-length",)).get(b"content-length", b"")
    body = re.search(rb"\n\r?\n", head)
    if not length.isdigit() or len(length) > 12 or body is None:
        return start
    end = start + body.end() + int(length)
    file.seek(end)
    after = file.read(8)
    is_end = re.match(rb"\r?\n?\Z|\r?\n?From ", after) is not None
    return end if is_end else start


def write_mbox(path: Path, messages: Iterable[Found]) -> int:
    """Write messages to a new file (one that exists is replaced); returns how many."""
    count = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for message in messages:
            file.write(_written(message))
            count += 1
    return count


def _written(message: Found) -> bytes:
    received_at = (message.received_at or datetime.fromtimestamp(0, UTC)).astimezone(UTC)
    exact = message.received_at.astimezone(UTC).isoformat() if message.received_at else "-"
    lines = [
        f"From MAILER-DAEMON {received_at.ctime()}",
        *status_lines(message.keywords),
        f"X-Posthorn-Message: {len(message.raw)} {exact}",
    ]
    quoted = _UNQUOTED.sub(b">", message.raw)
    return "".join(f"{line}\n" for line in lines).encode() + quoted + b"\n\n"
