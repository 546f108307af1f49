"""Repairs of what check_integrity finds: derived data made anew, under the account's lock."""

from collections.abc import Iterable

from psycopg.types.json import Jsonb

from jmap.core import blobs, sql
from jmap.core.writing import Log, writing
from jmap.mail import rows
from jmap.mail.batch import Batch
from jmap.mail.envelope import read_envelope
from jmap.mail.ingest import merge
from jmap.mail.integrity import EXISTING, Problem, computed_counts

# Of these, clients may have seen the consequences, and no change told them; so they must fetch everything anew.
SEEN = {"derived", "membership", "orphans", "log"}


def repair_account(account_id: int, problems: list[Problem]) -> None:
    """Mend what can be mended without a person."""
    kinds = {problem.repair for problem in problems}
    with writing(account_id, "repair") as log:
        if kinds & SEEN:
            begin_anew(log)
        if "ids" in kinds:
            log.next_id = sql.value("SELECT max(id) + 1 FROM mail_email WHERE account_id = %s", account_id)
        if "orphans" in kinds:
            remove_orphans(account_id)
        if "derived" in kinds:
            derive_again(account_id, {problem.email_id for problem in problems})
        if "membership" in kinds:
            rebuild_membership(account_id)
        if kinds & {"membership", "counts"}:
            for mailbox in rebuild_counts(account_id):
                log.updated("Mailbox", mailbox, counts_only=True)
        if "used" in kinds:
            log.used = sql.value(
                "SELECT coalesce(sum(size), 0)::bigint FROM mail_email WHERE account_id = %s", account_id
            )
        if "places" in kinds:
            find_places(log)
        if kinds & {"threads", "derived"}:
            join_threads(log)


def begin_anew(log: Log) -> None:
    """Forget every change under a new epoch, which no state that a client holds belongs to."""
    log.states = dict.fromkeys({*EXISTING, *log.states}, log.modseq)
    sql.run("DELETE FROM core_change WHERE account_id = %s", log.account_id)
    sql.run(
        "UPDATE accounts_account SET epoch = epoch + 1, floors = %s WHERE id = %s", Jsonb(log.states), log.account_id
    )


def remove_orphans(account_id: int) -> None:
    for table in ("mail_emailenvelope", "mail_emailtext"):
        sql.run(
            f"DELETE FROM {table} t WHERE account_id = %s AND NOT EXISTS"
            " (SELECT 1 FROM mail_email e WHERE e.account_id = t.account_id AND e.id = t.email_id)",
            account_id,
        )


def rebuild_membership(account_id: int) -> None:
    sql.run("DELETE FROM mail_emailmailbox WHERE account_id = %s", account_id)
    sql.run(
        "INSERT INTO mail_emailmailbox (account_id, mailbox_id, email_id, thread_id, received_at, flags)"
        " SELECT account_id, unnest(mailbox_ids), id, thread_id, received_at, flags FROM mail_email"
        " WHERE account_id = %s",
        account_id,
    )


def rebuild_counts(account_id: int) -> list[int]:
    """Returns the mailboxes, all of them."""
    counts = computed_counts(account_id)
    mailboxes = [id for (id,) in sql.rows("SELECT id FROM mail_mailbox WHERE account_id = %s", account_id)]
    for id in mailboxes:
        sql.run(
            "UPDATE mail_mailbox SET total_emails = %s, unread_emails = %s, total_threads = %s, unread_threads = %s"
            " WHERE account_id = %s AND id = %s",
            *(counts[id, which] for which in range(4)), account_id, id,
        )  # fmt: skip
    return mailboxes


def derive_again(account_id: int, wrong: Iterable[int]) -> None:
    """What is read out of the message, for these emails and those that lack some of it."""
    found = sql.rows(
        "SELECT e.id, e.thread_id, e.blob, e.received_at FROM mail_email e WHERE e.account_id = %s AND (e.id = ANY(%s)"
        " OR NOT EXISTS (SELECT 1 FROM mail_emailenvelope v WHERE v.account_id = e.account_id AND v.email_id = e.id)"
        " OR NOT EXISTS (SELECT 1 FROM mail_emailtext t WHERE t.account_id = e.account_id AND t.email_id = e.id"
        " AND t.received_at = e.received_at))",
        account_id, list(wrong),
    )  # fmt: skip
    for id, thread_id, digest, received_at in found:
        located = blobs.open_blob(account_id, digest)
        if located is None:
            continue
        envelope = read_envelope(account_id, located.octets())
        for table in ("mail_emailenvelope", "mail_emailtext", "mail_messageid"):
            sql.run(f"DELETE FROM {table} WHERE account_id = %s AND email_id = %s", account_id, id)
        rows.insert_envelope(account_id, id, envelope)
        rows.insert_text(account_id, id, received_at, envelope)
        rows.insert_message_ids(account_id, id, thread_id, envelope)
        sql.run(
            "UPDATE mail_email SET has_attachment = %s WHERE account_id = %s AND id = %s",
            envelope.has_attachment, account_id, id,
        )  # fmt: skip


def find_places(log: Log) -> None:
    """Emails leave mailboxes that do not exist; those that are in no other go to the inbox, where they are seen."""
    mailboxes: dict[int, str | None] = dict(
        sql.rows("SELECT id, role FROM mail_mailbox WHERE account_id = %s", log.account_id)
    )
    inbox = {id for id, role in mailboxes.items() if role == "inbox"} or {min(mailboxes)}
    lost = sql.rows(
        "SELECT id, mailbox_ids FROM mail_email WHERE account_id = %s"
        " AND (cardinality(mailbox_ids) = 0 OR NOT mailbox_ids <@ %s::bigint[])",
        log.account_id, list(mailboxes),
    )  # fmt: skip
    batch = Batch(log)
    batch.load(id for id, _ in lost)
    for id, named in lost:
        batch.move(id, set(named) & mailboxes.keys() or inbox)
    batch.flush()
    for gone in {mailbox for _, named in lost for mailbox in named} - mailboxes.keys():
        log.note("Mailbox", gone, None)  # its counts are nobody's


def join_threads(log: Log) -> None:
    """Message ids lead to the threads their emails are in; threads that share one become one (RFC 8621 §3)."""
    of_email = "e.account_id = i.account_id AND e.id = i.email_id"
    sql.run(
        "DELETE FROM mail_messageid i WHERE account_id = %s AND NOT EXISTS"
        f" (SELECT 1 FROM mail_email e WHERE {of_email})",
        log.account_id,
    )
    sql.run(
        f"UPDATE mail_messageid i SET thread_id = e.thread_id FROM mail_email e WHERE {of_email}"
        " AND i.account_id = %s AND i.thread_id <> e.thread_id",
        log.account_id,
    )
    divided = (
        "SELECT array_agg(DISTINCT thread_id) FROM mail_messageid WHERE account_id = %s"
        " GROUP BY message_id, subject HAVING count(DISTINCT thread_id) > 1 LIMIT 1"
    )
    while threads := sql.value(divided, log.account_id):
        batch = Batch(log)
        merge(batch, threads)
        batch.flush()
