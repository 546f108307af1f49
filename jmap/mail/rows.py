"""The statements that write the tables of an email."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import orjson

from jmap.core import sql
from jmap.mail.envelope import Envelope

INSERT_ENVELOPE = """
    INSERT INTO mail_emailenvelope (account_id, email_id, listing, headers, structure, sent_at,
                                    from_sort, to_sort, subject_sort, from_key, to_key, subject_key, fingerprint)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
INSERT_TEXT = """
    INSERT INTO mail_emailtext (account_id, email_id, received_at, lexemes, text)
    VALUES (%s, %s, %s, array_to_tsvector(%s::text[]), %s)
"""
INSERT_MESSAGE_IDS = """
    INSERT INTO mail_messageid (account_id, message_id, subject, email_id, thread_id)
    SELECT %s, message_id, %s, %s, %s FROM unnest(%s::bigint[]) message_id
"""
TABLES_OF_EMAIL = ("mail_emailmailbox", "mail_emailenvelope", "mail_emailtext", "mail_messageid")


def insert_mailbox(
    account_id: int, id: int, name: str, *, parent: int | None = None, role: str | None = None, sort_order: int = 0
) -> None:
    """A mailbox without emails."""
    sql.run(
        "INSERT INTO mail_mailbox (account_id, id, parent_id, name, role, sort_order, total_emails, unread_emails,"
        " total_threads, unread_threads) VALUES (%s, %s, %s, %s, %s, %s, 0, 0, 0, 0)",
        account_id, id, parent, name, role, sort_order,
    )  # fmt: skip


def insert_envelope(account_id: int, email_id: int, envelope: Envelope) -> None:
    sql.run(
        INSERT_ENVELOPE,
        account_id, email_id, envelope.listing, envelope.headers, envelope.structure, envelope.sent_at, *envelope.sort,
        envelope.fingerprint,
    )  # fmt: skip


def insert_text(account_id: int, email_id: int, received_at: datetime, envelope: Envelope) -> None:
    sql.run(INSERT_TEXT, account_id, email_id, received_at, envelope.lexemes, envelope.text)


def insert_message_ids(account_id: int, email_id: int, thread_id: int, envelope: Envelope) -> None:
    sql.run(INSERT_MESSAGE_IDS, account_id, envelope.subject, email_id, thread_id, envelope.message_ids)


def update(account_id: int, changes: Sequence[tuple[int, int, list[str], list[int]]]) -> None:
    """Set flags, other keywords and mailboxes of emails: (id, flags, keywords, mailbox ids)."""
    if len(changes) == 1:
        id, flags, keywords, mailboxes = changes[0]
        sql.run(
            "UPDATE mail_email SET flags = %s, keywords = %s, mailbox_ids = %s WHERE account_id = %s AND id = %s",
            flags, keywords, mailboxes, account_id, id,
        )  # fmt: skip
    elif changes:
        # Arrays of arrays must be rectangular in PostgreSQL, so they travel as JSON.
        sql.run(
            "UPDATE mail_email e SET flags = c.flags,"
            " keywords = ARRAY(SELECT jsonb_array_elements_text(c.keywords)),"
            " mailbox_ids = ARRAY(SELECT jsonb_array_elements_text(c.mailboxes)::bigint)"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::jsonb[], %s::jsonb[]) c(id, flags, keywords, mailboxes)"
            " WHERE e.account_id = %s AND e.id = c.id",
            [id for id, *_ in changes],
            [flags for _, flags, *_ in changes],
            [orjson.dumps(keywords).decode() for _, _, keywords, _ in changes],
            [orjson.dumps(mailboxes).decode() for *_, mailboxes in changes],
            account_id,
        )


def update_flags(account_id: int, changes: Sequence[tuple[int, int]]) -> None:
    """Set nothing but flags: (id, flags)."""
    if changes:
        sql.run(
            "UPDATE mail_email e SET flags = c.flags FROM unnest(%s::bigint[], %s::bigint[]) c(id, flags)"
            " WHERE e.account_id = %s AND e.id = c.id",
            [id for id, _ in changes], [flags for _, flags in changes], account_id,
        )  # fmt: skip


def update_membership_flags(account_id: int, changes: Sequence[tuple[int, int, int]]) -> None:
    """Copy changed flags to memberships: (mailbox, email, flags). Triples, for each is one probe of the primary key."""
    if changes:
        sql.run(
            "UPDATE mail_emailmailbox m SET flags = c.flags"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) c(mailbox, email, flags)"
            " WHERE m.account_id = %s AND m.mailbox_id = c.mailbox AND m.email_id = c.email",
            [mailbox for mailbox, _, _ in changes], [email for _, email, _ in changes],
            [flags for *_, flags in changes], account_id,
        )  # fmt: skip


def leave(account_id: int, pairs: Sequence[tuple[int, int]]) -> None:
    """Remove memberships: (mailbox, email)."""
    if pairs:
        sql.run(
            "DELETE FROM mail_emailmailbox m USING unnest(%s::bigint[], %s::bigint[]) c(mailbox, email)"
            " WHERE m.account_id = %s AND m.mailbox_id = c.mailbox AND m.email_id = c.email",
            [mailbox for mailbox, _ in pairs], [email for _, email in pairs], account_id,
        )  # fmt: skip


def join(account_id: int, pairs: Sequence[tuple[int, int]]) -> None:
    """Add memberships: (mailbox, email)."""
    if pairs:
        sql.run(
            "INSERT INTO mail_emailmailbox (account_id, mailbox_id, email_id, thread_id, received_at, flags)"
            " SELECT e.account_id, c.mailbox, e.id, e.thread_id, e.received_at, e.flags"
            " FROM unnest(%s::bigint[], %s::bigint[]) c(mailbox, email)"
            " JOIN mail_email e ON e.account_id = %s AND e.id = c.email",
            [mailbox for mailbox, _ in pairs], [email for _, email in pairs], account_id,
        )  # fmt: skip


def delete(account_id: int, email_ids: Iterable[int]) -> None:
    """Remove every row of these emails."""
    ids = list(email_ids)
    if not ids:
        return
    sql.run(
        "DELETE FROM mail_emailmailbox m USING mail_email e WHERE e.account_id = %s AND e.id = ANY(%s)"
        " AND m.account_id = e.account_id AND m.mailbox_id = ANY(e.mailbox_ids) AND m.email_id = e.id",
        account_id, ids,
    )  # fmt: skip
    for table in TABLES_OF_EMAIL[1:]:
        sql.run(f"DELETE FROM {table} WHERE account_id = %s AND email_id = ANY(%s)", account_id, ids)
    sql.run("DELETE FROM mail_email WHERE account_id = %s AND id = ANY(%s)", account_id, ids)


def renumber(account_id: int, old_id: int, new_id: int, thread_id: int) -> None:
    """Give an email another id and thread in every table."""
    sql.run(
        "UPDATE mail_emailmailbox m SET email_id = %s, thread_id = %s FROM mail_email e"
        " WHERE e.account_id = %s AND e.id = %s"
        " AND m.account_id = e.account_id AND m.mailbox_id = ANY(e.mailbox_ids) AND m.email_id = e.id",
        new_id, thread_id, account_id, old_id,
    )  # fmt: skip
    sql.run(
        "UPDATE mail_messageid SET email_id = %s, thread_id = %s WHERE account_id = %s AND email_id = %s",
        new_id, thread_id, account_id, old_id,
    )  # fmt: skip
    for table in ("mail_emailenvelope", "mail_emailtext"):
        sql.run(f"UPDATE {table} SET email_id = %s WHERE account_id = %s AND email_id = %s", new_id, account_id, old_id)
    sql.run(
        "UPDATE mail_email SET id = %s, thread_id = %s WHERE account_id = %s AND id = %s",
        new_id, thread_id, account_id, old_id,
    )  # fmt: skip


def add_counts(account_id: int, deltas: Mapping[int, Sequence[int]]) -> None:
    """Add to the counts of mailboxes: mailbox -> (total emails, unread emails, total threads, unread threads)."""
    if deltas:
        columns = list(zip(*deltas.values(), strict=True))
        sql.run(
            "UPDATE mail_mailbox m SET total_emails = total_emails + c.te, unread_emails = unread_emails + c.ue,"
            " total_threads = total_threads + c.tt, unread_threads = unread_threads + c.ut"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[]) c(id, te, ue, tt, ut)"
            " WHERE m.account_id = %s AND m.id = c.id",
            list(deltas), *(list(column) for column in columns), account_id,
        )  # fmt: skip
