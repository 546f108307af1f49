"""The outgoing queue's front door: putting messages in, and taking them back while nobody sends them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from accounts.domains import normal_domain
from jmap.core import sql
from jmap.core.doorbell import ring

BELL = "queued"
KEPT_FOR = timedelta(days=5)  # how long delivery is tried (RFC 5321 §4.5.4.1)


@dataclass(frozen=True, slots=True)
class Recipient:
    """RCPT TO with its parameters (RFC 3461)."""

    address: str
    notify: str | None = None
    orcpt: str | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """MAIL FROM ("" for the null path) and everybody it goes to."""

    sender: str
    recipients: Sequence[Recipient]
    ret: str | None = None
    envid: str | None = None


def enqueue(
    account_id: int,
    blob: bytes,
    size: int,
    envelope: Envelope,
    *,
    kind: str,
    due_at: datetime,
    submission_id: int | None = None,
) -> list[int]:
    """One row a recipient, in the transaction around; the blob must be kept already. The first row's bell rings on
    commit. Returns the ids of the rows."""
    with transaction.atomic():
        rows = [
            sql.value(
                "INSERT INTO submission_queued (account_id, blob, size, submission_id, kind, sender, ret, envid,"
                " recipient, notify, orcpt, domain, due_at, expires_at)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
                account_id, blob, size, submission_id, kind, envelope.sender, envelope.ret, envelope.envid,
                recipient.address, recipient.notify, recipient.orcpt,
                domain_of(recipient.address), due_at, due_at + KEPT_FOR,
            )
            for recipient in envelope.recipients
        ]  # fmt: skip
        if rows:
            ring(BELL, rows[0])
    return rows


def domain_of(address: str) -> str:
    """As A-labels; an address literal (RFC 5321 §4.1.3) as it is. Raises BadAddress."""
    domain = address.rpartition("@")[2].lower()
    return domain if domain.startswith("[") and domain.endswith("]") else normal_domain(domain)


def cancel(account_id: int, submission_id: int) -> bool:
    """Take back a submission of which nothing has been tried yet; whether that succeeded. Under the account's lock."""
    waiting = "account_id = %s AND submission_id = %s AND state = 'waiting' AND attempts = 0 AND lease_until IS NULL"
    total = sql.value(
        "SELECT count(*) FROM submission_queued WHERE account_id = %s AND submission_id = %s", account_id, submission_id
    )
    held = sql.rows(
        f"SELECT id FROM submission_queued WHERE {waiting} FOR UPDATE SKIP LOCKED", account_id, submission_id
    )
    if not held or len(held) != total:
        return False
    sql.run("UPDATE submission_queued SET state = 'canceled' WHERE id = ANY(%s)", [id for (id,) in held])
    return True


def referred(account_id: int, hashes: list[bytes]) -> Iterable[bytes]:
    """Those of the blobs that wait to be sent, or to be reported on."""
    found = sql.rows(
        "SELECT DISTINCT blob FROM submission_queued WHERE account_id = %s AND blob = ANY(%s)"
        " AND (state = 'waiting' OR news)",
        account_id, hashes,
    )  # fmt: skip
    return {bytes(blob) for (blob,) in found}
