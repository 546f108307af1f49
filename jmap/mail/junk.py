"""What users say is junk, or not: noted where they move it, for whoever trains a filter by it."""

from collections.abc import Iterable

from jmap.core import sql
from jmap.core.doorbell import bells, ring
from jmap.mail.batch import Batch

BELL = "junk report"

NOTE = """
INSERT INTO mail_junkreport (account_id, blob, is_junk)
SELECT DISTINCT ON (e.blob) e.account_id, e.blob, said.is_junk
FROM unnest(%s::bigint[], %s::bool[]) said(id, is_junk) JOIN mail_email e ON e.account_id = %s AND e.id = said.id
ON CONFLICT (account_id, blob) DO UPDATE SET is_junk = excluded.is_junk, due_at = now(), attempts = 0
RETURNING id
"""


def note_moves(batch: Batch, email_ids: Iterable[int]) -> None:
    """Note which of these emails, not flushed yet, were moved into Junk, and which out of it. Where nobody listens to
    the bell, nothing is noted."""
    moved = {id: entry for id in email_ids if (entry := batch.entries[id]).stored_mailboxes != entry.mailbox_ids}
    if BELL not in bells or not moved:
        return
    junk, trash = (role_id(batch.log.account_id, role) for role in ("junk", "trash"))
    said: dict[int, bool] = {}
    for id, entry in moved.items():
        if junk in entry.mailbox_ids - entry.stored_mailboxes:
            said[id] = True
        elif junk in entry.stored_mailboxes - entry.mailbox_ids and entry.mailbox_ids != {trash}:
            said[id] = False  # to throw junk away is not to say that it is none
    if said:
        noted = sql.rows(NOTE, list(said), list(said.values()), batch.log.account_id)
        ring(BELL, noted[0][0])


def role_id(account_id: int, role: str) -> int | None:
    found: int | None = sql.value("SELECT id FROM mail_mailbox WHERE account_id = %s AND role = %s", account_id, role)
    return found


def referred(account_id: int, hashes: list[bytes]) -> Iterable[bytes]:
    """Those of the blobs that are still to be told of."""
    found = sql.rows("SELECT blob FROM mail_junkreport WHERE account_id = %s AND blob = ANY(%s)", account_id, hashes)
    return {bytes(blob) for (blob,) in found}
