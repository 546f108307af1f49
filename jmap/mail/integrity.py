"""Every derived figure of an account checked against what it is derived from, and made right again."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from zstandard import ZstdError

from jmap.core import blobs, sql
from jmap.core.states import CREATED, DESTROYED
from jmap.core.writing import writing
from jmap.mail import rows
from jmap.mail.counters import Counts, count_thread
from jmap.mail.envelope import read_envelope


@dataclass(frozen=True)
class Problem:
    """Something that does not agree. `repair` names what mends it; "" where only a person can."""

    account_id: int
    text: str
    repair: str = ""


@dataclass
class ThreadMember:
    mailbox_ids: set[int]
    flags: int


def check_account(account_id: int, *, deep: bool = False) -> list[Problem]:
    """All problems of an account, from one snapshot. `deep` also reads every blob and compares its hash."""
    with sql.snapshot():
        checks = [*CHECKS, check_blob_contents] if deep else CHECKS
        return [problem for check in checks for problem in check(account_id)]


def computed_counts(account_id: int) -> Counts:
    trash = sql.value("SELECT id FROM mail_mailbox WHERE account_id = %s AND role = 'trash'", account_id)
    threads: dict[int, list[ThreadMember]] = {}
    for thread, mailboxes, flags in sql.rows(
        "SELECT thread_id, mailbox_ids, flags FROM mail_email WHERE account_id = %s", account_id
    ):
        threads.setdefault(thread, []).append(ThreadMember(set(mailboxes), flags))
    counts = Counts()
    for members in threads.values():
        counts.update(count_thread(members, trash))
    return counts


def check_counts(account_id: int) -> Iterator[Problem]:
    counts = computed_counts(account_id)
    for id, *kept in sql.rows(
        "SELECT id, total_emails, unread_emails, total_threads, unread_threads FROM mail_mailbox WHERE account_id = %s",
        account_id,
    ):
        right = [counts[id, which] for which in range(4)]
        if kept != right:
            yield Problem(account_id, f"mailbox m{id} counts {kept}, should be {right}", "counts")


MISMATCHES = {
    "email without the membership its mailbox_ids name": (
        "SELECT e.id FROM mail_email e CROSS JOIN unnest(e.mailbox_ids) mailbox LEFT JOIN mail_emailmailbox m"
        " ON m.account_id = e.account_id AND m.mailbox_id = mailbox AND m.email_id = e.id"
        " AND m.flags = e.flags AND m.thread_id = e.thread_id AND m.received_at = e.received_at"
        " WHERE e.account_id = %s AND m.email_id IS NULL",
        "membership",
    ),
    "membership that the email does not name": (
        "SELECT m.email_id FROM mail_emailmailbox m LEFT JOIN mail_email e"
        " ON e.account_id = m.account_id AND e.id = m.email_id AND m.mailbox_id = ANY(e.mailbox_ids)"
        " WHERE m.account_id = %s AND e.id IS NULL",
        "membership",
    ),
    "email in a mailbox that does not exist": (
        "SELECT e.id FROM mail_email e CROSS JOIN unnest(e.mailbox_ids) mailbox LEFT JOIN mail_mailbox m"
        " ON m.account_id = e.account_id AND m.id = mailbox WHERE e.account_id = %s AND m.id IS NULL",
        "",
    ),
    "email in no mailbox": ("SELECT id FROM mail_email WHERE account_id = %s AND cardinality(mailbox_ids) = 0", ""),
    "email without its envelope": (
        "SELECT e.id FROM mail_email e LEFT JOIN mail_emailenvelope v ON v.account_id = e.account_id"
        " AND v.email_id = e.id WHERE e.account_id = %s AND v.email_id IS NULL",
        "derived",
    ),
    "email that the search index lacks": (
        "SELECT e.id FROM mail_email e LEFT JOIN mail_emailtext t ON t.account_id = e.account_id AND t.email_id = e.id"
        " AND t.received_at = e.received_at WHERE e.account_id = %s AND t.email_id IS NULL",
        "derived",
    ),
    "envelope of no email": (
        "SELECT v.email_id FROM mail_emailenvelope v LEFT JOIN mail_email e ON e.account_id = v.account_id"
        " AND e.id = v.email_id WHERE v.account_id = %s AND e.id IS NULL",
        "orphans",
    ),
    "search index of no email": (
        "SELECT t.email_id FROM mail_emailtext t LEFT JOIN mail_email e ON e.account_id = t.account_id"
        " AND e.id = t.email_id WHERE t.account_id = %s AND e.id IS NULL",
        "orphans",
    ),
    "message ids of no email, or of another thread": (
        "SELECT i.email_id FROM mail_messageid i LEFT JOIN mail_email e ON e.account_id = i.account_id"
        " AND e.id = i.email_id AND e.thread_id = i.thread_id WHERE i.account_id = %s AND e.id IS NULL",
        "",
    ),
    "message id in two threads": (
        "SELECT min(email_id) FROM mail_messageid WHERE account_id = %s GROUP BY message_id, subject"
        " HAVING count(DISTINCT thread_id) > 1",
        "",
    ),
    "email without its blob": (
        "SELECT e.id FROM mail_email e LEFT JOIN core_blob b ON b.account_id = e.account_id AND b.sha256 = e.blob"
        " WHERE e.account_id = %s AND (b.sha256 IS NULL OR b.size <> e.size)",
        "",
    ),
    "id that was not handed out": (
        "SELECT e.id FROM mail_email e JOIN accounts_account a ON a.id = e.account_id"
        " WHERE e.account_id = %s AND e.id >= a.next_id",
        "",
    ),
}


def check_tables(account_id: int) -> Iterator[Problem]:
    for text, (query, repair) in MISMATCHES.items():
        for (id,) in sql.rows(f"{query} LIMIT 20", account_id):
            yield Problem(account_id, f"e{id}: {text}", repair)


def check_used_bytes(account_id: int) -> Iterator[Problem]:
    used, right = sql.row(
        "SELECT used_bytes, (SELECT coalesce(sum(size), 0)::bigint FROM mail_email WHERE account_id = a.id)"
        " FROM accounts_account a WHERE id = %s",
        account_id,
    ) or (0, 0)
    if used != right:
        yield Problem(account_id, f"{used} bytes used, should be {right}", "used")


def check_log(account_id: int) -> Iterator[Problem]:
    """The states are the newest entries; entries do not overlap; what the log says exists does, and nothing else."""
    modseq, states, floors = sql.row(
        "SELECT modseq, states, floors FROM accounts_account WHERE id = %s", account_id
    ) or (0, {}, {})
    newest: dict[str, int] = {}
    living: dict[str, set[int]] = {}
    last = 0
    for type, at, entries in sql.rows(
        "SELECT type, last, entries FROM core_change WHERE account_id = %s ORDER BY last", account_id
    ):
        packed = entries
        if at - len(packed) < last:
            yield Problem(account_id, f"change {type} {at} overlaps the one before")
        last = newest[type] = at
        for op, id, _ in packed:
            alive = living.setdefault(type, set())
            alive.add(id) if op == CREATED else alive.discard(id) if op == DESTROYED else None
    if states != newest or last > modseq:
        yield Problem(account_id, f"states {states} at {modseq}, the log says {newest}")
    if not floors:
        yield from compare_living(account_id, living)


EXISTING = {
    "Email": "SELECT id FROM mail_email WHERE account_id = %s",
    "Thread": "SELECT DISTINCT thread_id FROM mail_email WHERE account_id = %s",
    "Mailbox": "SELECT id FROM mail_mailbox WHERE account_id = %s",
}


def compare_living(account_id: int, living: dict[str, set[int]]) -> Iterator[Problem]:
    for type, query in EXISTING.items():
        wrong = {id for (id,) in sql.rows(query, account_id)} ^ living.get(type, set())
        for id in sorted(wrong)[:20]:
            yield Problem(account_id, f"{type} {id}: the change log and the tables disagree on whether it exists")


def check_blob_contents(account_id: int) -> Iterator[Problem]:
    for (digest,) in sql.rows("SELECT sha256 FROM core_blob WHERE account_id = %s", account_id):
        try:
            located = blobs.open_blob(account_id, digest)
            intact = located is not None and hashlib.sha256(located.octets()).digest() == digest
        except (OSError, ValueError, ZstdError):
            intact = False
        if not intact:
            yield Problem(account_id, f"blob {digest.hex()} is damaged or missing")


CHECKS: list[Callable[[int], Iterator[Problem]]] = [check_counts, check_tables, check_used_bytes, check_log]


# Repairs. All of them make derived data anew, under the account's lock.


def repair_account(account_id: int, problems: list[Problem]) -> None:
    """Mend what can be derived again."""
    kinds = {problem.repair for problem in problems}
    with writing(account_id, "repair") as log:
        if "orphans" in kinds:
            remove_orphans(account_id)
        if "derived" in kinds:
            derive_again(account_id)
        if "membership" in kinds:
            rebuild_membership(account_id)
        if kinds & {"membership", "counts"}:
            for mailbox in rebuild_counts(account_id):
                log.updated("Mailbox", mailbox, counts_only=True)
        if "used" in kinds:
            log.used = sql.value(
                "SELECT coalesce(sum(size), 0)::bigint FROM mail_email WHERE account_id = %s", account_id
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


def derive_again(account_id: int) -> None:
    """Envelope and search index of the emails that lack one, from the message itself."""
    lacking = sql.rows(
        "SELECT e.id, e.blob, e.received_at FROM mail_email e WHERE e.account_id = %s AND ("
        " NOT EXISTS (SELECT 1 FROM mail_emailenvelope v WHERE v.account_id = e.account_id AND v.email_id = e.id)"
        " OR NOT EXISTS (SELECT 1 FROM mail_emailtext t WHERE t.account_id = e.account_id AND t.email_id = e.id"
        " AND t.received_at = e.received_at))",
        account_id,
    )
    for id, digest, received_at in lacking:
        located = blobs.open_blob(account_id, digest)
        if located is None:
            continue
        envelope = read_envelope(account_id, located.octets())
        for table in ("mail_emailenvelope", "mail_emailtext"):
            sql.run(f"DELETE FROM {table} WHERE account_id = %s AND email_id = %s", account_id, id)
        rows.insert_envelope(account_id, id, envelope)
        rows.insert_text(account_id, id, received_at, envelope)
