"""An email as filters and sorts see it: of now from the tables, of the past from the change log."""

from datetime import UTC, datetime
from typing import Any

from jmap.core.sql import Row

Record = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Of tables e (mail_email) and v (mail_emailenvelope). Times are microseconds since 1970, so that images are plain JSON.
FIELDS = {
    "id": "e.id",
    "thread_id": "e.thread_id",
    "mailbox_ids": "e.mailbox_ids",
    "flags": "e.flags",
    "keywords": "e.keywords",
    "received_at": "e.received_at",
    "size": "e.size",
    "has_attachment": "e.has_attachment",
    "sent_at": "v.sent_at",
    "from_sort": "v.from_sort",
    "to_sort": "v.to_sort",
    "subject_sort": "v.subject_sort",
}
COLUMNS = ", ".join(FIELDS.values())
TABLES = "mail_email e JOIN mail_emailenvelope v ON v.account_id = e.account_id AND v.email_id = e.id"


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    passed = moment - EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def record_of(row: Row) -> Record:
    """A row of COLUMNS as a record."""
    record = dict(zip(FIELDS, row, strict=True))
    record["received_at"] = microseconds(record["received_at"])
    record["sent_at"] = None if record["sent_at"] is None else microseconds(record["sent_at"])
    return record


def image(record: Record) -> Record:
    """What the log keeps of an email that is destroyed; of one that changes the batch keeps what can change."""
    return {name: record[name] for name in FIELDS if name != "id"}
