"""Which mail is answered automatically, and which never (RFC 3834 §2, RFC 5230 §4.5 and §4.6)."""

import re
from collections.abc import Iterable

from accounts.domains import BadAddress, normal_address
from jmap.mime.headers import as_addresses, as_text
from jmap.mime.parameters import parse_parameters
from jmap.mime.structure import Header

# Local parts of addresses behind which nobody sits.
NOBODY = re.compile(
    r"mailer-daemon|listserv|majordomo|no-?reply|do-?not-?reply|bounces?|bounces?[-+=].*|.*-bounces?|owner-.*"
    r"|.*-owner|.*-request"
)
RECIPIENT_FIELDS = ("to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc")
MANY = ("list", "junk", "bulk")
MOST_ADDRESSES = 1_000  # of one message that are looked at


def answerable(sender: str) -> str | None:
    """The envelope's sender in its stored spelling, if an answer to it is of use; None for the null path, for what is
    no address, and for the addresses of programs."""
    try:
        address = normal_address(sender)
    except BadAddress:
        return None
    return None if NOBODY.fullmatch(address.rpartition("@")[0]) else address


def is_personal(headers: Iterable[Header]) -> bool:
    """Whether a person wrote it, to persons: not a program, not to a list, and no report."""
    return not any(is_automatic(header.name.lower(), header.value) for header in headers)


def is_automatic(name: str, value: bytes) -> bool:
    if name == "auto-submitted":
        return parse_parameters(value)[0] != "no"
    if name == "precedence":
        return as_text(value).strip().lower() in MANY
    if name == "x-auto-response-suppress":  # of Microsoft Exchange
        return not {"all", "oof", "autoreply"}.isdisjoint(as_text(value).lower().replace(" ", "").split(","))
    if name == "content-type":
        return parse_parameters(value)[0] == "multipart/report"
    return name.startswith("list-")


def addressed(headers: Iterable[Header], own: set[str], recipient: str) -> str | None:
    """The address of the account that the message names as a recipient, the envelope's if it is among several. None
    where it names none: then the message was sent to many, and nobody waits for an answer."""
    named = [address for address in named_addresses(headers) if own & {address, without_detail(address)}]
    return recipient if recipient in named else next(iter(named), None)


def named_addresses(headers: Iterable[Header]) -> Iterable[str]:
    """The addresses in all fields that name recipients."""
    fields = [header for header in headers if header.name.lower() in RECIPIENT_FIELDS]
    found = [str(address["email"]) for field in fields for address in as_addresses(field.value)]
    for email in found[:MOST_ADDRESSES]:
        try:
            yield normal_address(email)
        except BadAddress:
            continue


def without_detail(address: str) -> str:
    """`user+detail@domain` without its detail (RFC 5233)."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
