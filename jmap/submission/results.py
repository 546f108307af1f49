"""What became of a submission: the delivery status of each recipient, when it can't be taken back, and the reports that
came in (RFC 8621 §7 deliveryStatus, undoStatus, dsnBlobIds, mdnBlobIds).

`record` opens the write door by itself; the others are for who stands inside it already. A submission that was
destroyed meanwhile is passed over: its deliveries go on without it."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from psycopg.types.json import Jsonb

from jmap.core import sql
from jmap.core.writing import Log, writing

TYPE = "EmailSubmission"
WHERE = "account_id = %s AND id = %s"
REPORTS = {"dsn": "dsn_blobs", "mdn": "mdn_blobs"}


class DeliveryStatus(TypedDict, total=False):
    """As on the wire; what is left out stays as it was."""

    smtpReply: str
    delivered: Literal["queued", "yes", "no", "unknown"]
    displayed: Literal["unknown", "yes"]


def queued_status() -> DeliveryStatus:
    """Of a recipient whom nothing has been tried for yet."""
    return {"smtpReply": "250 2.0.0 Queued", "delivered": "queued", "displayed": "unknown"}


def canceled_status() -> DeliveryStatus:
    """Of a recipient whose message was taken back."""
    return {"smtpReply": "554 5.0.0 Canceled by the sender", "delivered": "no", "displayed": "unknown"}


def reply_text(lines: Sequence[str]) -> str:
    """An SMTP reply of several lines as one (RFC 8621 §7 smtpReply)."""
    first, *others = [f"{line[:3]} {line[4:]}" if line[3:4] == "-" else line for line in lines] or [""]
    parts = [first, *(strip_common(line, first) for line in others)]
    return " ".join(part.strip() for part in parts if part.strip())


def strip_common(line: str, first: str) -> str:
    """A further line without what it begins with in common with the first: the code, and the enhanced code if both
    have it. Words of the text that happen to be the same stay."""
    code, _, rest = line.partition(" ")
    first_code, _, first_rest = first.partition(" ")
    if code != first_code:
        return line
    enhanced, space, text = rest.partition(" ")
    return text if space and enhanced.count(".") == 2 and first_rest.startswith(f"{enhanced} ") else rest


def record(account_id: int, submission_id: int, recipient: str, status: DeliveryStatus) -> None:
    """Note what is known now of one recipient, who is named as in the envelope."""
    with writing(account_id, "delivery") as log:
        note(log, submission_id, {recipient: status})


def note(log: Log, submission_id: int, statuses: Mapping[str, DeliveryStatus]) -> None:
    """`record` for several recipients, inside the write door."""
    found = sql.row(
        f"SELECT undo_status, delivery_status FROM submission_emailsubmission WHERE {WHERE}",
        log.account_id, submission_id,
    )  # fmt: skip
    if found is None:
        return
    undo_status, before = found
    after = before | {
        address: {**queued_status(), **before.get(address, {}), **status} for address, status in statuses.items()
    }
    if after != before:
        sql.run(
            f"UPDATE submission_emailsubmission SET delivery_status = %s WHERE {WHERE}",
            Jsonb(after), log.account_id, submission_id,
        )  # fmt: skip
        log.updated(TYPE, submission_id, {"undo_status": undo_status})


def finalize(log: Log, submission_id: int) -> None:
    """From now on it can't be taken back. Whoever claims a submission's rows calls this under the same lock, so that
    of a claim and a cancel exactly one wins."""
    if sql.run(
        f"UPDATE submission_emailsubmission SET undo_status = 'final' WHERE {WHERE} AND undo_status = 'pending'",
        log.account_id, submission_id,
    ):  # fmt: skip
        log.updated(TYPE, submission_id, {"undo_status": "pending"})


def add_report(log: Log, submission_id: int, kind: Literal["dsn", "mdn"], blob: bytes) -> None:
    """Keep a DSN or MDN that came in for this submission, after those that came before; its blob is kept already."""
    column = REPORTS[kind]
    status = sql.value(
        f"UPDATE submission_emailsubmission SET {column} = {column} || %s::bytea"
        f" WHERE {WHERE} AND NOT %s = ANY({column}) RETURNING undo_status",
        blob, log.account_id, submission_id, blob,
    )  # fmt: skip
    if status is not None:
        log.updated(TYPE, submission_id, {"undo_status": status})


def referred(account_id: int, hashes: list[bytes]) -> set[bytes]:
    """Those of the blobs that are reports of some submission, so whoever may read it may read them."""
    found = sql.rows(
        "SELECT DISTINCT blob FROM submission_emailsubmission, unnest(dsn_blobs || mdn_blobs) blob"
        " WHERE account_id = %s AND (dsn_blobs && %s OR mdn_blobs && %s) AND blob = ANY(%s)",
        account_id, hashes, hashes, hashes,
    )  # fmt: skip
    return {bytes(blob) for (blob,) in found}
