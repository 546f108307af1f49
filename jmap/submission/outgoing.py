"""All of creating a submission that needs no lock: finding what it names, judging it, freezing what is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts.recipients import may_send_as
from jmap.core import blobs, ids, sql
from jmap.core.errors import InvalidProperties, SetError
from jmap.mail.email_get import read_octets
from jmap.submission import mailboxes, message
from jmap.submission.envelope import Parsed, generate, parse

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to be queued. Its blob is kept already."""

    envelope: Wire
    parsed: Parsed
    blob: bytes
    size: int


def prepare(account_id: int, wire: Wire) -> Outgoing:
    """`wire` has identityId, emailId and envelope, references resolved. Raises SetError (RFC 8621 §7.5)."""
    identity, digest = find(account_id, wire)
    data = message.canonical(read_octets(account_id, digest))
    headers = message.read_header(data)
    message.refuse_invalid(headers)
    envelope = wire["envelope"] or generate(headers, identity)
    message.refuse_foreign_from(account_id, headers)
    refuse_recipients([each["email"] for each in envelope["rcptTo"]])
    refuse_mail_from(account_id, envelope["mailFrom"]["email"])
    parsed = parse(envelope)
    frozen = message.freeze(data, headers)
    refuse_size(max(len(frozen), parsed.size))
    return Outgoing(envelope, parsed, blobs.keep(account_id, frozen), len(frozen))


def find(account_id: int, wire: Wire) -> tuple[str, bytes]:
    """The Identity's address and the Email's blob; raises InvalidProperties for what can't be found."""
    identity = sql.value(
        "SELECT email FROM submission_identity WHERE account_id = %s AND id = %s",
        account_id, ids.number("i", wire["identityId"]),
    )  # fmt: skip
    blob = sql.value(
        "SELECT blob FROM mail_email WHERE account_id = %s AND id = %s", account_id, ids.number("e", wire["emailId"])
    )
    missing = [name for name, found in (("identityId", identity), ("emailId", blob)) if found is None]
    if missing:
        raise InvalidProperties(missing, "there is no such record")
    return str(identity), bytes(blob)


def refuse_recipients(recipients: Sequence[str]) -> None:
    if not recipients:
        raise SetError("noRecipients", "The message goes to nobody")
    if len(recipients) > settings.MAX_RECIPIENTS:
        raise SetError("tooManyRecipients", maxRecipients=settings.MAX_RECIPIENTS)
    if wrong := [recipient for recipient in recipients if not mailboxes.is_mailbox(recipient)]:
        raise SetError("invalidRecipients", "These are no addresses to send to", invalidRecipients=wrong)


def refuse_mail_from(account_id: int, address: str) -> None:
    """The null path is allowed (RFC 8621 §7 mailFrom)."""
    if address and not (mailboxes.is_mailbox(address) and may_send_as(account_id, address)):
        raise SetError("forbiddenMailFrom", f"You may not send as {address}")


def refuse_size(octets: int) -> None:
    if octets > settings.MAX_SIZE_MESSAGE:
        raise SetError("tooLarge", "The message is too large to be sent", maxSize=settings.MAX_SIZE_MESSAGE)
