"""The one way for an Email to be born: create, import, copy and delivery all end here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from jmap.core import sql
from jmap.core.errors import InvalidProperties, SetError
from jmap.core.writing import Log
from jmap.mail import limits
from jmap.mail.batch import Batch
from jmap.mail.envelope import Envelope
from jmap.mail.keywords import pack
from jmap.mail.rows import INSERT_ENVELOPE, INSERT_MESSAGE_IDS, INSERT_TEXT

INSERT = f"""
WITH email AS (
    INSERT INTO mail_email (account_id, id, thread_id, received_at, size, has_attachment, flags, keywords,
                            mailbox_ids, blob)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
), membership AS (
    INSERT INTO mail_emailmailbox (account_id, mailbox_id, email_id, thread_id, received_at, flags)
    SELECT %s, mailbox, %s, %s, %s, %s FROM unnest(%s::bigint[]) mailbox
), envelope AS ({INSERT_ENVELOPE}), words AS ({INSERT_TEXT})
{INSERT_MESSAGE_IDS}
"""


@dataclass(slots=True)
class NewEmail:
    """All that makes an email: its message, read, and its first mutable properties."""

    envelope: Envelope
    blob: bytes  # SHA-256; the octets are stored already
    mailbox_ids: set[int]
    keywords: Iterable[str]
    received_at: datetime


def ingest(batch: Batch, new: NewEmail) -> tuple[int, int]:
    """Insert an email and put it in its thread; returns (email id, thread id). The batch must be flushed by the
    caller. Raises SetError overQuota."""
    log = batch.log
    log.charge(new.envelope.size)
    email_id = log.new_id()
    thread_id = find_thread(batch, new.envelope) or email_id
    flags, others = pack(new.keywords)
    insert(log.account_id, email_id, thread_id, flags, others, new)
    batch.add(email_id, thread_id, new.envelope.size, new.mailbox_ids, flags, others)
    return email_id, thread_id


def insert(account_id: int, email_id: int, thread_id: int, flags: int, others: list[str], new: NewEmail) -> None:
    """One statement for the rows of all tables."""
    envelope, mailboxes = new.envelope, sorted(new.mailbox_ids)
    sql.run(
        INSERT,
        account_id, email_id, thread_id, new.received_at, envelope.size, envelope.has_attachment, flags, others,
        mailboxes, new.blob,
        account_id, email_id, thread_id, new.received_at, flags, mailboxes,
        account_id, email_id, envelope.listing, envelope.headers, envelope.structure, envelope.sent_at, *envelope.sort,
        envelope.fingerprint,
        account_id, email_id, new.received_at, envelope.lexemes, envelope.text,
        account_id, envelope.subject, email_id, thread_id, envelope.message_ids,
    )  # fmt: skip


def find_thread(batch: Batch, envelope: Envelope) -> int | None:
    """The thread that shares a message id and the base subject (RFC 8621 §3), merged where there are several."""
    if not envelope.message_ids:
        return None
    found = sql.rows(
        "SELECT DISTINCT thread_id FROM mail_messageid"
        " WHERE account_id = %s AND message_id = ANY(%s) AND subject = %s",
        batch.log.account_id, envelope.message_ids, envelope.subject,
    )  # fmt: skip
    return merge(batch, [thread_id for (thread_id,) in found]) if found else None


def merge(batch: Batch, threads: list[int]) -> int:
    """Make one thread of these: the emails of the smaller come back under new ids in the largest, which is returned."""
    batch.load_threads(threads)
    largest = max(threads, key=lambda id: (len(batch.threads[id]), -id))
    for thread_id in threads:
        if thread_id != largest:
            for email_id in sorted(batch.threads[thread_id]):
                batch.rehome(email_id, largest)
    return largest


def check_mailboxes(log: Log, mailbox_ids: Iterable[int]) -> None:
    """Raises SetError where an email may not be in these mailboxes: none, too many, or one that does not exist."""
    wanted = set(mailbox_ids)
    if not wanted:
        raise InvalidProperties(["mailboxIds"], "an Email is in one mailbox at least")
    if len(wanted) > limits.MAILBOXES_PER_EMAIL:
        raise SetError("tooManyMailboxes")
    known = sql.value(
        "SELECT count(*) FROM mail_mailbox WHERE account_id = %s AND id = ANY(%s)", log.account_id, list(wanted)
    )
    if known != len(wanted):
        raise InvalidProperties(["mailboxIds"], "there is no such mailbox")


def check_keywords(keywords: Iterable[str]) -> None:
    if len(set(keywords)) > limits.KEYWORDS_PER_EMAIL:
        raise SetError("tooManyKeywords")
