"""The message of a submission: whether it may be sent, and what of it is sent (RFC 8621 §7.5, RFC 6409 §8)."""

import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from django.conf import settings

from accounts.domains import BadAddress
from accounts.recipients import is_local, may_send_as
from jmap.core.errors import SetError
from jmap.mailauth.results import strip_claims
from jmap.mime.fields import MAX_HEADER_BYTES, end_of_header, parse_fields, skip_envelope_line, without_fields
from jmap.mime.structure import Header
from jmap.submission import mailboxes
from jmap.submission.envelope import addresses_in

# Recipients that nobody else shall see, and a field that only the last host may write (RFC 5321 §4.4).
LEFT_OUT = frozenset([b"bcc", b"resent-bcc", b"return-path"])
ANGLE = re.compile(rb"<[^<>]*@[^<>]*>")
BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")


def canonical(octets: bytes) -> bytes:
    """As SMTP carries it: every line ends with CRLF, and no mbox line stands before the header. Whoever judges the
    message must judge this, for a bare CR may hide a header field."""
    octets = octets[skip_envelope_line(octets) :]
    return BARE.sub(b"\r\n", octets) if BARE.search(octets) else octets


def read_header(data: bytes) -> list[Header]:
    """The header fields; raises SetError invalidEmail where they are more than is ever read."""
    end = end_of_header(data)
    if end >= MAX_HEADER_BYTES:
        raise SetError("invalidEmail", f"The header exceeds {MAX_HEADER_BYTES} octets", properties=["headers"])
    return parse_fields(data, 0, end)


def refuse_invalid(headers: Sequence[Header]) -> None:
    """RFC 5322 §3.6: one From field, with addresses that everybody reads alike. What else is required is added."""
    fields = [header.value for header in headers if header.name.lower() == "from"]
    addresses = addresses_in(headers, ("from",))
    is_clear = len(fields) == 1 and len(ANGLE.findall(fields[0])) <= len(addresses)
    if not is_clear or not addresses or not all(map(mailboxes.is_mailbox, addresses)):
        raise SetError("invalidEmail", "A message has one From field, with clear addresses", properties=["from"])


def refuse_foreign_from(account_id: int, headers: Sequence[Header]) -> None:
    """Raises SetError forbiddenFrom unless every author is the user. Who resends a message says so in its first
    Resent-From (RFC 5322 §3.6.6): then From may be anybody who has no address here, for our signature vouches for
    those."""
    authors = addresses_in(headers, ("from",))
    resent = next((header for header in headers if header.name.lower() == "resent-from"), None)
    if resent and all_may_send(account_id, addresses_in([resent], ("resent-from",))):
        authors = [author for author in authors if is_of_this_host(author)]
    foreign = [author for author in authors if not may_send_as(account_id, author)]
    if foreign:
        raise SetError("forbiddenFrom", f"You may not send as {foreign[0]}")


def all_may_send(account_id: int, addresses: list[str]) -> bool:
    return bool(addresses) and all(may_send_as(account_id, address) for address in addresses)


def is_of_this_host(address: str) -> bool:
    parts = mailboxes.split(address)
    return parts is None or is_local(parts[1])


def freeze(data: bytes, headers: Sequence[Header]) -> bytes:
    """What is sent: without Bcc and results of authentication that claim to be ours, with Date and Message-ID; all
    other fields and the body octet for octet."""
    names = {header.name.lower() for header in headers}
    added = [] if "date" in names else [f"Date: {format_datetime(datetime.now(UTC))}\r\n"]
    if "message-id" not in names:
        added.append(f"Message-ID: <{secrets.token_urlsafe(18)}@{author_domain(headers)}>\r\n")
    return "".join(added).encode() + strip_claims(without_fields(data, LEFT_OUT), settings.MAIL_HOSTNAME)


def author_domain(headers: Sequence[Header]) -> str:
    parts = mailboxes.split(addresses_in(headers, ("from",))[0])
    if parts is None:
        raise BadAddress("a message whose From was not checked")
    return parts[1]
