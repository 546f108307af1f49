"""The envelope of a submission (RFC 8621 §7): as the client gives it, or made from the message."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jmap.core import types
from jmap.core.errors import BadValue, InvalidProperties, SetError
from jmap.core.types import list_of, members, nullable
from jmap.mime.headers import as_addresses
from jmap.mime.structure import Header
from jmap.submission import mailboxes
from jmap.submission.parameters import read_mail, read_rcpt
from jmap.submission.queue import Envelope, Recipient

Wire = dict[str, Any]

address = members({"email": types.string, "parameters": nullable(types.object_of)}, ("email",))
shape = members({"mailFrom": address, "rcptTo": list_of(address)}, ("mailFrom", "rcptTo"))


@dataclass(frozen=True, slots=True)
class Parsed:
    """An envelope with its parameters understood: for the queue, the size it declares, and how long it is held."""

    queued: Envelope
    size: int
    hold: timedelta | datetime | None

    def release(self, now: datetime) -> datetime:
        """When it is sent: sendAt."""
        if isinstance(self.hold, datetime):
            return max(now, self.hold)
        return now + (self.hold or timedelta())


def envelope(value: Any) -> Wire:
    """A client's envelope with each recipient once; raises BadValue for what has not its shape."""
    found = shape(value)
    recipients: dict[str, Wire] = {}
    for given in found["rcptTo"]:
        recipients.setdefault(mailboxes.key(given["email"]), {"parameters": None, **given})
    return {"mailFrom": {"parameters": None, **found["mailFrom"]}, "rcptTo": list(recipients.values())}


def parse(wire: Wire) -> Parsed:
    """Raises InvalidProperties for parameters that can't be had."""
    try:
        mail = read_mail(wire["mailFrom"]["parameters"])
        recipients = [rcpt_to(each) for each in wire["rcptTo"]]
    except BadValue as error:
        raise InvalidProperties(["envelope"], str(error)) from None
    queued = Envelope(wire["mailFrom"]["email"], recipients, mail.get("RET"), mail.get("ENVID"))
    return Parsed(queued, mail.get("SIZE", 0), mail.get("HOLDFOR") or mail.get("HOLDUNTIL"))


def rcpt_to(wire: Wire) -> Recipient:
    given = read_rcpt(wire["parameters"])
    return Recipient(wire["email"], given.get("NOTIFY"), given.get("ORCPT"))


def generate(headers: Sequence[Header], identity: str) -> Wire:
    """From the header fields; `identity` is the Identity's email. Raises SetError invalidEmail."""
    sender = header_sender(headers)
    mail_from = sender if mailboxes.is_within(identity, sender) else identity
    recipients = [{"email": email} for email in addresses_in(headers, ("to", "cc", "bcc"))]
    return envelope({"mailFrom": {"email": mail_from}, "rcptTo": recipients})


def header_sender(headers: Sequence[Header]) -> str:
    """The address of the Sender field if there is one, else that of From."""
    for name in ("sender", "from"):
        fields = [header for header in headers if header.name.lower() == name]
        found = addresses_in(fields, (name,))
        if len(fields) > 1 or len(found) > 1:
            raise SetError("invalidEmail", f"Which address of {name} is the sender?", properties=[name])
        if found:
            return found[0]
    return ""


def addresses_in(headers: Iterable[Header], names: Sequence[str]) -> list[str]:
    """Every address in the fields of these names (in lower case), those of groups too, in the order of the names."""
    fields = list(headers)
    return [
        str(found["email"])
        for name in names
        for header in fields
        if header.name.lower() == name
        for found in as_addresses(header.value)
    ]
