"""What is derived from messages against the messages themselves: slow, for each of them is read and parsed again."""

import hashlib
from collections.abc import Iterator
from typing import Any

from zstandard import ZstdError

from jmap.core import blobs, sql
from jmap.mail.envelope import Envelope, read_envelope
from jmap.mail.search import read_text

AT_ONCE = 100
STORED = """
SELECT e.id, e.blob, e.has_attachment, v.listing, v.headers, v.structure, v.sent_at, v.fingerprint,
    ARRAY[v.from_sort, v.to_sort, v.subject_sort, v.from_key, v.to_key, v.subject_key],
    tsvector_to_array(t.lexemes), t.text,
    ARRAY(SELECT i.message_id FROM mail_messageid i WHERE i.account_id = e.account_id AND i.email_id = e.id),
    ARRAY(SELECT i.subject FROM mail_messageid i WHERE i.account_id = e.account_id AND i.email_id = e.id)
FROM mail_email e
JOIN mail_emailenvelope v ON v.account_id = e.account_id AND v.email_id = e.id
JOIN mail_emailtext t ON t.account_id = e.account_id AND t.email_id = e.id
WHERE e.account_id = %s AND e.id > %s ORDER BY e.id LIMIT %s
"""


def damaged_blobs(account_id: int) -> Iterator[bytes]:
    """The hashes of the blobs that are not what they were."""
    for (digest,) in sql.rows("SELECT sha256 FROM core_blob WHERE account_id = %s", account_id):
        octets = read_blob(account_id, digest)
        if octets is None or hashlib.sha256(octets).digest() != digest:
            yield digest


def read_blob(account_id: int, digest: bytes) -> bytes | None:
    """None where it is missing or can't be unpacked."""
    try:
        located = blobs.open_blob(account_id, digest)
        return None if located is None else located.octets()
    except (OSError, ValueError, ZstdError):
        return None


def wrongly_derived(account_id: int) -> Iterator[tuple[int, list[str]]]:
    """The emails of which something kept is not what their message gives: (id, what)."""
    last = 0
    while found := sql.rows(STORED, account_id, last, AT_ONCE):
        for id, digest, *stored in found:
            octets = read_blob(account_id, digest)
            derived = derived_fields(read_envelope(account_id, octets)) if octets is not None else {}
            kept = stored_fields(stored)
            if wrong := [name for name, value in derived.items() if kept[name] != value]:
                yield id, wrong
        last = found[-1][0]


def derived_fields(envelope: Envelope) -> dict[str, Any]:
    ids = envelope.message_ids
    return {
        "hasAttachment": envelope.has_attachment,
        "properties": envelope.listing,
        "headers": envelope.headers,
        "structure": envelope.structure,
        "sentAt": envelope.sent_at,
        "fingerprint": envelope.fingerprint,
        "sort keys": list(envelope.sort),
        "lexemes": set(envelope.lexemes),
        "text": read_text(envelope.text),
        "message ids": (set(ids), {envelope.subject} if ids else set()),
    }


def stored_fields(row: list[Any]) -> dict[str, Any]:
    """The columns of STORED after the blob, as `derived_fields` has them."""
    has_attachment, listing, headers, structure, sent_at, fingerprint, sort, lexemes, text, ids, subjects = row
    return {
        "hasAttachment": has_attachment,
        "properties": listing,
        "headers": headers,
        "structure": structure,
        "sentAt": sent_at,
        "fingerprint": fingerprint,
        "sort keys": sort,
        "lexemes": set(lexemes),
        "text": unpacked(text),
        "message ids": (set(ids), set(subjects)),
    }


def unpacked(text: bytes) -> Any:
    try:
        return read_text(text)
    except (ValueError, ZstdError):
        return None
