"""Telling what became of recipients: the submission's deliveryStatus, and reports to the sender.

The queue remembers what is to be told (`news`), so that a crash between an attempt and this loses no word and says none
twice."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from jmap.core import blobs, sql
from jmap.core.errors import MethodError
from jmap.core.writing import Log, writing
from jmap.mail.arrivals import Target, accept
from jmap.submission import dsn
from jmap.submission.dsn import Kind, Reported
from jmap.submission.queue import KEPT_FOR
from jmap.submission.results import DeliveryStatus, add_report, note

DELAY_TOLD_AFTER = timedelta(hours=4)
UNTOLD_FOR = 30  # seconds after which whoever had to tell must have died
COLUMNS = (
    "id, account_id, blob, submission_id, sender, ret, envid, recipient, notify, orcpt, state, reply, host, action,"
    " submitted_at, expires_at, tried_at, delay_told"
)


@dataclass(frozen=True, slots=True)
class News:
    """A row of the queue whose last attempt has not been told of."""

    id: int
    account_id: int
    blob: bytes
    submission_id: int | None
    sender: str
    ret: str | None
    envid: str | None
    recipient: str
    notify: str | None
    orcpt: str | None
    state: str
    reply: str
    host: str
    action: str
    submitted_at: datetime
    expires_at: datetime
    tried_at: datetime
    delay_told: bool

    @property
    def released_at(self) -> datetime:
        return self.expires_at - KEPT_FOR

    def wants(self, condition: str) -> bool:
        """RFC 3461 §4.1; without NOTIFY failures and delays are told."""
        return condition in (self.notify.split(",") if self.notify else ("FAILURE", "DELAY"))

    def report(self) -> Kind | None:
        """What the sender is to be told, if anything. Never is a report reported on (RFC 5321 §6.1)."""
        if not self.sender:
            return None
        if self.state == "failed" and self.wants("FAILURE"):
            return "failed"
        if self.state == "delivered" and self.action and self.wants("SUCCESS"):
            return "delivered"
        late = not self.delay_told and timezone.now() - self.released_at >= DELAY_TOLD_AFTER
        return "delayed" if self.state == "waiting" and late and self.wants("DELAY") else None


def tell(ids: Iterable[int]) -> None:
    """Of rows of one message: whatever is not told yet, by nobody else at the same time."""
    with transaction.atomic():
        found = sql.rows(
            f"SELECT {COLUMNS} FROM submission_queued WHERE id = ANY(%s) AND news ORDER BY id FOR UPDATE SKIP LOCKED",
            list(ids),
        )
        rows = [News(*row) for row in found]
        if rows:
            by_kind = sort(rows)
            told = [row.id for row in by_kind.get("delayed", [])]
            publish(rows, dict(reports(rows[0], by_kind)))
            sql.run(
                "UPDATE submission_queued SET news = false, delay_told = delay_told OR id = ANY(%s) WHERE id = ANY(%s)",
                told, [row.id for row in rows],
            )  # fmt: skip


def publish(rows: Sequence[News], reports: dict[Kind, bytes]) -> None:
    first = rows[0]
    digests = [blobs.keep(first.account_id, octets) for octets in reports.values()]
    try:
        with writing(first.account_id, "delivery") as log:
            for octets in reports.values():
                accept(octets, "", [Target(first.account_id, first.sender)], {"junk": False})
            if first.submission_id is not None:
                note_submission(log, first.submission_id, rows, digests)
    except MethodError:  # the account is gone, and with it who could be told
        return


def note_submission(log: Log, id: int, rows: Sequence[News], digests: Sequence[bytes]) -> None:
    note(log, id, {row.recipient: status(row) for row in rows})
    for digest in digests:
        add_report(log, id, "dsn", digest)


def status(row: News) -> DeliveryStatus:
    """RFC 8621 §7: what another server took, it may still lose."""
    if row.state == "delivered":
        return {"smtpReply": row.reply, "delivered": "yes" if row.action == "delivered" else "unknown"}
    return {"smtpReply": row.reply, "delivered": "queued" if row.state == "waiting" else "no"}


def sort(rows: Sequence[News]) -> dict[Kind, list[News]]:
    """The rows by the report that is due, without those of which none is."""
    by_kind: dict[Kind, list[News]] = defaultdict(list)
    for row in rows:
        kind = row.report()
        if kind is not None:
            by_kind[kind].append(row)
    return by_kind


def reports(first: News, by_kind: dict[Kind, list[News]]) -> Iterator[tuple[Kind, bytes]]:
    """One report of each kind for all of its recipients."""
    if by_kind:
        subject = subject_of(first)
        for kind, rows in by_kind.items():
            yield kind, dsn.build(kind, subject, [reported(row) for row in rows], settings.MAIL_HOSTNAME)


def reported(row: News) -> Reported:
    return Reported(row.recipient, row.orcpt, row.reply, row.host, row.action, row.tried_at)


def subject_of(row: News) -> dsn.Subject:
    """A message that has gone lost still gets its report."""
    found = blobs.open_blob(row.account_id, bytes(row.blob))
    octets = found.octets() if found else b"\r\n"
    return dsn.Subject(octets, row.sender, row.ret, row.envid, row.submitted_at, row.released_at, row.expires_at)


def tell_the_rest() -> None:
    """What a worker that died has not told."""
    found = sql.rows(
        "SELECT array_agg(id) FROM submission_queued WHERE news AND tried_at < now() - make_interval(secs => %s)"
        " AND (lease_until IS NULL OR lease_until < now())"
        " GROUP BY account_id, blob, submission_id, sender, ret, envid",
        UNTOLD_FOR,
    )  # fmt: skip
    for (ids,) in found:
        tell(ids)
