"""What is read out of a message once, when it comes in, so that nothing is parsed when it is read."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from jmap.core.collation import unicode_casemap
from jmap.mail.search import index_row
from jmap.mime.body import has_attachment
from jmap.mime.headers import convenience_properties
from jmap.mime.message import parse
from jmap.mime.preview import preview
from jmap.mime.structure import Header, Part, leaves, to_stored
from jmap.mime.text import text_of
from jmap.mime.threads import base_subject, thread_message_ids

# The properties whose JSON lies ready, one a line, in this order.
LISTED = (
    "messageId", "inReplyTo", "references", "sender", "from", "to", "cc", "bcc", "replyTo", "subject", "sentAt",
    "preview",
)  # fmt: skip
MAX_HEADERS = 256 * 1024  # octets of the header block that are kept beside the message
MAX_SORT_KEY = 255
MAX_TEXT = 1_000_000  # characters of a message's text that are indexed
MAX_THREAD_IDS = 500  # message ids of one message that thread it


@dataclass(slots=True)
class Envelope:
    """The immutable columns of an email; `sort` has from_sort, to_sort, subject_sort and their keys."""

    size: int
    has_attachment: bool
    listing: bytes
    headers: bytes
    structure: bytes
    sent_at: datetime | None
    sort: tuple[str, str, str, str, str, str]
    message_ids: list[int]  # hashes of all that thread it
    message_id: int | None  # of its own
    fingerprint: int | None  # of its own and its body
    subject: int
    lexemes: list[str]
    text: bytes


def read_envelope(account_id: int, raw: bytes) -> Envelope:
    """Parse a message whole. CPU work only: done before the account is locked."""
    root = parse(raw)
    known = convenience_properties(root.headers)
    known["preview"] = preview(raw, root)
    lexemes, text = index_row(account_id, search_fields(raw, root, known))
    return Envelope(
        size=len(raw),
        has_attachment=has_attachment(root),
        listing=b"\n".join(orjson.dumps(known[name]) for name in LISTED),
        headers=bytes(raw[root.header_start : min(root.header_end, root.header_start + MAX_HEADERS)]),
        structure=orjson.dumps(to_stored(root)),
        sent_at=parse_sent_at(known["sentAt"]),
        sort=sort_columns(known),
        message_ids=list(dict.fromkeys(map(hash64, thread_message_ids(root.headers)[:MAX_THREAD_IDS]))),
        message_id=hash64(own[0]) if (own := known["messageId"]) else None,
        fingerprint=hash64(own[0] + hashlib.sha256(raw[root.body_start :]).hexdigest()) if own else None,
        subject=hash64("".join(base_subject(known["subject"] or "").split()).casefold()),
        lexemes=lexemes,
        text=text,
    )


def bare_envelope(account_id: int, size: int) -> Envelope:
    """What a message gets that can't be read, for whatever reason: all of it is one text, without header fields."""
    known = dict.fromkeys(LISTED) | {"preview": ""}
    lexemes, text = index_row(account_id, {})
    return Envelope(
        size=size,
        has_attachment=False,
        listing=b"\n".join(orjson.dumps(known[name]) for name in LISTED),
        headers=b"",
        structure=orjson.dumps(to_stored(Part("1", [], 0, 0, 0, size, size=size))),
        sent_at=None,
        sort=("", "", "", "", "", ""),
        message_ids=[],
        message_id=None,
        fingerprint=None,
        subject=hash64(""),
        lexemes=lexemes,
        text=text,
    )


def hash64(text: str) -> int:
    """A signed 64-bit hash, the same for ever."""
    return int.from_bytes(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True
    )


def parse_sent_at(value: str | None) -> datetime | None:
    """The Date header field; None where there is none, or one that no UTC date can hold."""
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def sort_columns(known: dict[str, Any]) -> tuple[str, str, str, str, str, str]:
    """RFC 8621 §4.4.2: what from, to and subject sort by, as they are and casemapped."""
    plain = [first_name(known["from"]), first_name(known["to"]), base_subject(known["subject"] or "")[:MAX_SORT_KEY]]
    keys = [unicode_casemap(text)[:MAX_SORT_KEY] for text in plain]
    return plain[0], plain[1], plain[2], keys[0], keys[1], keys[2]


def first_name(addresses: list[dict[str, Any]] | None) -> str:
    first = addresses[0] if addresses else {}
    return str(first.get("name") or first.get("email") or "")[:MAX_SORT_KEY]


def search_fields(raw: bytes, root: Part, known: dict[str, Any]) -> dict[str, str | list[str]]:
    """The texts that can be searched, by field (RFC 8621 §4.4.1)."""
    addresses: dict[str, str | list[str]] = {name: spell(known[name]) for name in ("from", "to", "cc", "bcc")}
    return addresses | {
        "subject": known["subject"] or "",
        "attachments": [part.name for part in leaves(root) if part.name],
        "header": header_fields(root.headers),
        "body": text_of(raw, root, MAX_TEXT),
    }


def spell(addresses: list[dict[str, Any]] | None) -> list[str]:
    return [f"{address['name'] or ''} {address['email']}".strip() for address in addresses or ()]


def header_fields(headers: list[Header]) -> list[str]:
    """Every header field as "name: text", for the filter `header`."""
    from jmap.mime.headers import as_text

    return [f"{header.name}: {as_text(header.value)}" for header in headers]
