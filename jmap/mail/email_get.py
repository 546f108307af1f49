"""Email/get (RFC 8621 §4.2): one statement, and JSON that was made ready when the message came in."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

import orjson
from django.conf import settings

from jmap.core import blobs, sql
from jmap.core.errors import BadValue
from jmap.core.references import Raw
from jmap.mail.email_body import BODY_NAMES, Message, check_header_name
from jmap.mail.envelope import LISTED
from jmap.mail.keywords import flags_json, unpack
from jmap.mime.structure import from_stored

Row = tuple[Any, ...]
Wire = dict[str, Any]
DEFAULT_NAMES = (
    "id", "blobId", "threadId", "mailboxIds", "keywords", "size", "receivedAt", "messageId", "inReplyTo", "references",
    "sender", "from", "to", "cc", "bcc", "replyTo", "subject", "sentAt", "hasAttachment", "preview", "bodyValues",
    "textBody", "htmlBody", "attachments",
)  # fmt: skip
HOT = "e.id, e.thread_id, e.mailbox_ids, e.flags, e.keywords, e.size, e.received_at, e.has_attachment, e.blob"
BLOBS_AT_ONCE = 50
LISTING, HEADERS, STRUCTURE = 9, 10, 11  # where the columns after HOT stand


def utc_date(moment: datetime) -> str:
    """A UTCDate; a fraction only where it is not zero (RFC 8620 §1.4)."""
    text = moment.isoformat()[:26].removesuffix("+00:00")
    return (text.rstrip("0") if "." in text else text) + "Z"


def keywords_json(row: Row) -> bytes:
    return orjson.dumps(unpack(row[3], row[4])) if row[4] else flags_json(row[3])


METADATA: dict[str, Callable[[Row], bytes]] = {
    "id": lambda row: b'"e%d"' % row[0],
    "threadId": lambda row: b'"t%d"' % row[1],
    "mailboxIds": lambda row: b"{" + b",".join(b'"m%d":true' % id for id in row[2]) + b"}",
    "keywords": keywords_json,
    "size": lambda row: b"%d" % row[5],
    "receivedAt": lambda row: b'"' + utc_date(row[6]).encode() + b'"',
    "hasAttachment": lambda row: b"true" if row[7] else b"false",
    "blobId": lambda row: b'"b' + row[8].hex().encode() + b'"',
}


def is_property(name: str) -> bool:
    return name in METADATA or name in LISTED or name in BODY_NAMES or name == "headers"


def check_name(name: str) -> None:
    """Raises BadValue unless this is a property of an Email."""
    if name.startswith("header:"):
        check_header_name(name)
    elif not is_property(name):
        raise BadValue(f"there is no property {name!r}")


def fetch(
    account_id: int,
    numbers: Sequence[int] | None,
    names: Iterable[str],
    options: Wire,
    take_room: Callable[[int], None] | None = None,
) -> dict[int, Raw]:
    """Emails as JSON by number. `take_room` is told the octets of each and may raise."""
    wanted = ["id", *(name for name in names if name != "id")]
    writers = [(b'"%s":' % name.encode(), writer(account_id, name, options)) for name in wanted]
    body = any(name in BODY_NAMES for name in wanted)
    found = select(account_id, numbers, wanted, body)
    shelf = Shelf(account_id, [bytes(row[8]) for row in found])
    result = {}
    for row in found:
        message = read_message(shelf, row) if body or row[HEADERS] is not None else None
        listing = row[LISTING].split(b"\n") if row[LISTING] is not None else ()
        octets = b",".join([key + write(row, listing, message) for key, write in writers])
        result[row[0]] = Raw(b"{" + octets + b"}")
        if take_room:
            take_room(len(octets))
    return result


def select(account_id: int, numbers: Sequence[int] | None, names: list[str], body: bool) -> list[Row]:
    """The rows, with just those columns of the envelope that the properties need."""
    listed = any(name in LISTED for name in names)
    headers = any(name == "headers" or name.startswith("header:") for name in names)
    columns = [
        HOT,
        "v.listing" if listed else "NULL::bytea",
        "v.headers" if headers or body else "NULL::bytea",
        "v.structure" if body else "NULL::bytea",
    ]
    envelope = "JOIN mail_emailenvelope v ON v.account_id = e.account_id AND v.email_id = e.id"
    source = f"SELECT {', '.join(columns)} FROM mail_email e {envelope if listed or headers or body else ''}"
    if numbers is None:
        limit = settings.MAX_OBJECTS_IN_GET + 1
        return sql.rows(
            f"{source} WHERE e.account_id = %s ORDER BY e.received_at DESC, e.id DESC LIMIT {limit}", account_id
        )
    return sql.rows(f"{source} WHERE e.account_id = %s AND e.id = ANY(%s)", account_id, list(numbers))


Writer = Callable[[Row, Sequence[bytes], Message | None], bytes]


def writer(account_id: int, name: str, options: Wire) -> Writer:
    """How one property is written."""
    if name in METADATA:
        metadata = METADATA[name]
        return lambda row, listing, message: metadata(row)
    if name in LISTED:
        at = LISTED.index(name)
        return lambda row, listing, message: listing[at]
    return partial(write_body, name, options)


def write_body(name: str, options: Wire, row: Row, listing: Sequence[bytes], message: Message) -> bytes:
    return orjson.dumps(message.property(name, options))


@dataclass
class Shelf:
    """The messages of a list of emails, fetched a group at a time, when the first of a group is asked for."""

    account_id: int
    hashes: list[bytes]
    group: dict[bytes, blobs.Located] = field(default_factory=dict)

    def read(self, sha256: bytes) -> bytes:
        if sha256 not in self.group:
            at = self.hashes.index(sha256)
            self.group = blobs.open_blobs(self.account_id, self.hashes[at : at + BLOBS_AT_ONCE])
        return octets_of(self.group.get(sha256))


def read_message(shelf: Shelf, row: Row) -> Message:
    """The message of a row; its octets are read only if a property needs them."""
    root = from_stored(orjson.loads(row[STRUCTURE])) if row[STRUCTURE] is not None else None
    return Message(blobs.blob_id(row[8]), root, partial(shelf.read, bytes(row[8])), row[HEADERS])  # type: ignore[arg-type]


def read_octets(account_id: int, sha256: bytes) -> bytes:
    return octets_of(blobs.open_blob(account_id, sha256))


def octets_of(located: blobs.Located | None) -> bytes:
    if located is None:
        raise LookupError("an email without its blob; run check_integrity")
    return located.octets()
