"""Delivery status notifications (RFC 3461 §6, RFC 3464; for addresses beyond ASCII RFC 6533)."""

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from typing import Literal

from jmap.mime.fields import end_of_header, parse_fields
from jmap.mime.headers import as_message_ids, as_text
from jmap.submission import dsn_text
from jmap.submission.relay.replies import STATUS, UNPRINTABLE

SMALL = 50_000  # octets up to which a failed message comes back whole, if nobody asked for one or the other
LONGEST_REPLY, LONGEST_HEADER = 800, 60_000
ID = re.compile(r"[!-;=?-~]{1,900}\Z")
XTEXT = re.compile(r"\+([0-9A-F]{2})")
UNITEXT = re.compile(r"\\x\{([0-9A-F]{2,6})\}")
Kind = Literal["failed", "delayed", "delivered"]
SUBJECTS = {"failed": "Not delivered", "delayed": "Not delivered yet", "delivered": "Delivered"}


@dataclass(frozen=True, slots=True)
class Reported:
    """One recipient, as the queue has it after the attempt that is reported on."""

    recipient: str
    orcpt: str | None
    reply: str
    host: str
    action: str  # delivered, relayed: of a delivery
    tried_at: datetime

    @property
    def status(self) -> str:
        """RFC 3463. Where the peer gave none, of the right class."""
        found = STATUS.search(self.reply)
        return found[0] if found else f"{self.reply[:1]}.0.0" if self.reply[:1] in ("2", "4", "5") else "4.0.0"


@dataclass(frozen=True, slots=True)
class Subject:
    """The message that is reported on. `released_at`: when it could first be sent, `expires_at`: until when it is
    tried."""

    octets: bytes
    sender: str
    ret: str | None
    envid: str | None
    submitted_at: datetime
    released_at: datetime
    expires_at: datetime

    @property
    def header(self) -> bytes:
        return self.octets[: end_of_header(self.octets)]

    def field(self, name: str) -> bytes:
        """The value of its first field of a name, given in lower case."""
        fields = parse_fields(self.header, 0, len(self.header))
        return next((field.value for field in fields if field.name.lower() == name), b"")


def build(kind: Kind, subject: Subject, rows: Sequence[Reported], host: str) -> bytes:
    """The whole message, from this host to the sender."""
    boundary = secrets.token_hex(16).encode()
    parts = (text_part(kind, subject, rows), status_part(kind, subject, rows, host), returned_part(kind, subject))
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts)
    return heading(kind, subject, host, boundary) + body + b"--%s--\r\n" % boundary


def heading(kind: Kind, subject: Subject, host: str, boundary: bytes) -> bytes:
    message = EmailMessage(SMTP if subject.sender.isascii() else SMTPUTF8)
    message["Date"] = format_datetime(datetime.now(UTC))
    message["From"] = f"Mail delivery <postmaster@{host}>"
    message["To"] = f"<{subject.sender}>"
    message["Subject"] = f"{SUBJECTS[kind]}: {on_one_line(as_text(subject.field('subject'))) or 'your message'}"
    message["Message-ID"] = f"<{secrets.token_urlsafe(18)}@{host}>"
    answered = as_message_ids(subject.field("message-id"))
    if answered and ID.match(answered[0]):
        message["In-Reply-To"] = message["References"] = f"<{answered[0]}>"
    message["Auto-Submitted"] = "auto-replied"  # RFC 3834 §5.1
    kind_of_report = b"multipart/report; report-type=delivery-status;\r\n boundary=%s" % boundary
    return bytes(message).rstrip(b"\r\n") + b"\r\nMIME-Version: 1.0\r\nContent-Type: %s\r\n\r\n" % kind_of_report


def on_one_line(text: str) -> str:
    return " ".join(UNPRINTABLE.sub(" ", text).split())[:200]


def text_part(kind: Kind, subject: Subject, rows: Sequence[Reported]) -> bytes:
    part = EmailMessage(SMTP)
    part.set_content(text_of(kind, subject, rows), cte="quoted-printable")
    return bytes(part)


def text_of(kind: Kind, subject: Subject, rows: Sequence[Reported]) -> str:
    if kind == "failed":
        ran_out = any(row.reply.startswith("4") for row in rows)
        return dsn_text.failed(rows, rows[0].tried_at - subject.released_at if ran_out else None)
    return dsn_text.delayed(rows, subject.expires_at) if kind == "delayed" else dsn_text.delivered(rows)


def status_part(kind: Kind, subject: Subject, rows: Sequence[Reported], host: str) -> bytes:
    """RFC 3464 §2; RFC 6533 §6 where it holds more than ASCII."""
    blocks = [of_message(subject, host), *(of_recipient(kind, subject, row) for row in rows)]
    text = "\r\n".join("".join(f"{name}: {value}\r\n" for name, value in block) for block in blocks)
    if text.isascii():
        return b"Content-Type: message/delivery-status\r\n\r\n" + text.encode()
    head = b"Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return head + text.encode("utf-8", "replace")


def of_message(subject: Subject, host: str) -> Iterator[tuple[str, str]]:
    if subject.envid:
        yield "Original-Envelope-Id", decode_xtext(subject.envid)
    yield "Reporting-MTA", f"dns; {host}"
    yield "Arrival-Date", format_datetime(subject.submitted_at)


def of_recipient(kind: Kind, subject: Subject, row: Reported) -> Iterator[tuple[str, str]]:
    if row.orcpt:
        type, _, address = row.orcpt.partition(";")
        yield "Original-Recipient", f"{type}; {decode_xtext(address)}"
    yield "Final-Recipient", f"{'rfc822' if row.recipient.isascii() else 'utf-8'}; {row.recipient}"
    yield "Action", row.action if kind == "delivered" else kind
    yield "Status", row.status
    if row.host:
        yield "Remote-MTA", f"dns; {row.host.partition(' ')[0]}"
    words = row.reply[:LONGEST_REPLY].encode("ascii", "replace").decode()
    yield "Diagnostic-Code", f"{'smtp' if row.host else 'x-posthorn'}; {words}"
    yield "Last-Attempt-Date", format_datetime(row.tried_at)
    if kind == "delayed":
        yield "Will-Retry-Until", format_datetime(subject.expires_at)


def returned_part(kind: Kind, subject: Subject) -> bytes:
    """The message or its header (RFC 3461 §4.3, §6.2)."""
    is_whole = kind == "failed" and (subject.ret == "FULL" or (not subject.ret and len(subject.octets) <= SMALL))
    returned = subject.octets if is_whole else subject.header[:LONGEST_HEADER]
    if subject.header.isascii():
        type = b"message/rfc822" if is_whole else b"text/rfc822-headers"
    else:
        type = b"message/global" if is_whole else b"message/global-headers"
    bits = b"7bit" if returned.isascii() else b"8bit"
    return b"Content-Type: %s\r\nContent-Transfer-Encoding: %s\r\n\r\n%s" % (type, bits, returned)


def decode_xtext(text: str) -> str:
    """RFC 3461 §4, RFC 6533 §3; on one line."""
    text = XTEXT.sub(lambda match: chr(int(match[1], 16)), text)
    return on_one_line(UNITEXT.sub(lambda match: chr(min(int(match[1], 16), 0x10FFFF)), text))
