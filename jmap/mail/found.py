"""A message found in a mail file, and what a file's own marks make of its keywords and folder.

A folder is its names from the top joined by "/"; a "/" or "%" inside a name is percent-encoded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote

from jmap.mail.keywords import FORBIDDEN, KEYWORD
from jmap.mime.dates import parse_date

MAX_MESSAGE = 150_000_000  # octets; a longer one is reported, never loaded


@dataclass(frozen=True, slots=True)
class Found:
    """`key` names the message in its source and is the same whenever it is read; `also` are further folders."""

    key: str
    folder: str
    raw: bytes
    received_at: datetime | None
    keywords: frozenset[str]
    also: tuple[str, ...] = ()
    octets: int = 0  # how much of the source is done with it, for progress


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that could not be taken, and why; reading goes on after it."""

    key: str
    folder: str
    problem: str
    octets: int = 0


def join_folder(names: Iterable[str]) -> str:
    return "/".join(name.replace("%", "%25").replace("/", "%2F") for name in names)


def split_folder(folder: str) -> list[str]:
    return [unquote(name) for name in folder.split("/")] if folder else []


def valid_keywords(words: Iterable[str]) -> frozenset[str]:
    """Those that RFC 8621 §4.1.1 allows, in lower case."""
    return frozenset(word.lower() for word in words if KEYWORD.match(word) and FORBIDDEN.isdisjoint(word))


def header_lines(raw: bytes, names: Sequence[bytes]) -> dict[bytes, bytes]:
    """First value of each of these header fields (lower-case names), unfolded; looks at the first 256 KB alone."""
    head = raw[:262_144]
    ends = [at for at in (head.find(b"\n\n"), head.find(b"\n\r\n")) if at >= 0]
    found: dict[bytes, bytes] = {}
    last = None
    for line in head[: min(ends, default=len(head))].splitlines():
        if line[:1] in (b" ", b"\t"):
            if last is not None:
                found[last] += b" " + line.strip()
            continue
        name, _, value = line.partition(b":")
        name = name.strip().lower()
        last = name if name in names and name not in found else None
        if last is not None:
            found[last] = value.strip()
    return found


def header_date(raw: bytes) -> datetime | None:
    """The moment in UTC that the Date field names."""
    value = header_lines(raw, (b"date",)).get(b"date")
    return utc(parse_date(value.decode("latin-1"))) if value else None


def utc(moment: datetime | None) -> datetime | None:
    """In UTC; None where that is before year 1 or after 9999."""
    try:
        return moment.astimezone(UTC) if moment else None
    except OverflowError:
        return None
