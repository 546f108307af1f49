"""Changes to the emails of an account: the one place where rows, memberships, counts and the log are kept in step."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from jmap.core import sql
from jmap.core.states import CREATED
from jmap.core.writing import Log
from jmap.mail import rows
from jmap.mail.counters import Counts, count_thread
from jmap.mail.records import COLUMNS, TABLES, Record, image, record_of

BRIEF = "SELECT id, thread_id, mailbox_ids, flags, keywords, size FROM mail_email WHERE account_id = %s"
SELECT = f"SELECT {COLUMNS} FROM {TABLES}"


@dataclass(slots=True)
class Entry:
    """An email within the batch: as its rows have it, and as it will be (`gone`: destroyed). `was` is its record before
    the batch, None for one that is new; `replaces` the id that one had which is new under this id alone."""

    thread_id: int
    size: int
    mailbox_ids: set[int]
    flags: int
    keywords: list[str]
    was: Record | None = None
    replaces: int | None = None
    gone: bool = False
    stored_mailboxes: set[int] = field(default_factory=set)
    stored_keywords: tuple[int, list[str]] = (0, [])

    def __post_init__(self) -> None:
        self.mark_stored()

    def mark_stored(self) -> None:
        self.stored_mailboxes, self.stored_keywords = set(self.mailbox_ids), (self.flags, list(self.keywords))

    @property
    def is_new(self) -> bool:
        return self.was is None

    @property
    def differs(self) -> bool:
        """Whether the rows must be written."""
        return self.stored_mailboxes != self.mailbox_ids or self.stored_keywords != (self.flags, self.keywords)

    @property
    def only_flags_differ(self) -> bool:
        return self.stored_mailboxes == self.mailbox_ids and self.stored_keywords[1] == self.keywords


@dataclass
class Batch:
    """Load the emails to be changed, change them in memory, and `flush` once: a handful of statements for any number
    of emails. Lives inside the write door."""

    log: Log
    entries: dict[int, Entry] = field(default_factory=dict)
    threads: dict[int, set[int]] = field(default_factory=dict)  # every loaded thread with all its emails
    before: Counts = field(default_factory=Counts)
    existed: dict[int, bool] = field(default_factory=dict)  # whether a thread was there before
    membership: set[int] = field(default_factory=set)  # threads that gained or lost an email

    # Loading

    def load(self, email_ids: Iterable[int]) -> set[int]:
        """Load these emails and the rest of their threads; returns those of them that exist."""
        wanted = set(email_ids)
        missing = [id for id in wanted if id not in self.entries]
        if missing:
            account_id = self.log.account_id
            in_their_threads = "thread_id IN (SELECT thread_id FROM mail_email WHERE account_id = %s AND id = ANY(%s))"
            self.keep_threads(sql.rows(f"{BRIEF} AND {in_their_threads}", account_id, account_id, missing))
        return {id for id in wanted if id in self.entries and not self.entries[id].gone}

    def load_threads(self, thread_ids: Iterable[int]) -> None:
        """Load every email of these threads."""
        missing = [id for id in set(thread_ids) if id not in self.threads]
        if missing:
            self.keep_threads(sql.rows(f"{BRIEF} AND thread_id = ANY(%s)", self.log.account_id, missing))
            for id in missing:
                self.threads.setdefault(id, set())

    def keep_threads(self, found: list[sql.Row]) -> None:
        """Keep the emails of whole threads, and note what the threads add to the counts."""
        known = set(self.threads)
        for id, thread_id, mailboxes, flags, keywords, size in found:
            if thread_id not in known:
                was = {"thread_id": thread_id, "mailbox_ids": mailboxes, "flags": flags, "keywords": keywords}
                self.entries[id] = Entry(thread_id, size, set(mailboxes), flags, keywords, was)
                self.threads.setdefault(thread_id, set()).add(id)
        for thread_id in self.threads.keys() - known:
            self.existed[thread_id] = True
            self.before += count_thread((self.entries[id] for id in self.threads[thread_id]), self.trash)

    def full_images(self, ids: list[int]) -> dict[int, Record]:
        """The images of emails that are about to go, with all that filters and sorts read."""
        found = (
            sql.rows(f"{SELECT} WHERE e.account_id = %s AND e.id = ANY(%s)", self.log.account_id, ids) if ids else []
        )
        return {record["id"]: image(record) for record in map(record_of, found)}

    def load_mailbox(self, mailbox_id: int) -> list[int]:
        """Load all emails of a mailbox; returns their ids."""
        found = sql.rows(
            "SELECT email_id FROM mail_emailmailbox WHERE account_id = %s AND mailbox_id = %s",
            self.log.account_id, mailbox_id,
        )  # fmt: skip
        ids = [id for (id,) in found]
        self.load(ids)
        return ids

    @cached_property
    def trash(self) -> int | None:
        """The mailbox with the role trash; its emails count as threads of their own."""
        found: int | None = sql.value(
            "SELECT id FROM mail_mailbox WHERE account_id = %s AND role = 'trash'", self.log.account_id
        )
        return found

    # Changing. Every email must be loaded, or added here.

    def move(self, email_id: int, mailbox_ids: set[int]) -> None:
        """Put an email into exactly these mailboxes; into none means that it is destroyed."""
        if not mailbox_ids:
            self.destroy(email_id)
            return
        self.entries[email_id].mailbox_ids = set(mailbox_ids)

    def set_keywords(self, email_id: int, flags: int, keywords: list[str]) -> None:
        entry = self.entries[email_id]
        entry.flags, entry.keywords = flags, keywords

    def destroy(self, email_id: int) -> None:
        entry = self.entries[email_id]
        entry.gone = True
        self.threads[entry.thread_id].discard(email_id)
        self.membership.add(entry.thread_id)

    def add(
        self, email_id: int, thread_id: int, size: int, mailbox_ids: set[int], flags: int, keywords: list[str]
    ) -> None:
        """An email whose rows the caller has inserted so (ingest); its thread must be loaded or new."""
        self.threads.setdefault(thread_id, set()).add(email_id)
        self.existed.setdefault(thread_id, False)
        self.entries[email_id] = Entry(thread_id, size, set(mailbox_ids), flags, keywords)
        self.membership.add(thread_id)

    def rehome(self, email_id: int, thread_id: int) -> int:
        """Move an email to another thread. Its threadId being immutable, it is destroyed and comes back under a new id
        (RFC 8621 §3); returns that id."""
        entry = self.entries[email_id]
        is_arrival = entry.replaces is None and (entry.is_new or self.log.noted("Email", email_id) == (CREATED, None))
        new_id = self.log.new_id()
        gone = self.full_images([email_id]) if entry.was else {}
        rows.renumber(self.log.account_id, email_id, new_id, thread_id)
        self.destroy(email_id)
        if entry.was:
            self.log.destroyed("Email", email_id, gone[email_id] | entry.was)
        del self.entries[email_id]
        self.log.replaced["Email", email_id] = new_id
        self.add(new_id, thread_id, entry.size, entry.mailbox_ids, entry.flags, entry.keywords)
        moved = self.entries[new_id]
        moved.replaces = None if is_arrival else email_id
        moved.stored_mailboxes, moved.stored_keywords = entry.stored_mailboxes, entry.stored_keywords
        return new_id

    # Flushing

    def flush(self) -> None:
        """Write everything: rows, memberships, log, counts. The batch is empty afterwards."""
        changed = {id: entry for id, entry in self.entries.items() if entry.is_new or entry.gone or entry.differs}
        if changed:
            self.write_emails(changed)
            self.log_emails(changed)
            self.log_threads()
            self.write_counts()
        self.entries, self.threads, self.existed = {}, {}, {}
        self.before, self.membership = Counts(), set()

    def write_emails(self, changed: dict[int, Entry]) -> None:
        account_id = self.log.account_id
        gone = {id: entry for id, entry in changed.items() if entry.gone}
        for id, whole in self.full_images([id for id, entry in gone.items() if entry.was]).items():
            self.log.destroyed("Email", id, whole | (gone[id].was or {}))
        rows.delete(account_id, gone)
        self.log.charge(-sum(entry.size for entry in gone.values()))
        kept = {id: entry for id, entry in changed.items() if not entry.gone and entry.differs}
        flags_only = [(id, e.flags) for id, e in kept.items() if e.only_flags_differ]
        rows.update_flags(account_id, flags_only)
        rows.update(
            account_id,
            [(id, e.flags, e.keywords, sorted(e.mailbox_ids)) for id, e in kept.items() if not e.only_flags_differ],
        )
        staying = {id: e for id, e in kept.items() if e.stored_keywords[0] != e.flags}
        rows.update_membership_flags(
            account_id,
            [(mailbox, id, e.flags) for id, e in staying.items() for mailbox in e.stored_mailboxes & e.mailbox_ids],
        )
        left, joined = [], []
        for id, entry in kept.items():
            left += [(mailbox, id) for mailbox in entry.stored_mailboxes - entry.mailbox_ids]
            joined += [(mailbox, id) for mailbox in entry.mailbox_ids - entry.stored_mailboxes]
        rows.leave(account_id, left)
        rows.join(account_id, joined)

    def log_emails(self, changed: dict[int, Entry]) -> None:
        for id, entry in changed.items():
            if not entry.gone and entry.was:
                self.log.updated("Email", id, entry.was)
            elif not entry.gone:
                self.log.created("Email", id, entry.replaces)

    def log_threads(self) -> None:
        for id in self.membership:
            if not self.existed.get(id):
                if self.threads[id]:
                    self.log.created("Thread", id)
            elif self.threads[id]:
                self.log.updated("Thread", id)
            else:
                self.log.destroyed("Thread", id)

    def write_counts(self) -> None:
        after = Counts()
        for members in self.threads.values():
            after += count_thread((self.entries[id] for id in members), self.trash)
        after.subtract(self.before)
        deltas: dict[int, list[int]] = {}
        for (mailbox, which), number in after.items():
            if number:
                deltas.setdefault(mailbox, [0, 0, 0, 0])[which] = number
        rows.add_counts(self.log.account_id, deltas)
        for mailbox in deltas:
            self.log.updated("Mailbox", mailbox, counts_only=True)
