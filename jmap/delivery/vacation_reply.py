"""The reply of who is away (RFC 8621 §8, RFC 3834): made before the account is locked, queued with what is filed."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import orjson

from accounts.domains import BadAddress, normal_address
from accounts.models import Address
from accounts.recipients import may_send_as
from jmap.core import blobs, sql
from jmap.core.writing import Log
from jmap.delivery.claims import Arrival
from jmap.delivery.vacation_rules import addressed, answerable, is_personal, without_detail
from jmap.mail.envelope import LISTED, Envelope, hash64
from jmap.mime.build import build
from jmap.mime.fields import parse_fields
from jmap.mime.html import html_to_text
from jmap.submission import queue
from jmap.submission.models import Identity

ONCE_IN = 7 * 86400  # seconds: the same response to the same sender (RFC 3834 §2)
SUBJECT = "Automated reply"
TEXT = "I am away at the moment. Your message has arrived, but it may be some time before I read it.\n"
MOST_REFERENCES, LONGEST_ID, LONGEST_SUBJECT = 50, 250, 200

Wire = dict[str, Any]


@dataclass(slots=True)
class Reply:
    """A reply that is ready; `response` is a hash of what it says."""

    recipient: str
    response: int
    blob: bytes
    size: int


class Vacation:
    """The vacation response of an account, as it is now."""

    def __init__(self, account_id: int) -> None:
        self.account_id = account_id
        found = sql.row(
            "SELECT from_date, to_date, subject, text_body, html_body FROM mail_vacationresponse"
            " WHERE account_id = %s AND is_enabled",
            account_id,
        )
        self.is_enabled = found is not None
        self.since, self.until, self.subject, self.text, self.html = found or (None,) * 5

    def covers(self, moment: datetime) -> bool:
        """Whether mail that arrives then is answered."""
        started = self.since is None or self.since <= moment
        return self.is_enabled and started and (self.until is None or moment < self.until)

    @property
    def response(self) -> int:
        """A hash of what is answered: who got another response before gets this one."""
        return hash64(orjson.dumps([self.subject, self.text, self.html]).decode())

    @cached_property
    def addresses(self) -> set[str]:
        return set(Address.objects.filter(account_id=self.account_id).values_list("email", flat=True))

    def reply_to(self, arrival: Arrival, envelope: Envelope) -> Reply | None:
        """The reply to a message, its blob kept; None where it gets none."""
        sender = answerable(arrival.sender)
        headers = parse_fields(envelope.headers, 0, len(envelope.headers))
        if sender is None or may_send_as(self.account_id, sender) or not is_personal(headers):
            return None
        recipient = normal_recipient(arrival.recipient)
        address = addressed(headers, self.addresses | {recipient}, recipient)
        if address is None or answered(self.account_id, sender, self.response):
            return None
        octets = build(self.message(address, sender, envelope), lambda blob_id: b"")
        return Reply(sender, self.response, blobs.keep(self.account_id, octets), len(octets))

    def message(self, address: str, sender: str, envelope: Envelope) -> Wire:
        """The reply as properties of an Email, from the address that was written to."""
        known = dict(zip(LISTED, map(orjson.loads, envelope.listing.split(b"\n")), strict=True))
        name, reply_to = self.identity(without_detail(address))
        return {
            "from": [{"name": name, "email": address}],
            "to": [{"name": None, "email": sender}],
            "replyTo": reply_to,
            "subject": self.subject if filled(self.subject) else default_subject(known["subject"]),
            **references(known),
            "header:Auto-Submitted": "auto-replied",
            **self.body(),
        }

    def identity(self, address: str) -> tuple[str | None, list[Wire] | None]:
        """The name and Reply-To that the account's owner chose for an address (RFC 3834 §3.1.1 and §3.1.2)."""
        found = Identity.objects.filter(account_id=self.account_id, email__iexact=address).order_by("id").first()
        return (found.name or None, found.reply_to) if found else (None, None)

    def body(self) -> Wire:
        """Plain text, always; HTML as the alternative where there is some. What is blank counts as not given."""
        html = self.html if filled(self.html) else None
        text = self.text if filled(self.text) else html_to_text(html).strip() + "\n" if html else TEXT
        values = {"text": {"value": text}} | ({"html": {"value": html}} if html else {})
        bodies = {"textBody": [{"partId": "text"}]} | ({"htmlBody": [{"partId": "html"}]} if html else {})
        return {**bodies, "bodyValues": values}


def filled(text: str | None) -> bool:
    return bool(text and text.strip())


def normal_recipient(recipient: str) -> str:
    try:
        return normal_address(recipient)
    except BadAddress:
        return recipient


def default_subject(subject: str | None) -> str:
    """RFC 5230 §5.3."""
    words = " ".join((subject or "").split())[:LONGEST_SUBJECT]
    return f"Auto: {words}" if words else SUBJECT


def references(known: Wire) -> Wire:
    """In-Reply-To and References of a reply to the message with these properties (RFC 5322 §3.6.4)."""
    own = usable(known["messageId"])[:1]
    if not own:
        return {}
    before = known["references"] or (known["inReplyTo"] if len(known["inReplyTo"] or ()) == 1 else None)
    return {"inReplyTo": own, "references": [*usable(before)[-MOST_REFERENCES:], *own]}


def usable(message_ids: list[str] | None) -> list[str]:
    """Those that a header field can hold."""
    return [id for id in message_ids or () if id.isascii() and id.isprintable() and len(id) <= LONGEST_ID]


def answered(account_id: int, sender: str, response: int) -> bool:
    """Whether the sender got this response of late."""
    found = sql.row(
        "SELECT 1 FROM mail_vacationanswer WHERE account_id = %s AND sender = %s AND response = %s"
        " AND answered_at > now() - make_interval(secs => %s)",
        account_id, sender, response, ONCE_IN,
    )  # fmt: skip
    return found is not None


def send(log: Log, reply: Reply) -> None:
    """Queue the reply, unless its recipient has got one since it was made. From the null path, so that nothing
    answers it (RFC 3834 §3.3)."""
    if sql.run(
        "INSERT INTO mail_vacationanswer AS a (account_id, sender, response) VALUES (%s, %s, %s)"
        " ON CONFLICT (account_id, sender) DO UPDATE SET response = excluded.response, answered_at = now()"
        " WHERE a.response <> excluded.response OR a.answered_at <= now() - make_interval(secs => %s)",
        log.account_id, reply.recipient, reply.response, ONCE_IN,
    ):  # fmt: skip
        envelope = queue.Envelope("", [queue.Recipient(reply.recipient, notify="NEVER")])
        queue.enqueue(log.account_id, reply.blob, reply.size, envelope, kind="vacation", due_at=datetime.now(UTC))


def forget_answers() -> int:
    """Delete what is remembered of answers that may be given again."""
    return sql.run("DELETE FROM mail_vacationanswer WHERE answered_at <= now() - make_interval(secs => %s)", ONCE_IN)
