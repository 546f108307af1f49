"""Importing mail in bulk: chunk by chunk, each one transaction, so that it may be stopped and run again."""

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import UTC

from django.db import transaction

from jmap.core import blobs, sql
from jmap.core.errors import SetError
from jmap.core.writing import Log, writing
from jmap.mail import limits
from jmap.mail.batch import Batch
from jmap.mail.email_import import received_date
from jmap.mail.envelope import Envelope, read_envelope
from jmap.mail.found import Found, split_folder
from jmap.mail.ingest import NewEmail, ingest
from jmap.mail.mailbox_rules import allowed_name
from jmap.mail.provision import MAILBOXES
from jmap.mail.rows import insert_mailbox

CHUNK_MESSAGES, CHUNK_OCTETS = 100, 8_000_000
INBOX_NAMES = ("", "inbox")
ROLE_NAMES = {
    **{role: role for _, role in MAILBOXES},
    "sent items": "sent", "sent messages": "sent", "sent mail": "sent", "draft": "drafts", "spam": "junk",
    "junk e-mail": "junk", "deleted items": "trash", "deleted messages": "trash", "bin": "trash", "archives": "archive",
}  # fmt: skip


@dataclass
class Tally:
    """What has become of the messages so far."""

    imported: int = 0
    known: int = 0  # there already, so nothing was to do
    failed: list[str] = field(default_factory=list)


def chunks(messages: Iterable[Found]) -> Iterator[list[Found]]:
    """Messages in groups that fit into memory and a short transaction."""
    chunk: list[Found] = []
    octets = 0
    for message in messages:
        chunk.append(message)
        octets += len(message.raw)
        if len(chunk) >= CHUNK_MESSAGES or octets >= CHUNK_OCTETS:
            yield chunk
            chunk, octets = [], 0
    if chunk:
        yield chunk


@dataclass
class Chunk:
    """Messages whose envelopes are being read in other processes."""

    messages: list[Found]
    digests: list[bytes]
    envelopes: dict[bytes, Future[Envelope]]


def import_all(account_id: int, messages: Iterable[Found], tally: Tally, readers: Executor) -> Iterator[None]:
    """Import messages, a chunk at a time; yields after each. The next chunk is read while one is being written."""
    reading: Chunk | None = None
    for group in chunks(messages):
        started = start(account_id, group, readers)
        if reading:
            write(account_id, reading, tally)
            yield
        reading = started
    if reading:
        write(account_id, reading, tally)
        yield


def start(account_id: int, messages: list[Found], readers: Executor) -> Chunk:
    """Have the messages read that the account does not have yet."""
    digests = [hashlib.sha256(message.raw).digest() for message in messages]
    there = existing(account_id, digests)
    fresh = {digest: message.raw for digest, message in zip(digests, messages, strict=True) if digest not in there}
    envelopes = {digest: readers.submit(read_envelope, account_id, raw) for digest, raw in fresh.items()}
    return Chunk(messages, digests, envelopes)


def write(account_id: int, chunk: Chunk, tally: Tally) -> None:
    """Write one chunk. A message whose octets the account has already gets no second email: it joins the folder."""
    found = dict(zip(chunk.digests, chunk.messages, strict=True))
    ready = {digest: future.result() for digest, future in chunk.envelopes.items()}
    with transaction.atomic():
        for digest in ready:
            blobs.keep(account_id, found[digest].raw)
    with writing(account_id, "import") as log:
        folders = Folders(log)
        batch = Batch(log)
        there = existing(account_id, chunk.digests)
        batch.load(there.values())
        for digest, message in zip(chunk.digests, chunk.messages, strict=True):
            mailboxes = {folders.find(folder) for folder in (message.folder, *message.also)}
            if digest in there:
                tally.known += 1
                join_folder(batch, log, there[digest], mailboxes)
            else:
                envelope = ready.get(digest) or read_envelope(account_id, message.raw)
                add(batch, envelope, digest, message, mailboxes, tally, there)
        batch.flush()


def existing(account_id: int, digests: list[bytes]) -> dict[bytes, int]:
    """The email that each of these messages is already."""
    found = sql.rows(
        "SELECT blob, min(id) FROM mail_email WHERE account_id = %s AND blob = ANY(%s) GROUP BY blob",
        account_id, digests,
    )  # fmt: skip
    return {bytes(blob): id for blob, id in found}


def join_folder(batch: Batch, log: Log, email_id: int, mailboxes: set[int]) -> None:
    email_id = log.latest("Email", email_id)
    batch.move(email_id, batch.entries[email_id].mailbox_ids | mailboxes)


def add(
    batch: Batch,
    envelope: Envelope,
    digest: bytes,
    message: Found,
    mailboxes: set[int],
    tally: Tally,
    there: dict[bytes, int],
) -> None:
    moment = (message.received_at or received_date(envelope.headers)).astimezone(UTC)
    try:
        there[digest], _ = ingest(batch, NewEmail(envelope, digest, mailboxes, message.keywords, moment))
        tally.imported += 1
    except SetError as error:
        tally.failed.append(f"{message.key}: {error}")


class Folders:
    """The mailboxes that folders stand for, made where they are missing."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.known: dict[str, int] = {}
        found = sql.rows("SELECT id, parent_id, name, role FROM mail_mailbox WHERE account_id = %s", log.account_id)
        self.roles = {role: id for id, _, _, role in found if role}
        self.names = {(parent, name): id for id, parent, name, _ in found}

    def find(self, folder: str) -> int:
        if folder not in self.known:
            self.known[folder] = self.by_role(folder) or self.by_name(split_folder(folder))
        return self.known[folder]

    def by_role(self, folder: str) -> int | None:
        """The inbox, and what other programs call the mailboxes with a role, unless there is one of just that name."""
        if folder.lower() in INBOX_NAMES:
            return self.roles.get("inbox")
        if (None, folder) in self.names:
            return None
        return self.roles.get(ROLE_NAMES.get(folder.lower(), ""))

    def by_name(self, names: list[str]) -> int:
        parent: int | None = None
        deep = limits.MAILBOX_DEPTH - 1  # what lies deeper goes by one name
        for name in [*names[:deep], *(["/".join(names[deep:])] if names[deep:] else [])] or ["Imported"]:
            key = (parent, allowed_name(name))
            if key not in self.names:
                self.names[key] = self.make(*key)
            parent = self.names[key]
        return parent or 0

    def make(self, parent: int | None, name: str) -> int:
        id = self.log.new_id()
        insert_mailbox(self.log.account_id, id, name, parent=parent)
        self.log.created("Mailbox", id)
        return id
