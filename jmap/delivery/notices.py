"""Telling the sender what became of a message here, where they asked (RFC 3461 §5.2, RFC 3464)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from jmap.core import blobs
from jmap.core.writing import Log
from jmap.delivery.claims import Arrival
from jmap.submission import dsn, queue
from jmap.submission.dsn import Kind, Reported, Subject
from jmap.submission.mailboxes import is_mailbox

REPLIES: dict[Kind, str] = {"delivered": "250 2.1.5 Delivered", "failed": "452 4.2.2 The mailbox is full"}
CONDITIONS: dict[Kind, str] = {"delivered": "SUCCESS", "failed": "FAILURE"}
BY_DEFAULT = "FAILURE,DELAY"  # RFC 3461 §4.1


@dataclass(slots=True)
class Notice:
    """A report that is ready."""

    recipient: str
    blob: bytes
    size: int


def write_notice(kind: Kind, arrival: Arrival, octets: bytes) -> Notice | None:
    """The report of this kind, its blob kept; None where nobody is to hear it. No report is reported on."""
    wanted = CONDITIONS[kind] in (arrival.notify or BY_DEFAULT).split(",")
    if not (wanted and arrival.may_be_answered and is_mailbox(arrival.sender)):
        return None
    content = dsn.build(kind, subject_of(arrival, octets), [reported(kind, arrival)], settings.MAIL_HOSTNAME)
    return Notice(arrival.sender, blobs.keep(arrival.account_id, content), len(content))


def subject_of(arrival: Arrival, octets: bytes) -> Subject:
    return Subject(
        octets=octets,
        sender=arrival.sender,
        ret=arrival.ret,
        envid=arrival.envid,
        submitted_at=arrival.received_at,
        released_at=arrival.received_at,
        expires_at=arrival.received_at + queue.KEPT_FOR,
    )


def reported(kind: Kind, arrival: Arrival) -> Reported:
    return Reported(arrival.recipient, arrival.orcpt, REPLIES[kind], "", kind, datetime.now(UTC))


def send(log: Log, notice: Notice) -> None:
    """Queue the report. Inside the write door."""
    envelope = queue.Envelope("", [queue.Recipient(notice.recipient, notify="NEVER")])
    queue.enqueue(log.account_id, notice.blob, notice.size, envelope, kind="dsn", due_at=datetime.now(UTC))
