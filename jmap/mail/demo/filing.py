"""Filing the demo messages in an account."""

from datetime import UTC, datetime

from jmap.core import blobs, sql
from jmap.core.writing import writing
from jmap.mail.batch import Batch
from jmap.mail.demo import messages
from jmap.mail.envelope import read_envelope
from jmap.mail.ingest import NewEmail, ingest


def fill(account_id: int) -> int:
    """Put the demo messages into an account's mailboxes; returns how many. For an account that is new."""
    now = datetime.now(UTC)
    found = sorted(messages(now), key=lambda message: -message.age)
    ready = [
        (message, read_envelope(account_id, message.raw), blobs.keep(account_id, message.raw)) for message in found
    ]
    with writing(account_id, "demo") as log:
        roles: dict[str, int] = dict(sql.rows("SELECT role, id FROM mail_mailbox WHERE account_id = %s", account_id))
        batch = Batch(log)
        for message, envelope, blob in ready:
            mailboxes = {roles[message.mailbox]}
            ingest(batch, NewEmail(envelope, blob, mailboxes, message.keywords, now - message.age))
        batch.flush()
    return len(found)
