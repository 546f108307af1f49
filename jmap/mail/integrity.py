"""Every derived figure of an account checked against what it is derived from; integrity_repair makes it right again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.core.files.storage import storages

from jmap.core import sql
from jmap.core.states import CREATED, DESTROYED, heralds
from jmap.mail.counters import Counts, count_thread
from jmap.mail.integrity_messages import damaged_blobs, wrongly_derived
from jmap.mail.mailbox_rules import conflict
from jmap.mail.mailbox_tree import Forest, Place


@dataclass(frozen=True)
class Problem:
    """Something that does not agree. `repair` names what mends it; "" where only a person can. `email_id` is set where
    an email's rows must be derived again."""

    account_id: int
    text: str
    repair: str = ""
    email_id: int = 0


@dataclass
class ThreadMember:
    mailbox_ids: set[int]
    flags: int


def check_account(account_id: int, *, deep: bool = False) -> list[Problem]:
    """All problems of an account, from one snapshot. `deep` also reads every blob and every message."""
    with sql.snapshot():
        checks = [*CHECKS, *DEEP_CHECKS] if deep else CHECKS
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
        "places",
    ),
    "email in no mailbox": (
        "SELECT id FROM mail_email WHERE account_id = %s AND cardinality(mailbox_ids) = 0",
        "places",
    ),
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
        "threads",
    ),
    "message id in two threads": (
        "SELECT min(email_id) FROM mail_messageid WHERE account_id = %s GROUP BY message_id, subject"
        " HAVING count(DISTINCT thread_id) > 1",
        "threads",
    ),
    "email without its blob": (
        "SELECT e.id FROM mail_email e LEFT JOIN core_blob b ON b.account_id = e.account_id AND b.sha256 = e.blob"
        " WHERE e.account_id = %s AND (b.sha256 IS NULL OR b.size <> e.size)",
        "",
    ),
    "id that was not handed out": (
        "SELECT e.id FROM mail_email e JOIN accounts_account a ON a.id = e.account_id"
        " WHERE e.account_id = %s AND e.id >= a.next_id",
        "ids",
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
    """The states are the newest entries, or where the log was cut off; entries do not overlap; what the log says
    exists does, and nothing else."""
    modseq, states, floors = sql.row(
        "SELECT modseq, states, floors FROM accounts_account WHERE id = %s", account_id
    ) or (0, {}, {})
    newest: dict[str, int] = dict(floors)
    living: dict[str, set[int]] = {}
    last = 0
    for type, at, entries in sql.rows(
        "SELECT type, last, entries FROM core_change WHERE account_id = %s ORDER BY last", account_id
    ):
        if at - len(entries) < last:
            yield Problem(account_id, f"change {type} {at} overlaps the one before", "log")
        last = newest[type] = at
        for op, id, _ in entries:
            alive = living.setdefault(type, set())
            alive.add(id) if op == CREATED else alive.discard(id) if op == DESTROYED else None
    for herald in heralds.values():
        newest.pop(herald, None)
        if states.pop(herald, 0) > modseq:
            yield Problem(account_id, f"{herald} is ahead of {modseq}", "log")
    if states != newest or last > modseq:
        yield Problem(account_id, f"states {states} at {modseq}, the log says {newest}", "log")
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
            yield Problem(
                account_id, f"{type} {id}: the change log and the tables disagree on whether it exists", "log"
            )


def check_mailboxes(account_id: int) -> Iterator[Problem]:
    """The rules of mailbox_rules hold: parents exist, no circles, siblings and roles are told apart."""
    found = sql.rows("SELECT id, parent_id, name, role FROM mail_mailbox WHERE account_id = %s", account_id)
    forest = Forest({id: Place(parent, name, role) for id, parent, name, role in found})
    for id in sorted(forest.places):
        if error := conflict(forest, id):
            yield Problem(account_id, f"mailbox m{id}: {error}")


def check_files(account_id: int) -> Iterator[Problem]:
    """The large blobs have their files."""
    query = "SELECT sha256, size, file FROM core_blob WHERE account_id = %s AND file IS NOT NULL"
    for digest, size, name in sql.rows(query, account_id):
        if not storages["blobs"].exists(name) or storages["blobs"].size(name) != size:
            yield Problem(account_id, f"the file of blob {digest.hex()} is missing or cut off")


def check_blobs(account_id: int) -> Iterator[Problem]:
    for digest in damaged_blobs(account_id):
        yield Problem(account_id, f"blob {digest.hex()} is damaged or missing")


def check_messages(account_id: int) -> Iterator[Problem]:
    for id, wrong in wrongly_derived(account_id):
        yield Problem(account_id, f"e{id}: not what its message says: {', '.join(wrong)}", "derived", id)


Check = Callable[[int], Iterator[Problem]]
CHECKS: list[Check] = [check_counts, check_tables, check_mailboxes, check_used_bytes, check_log, check_files]
DEEP_CHECKS: list[Check] = [check_blobs, check_messages]
