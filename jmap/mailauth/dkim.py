"""DKIM signatures of a message, verified (RFC 6376, RFC 8301, RFC 8463, RFC 8616)."""

from dataclasses import dataclass
from typing import Final

from jmap.mailauth.dkim_key import BadKey
from jmap.mailauth.dkim_signature import (
    Body,
    Refused,
    Signature,
    check_body,
    check_fields,
    check_times,
    read_signature,
    read_tags,
)
from jmap.mailauth.dns import Lookup
from jmap.mailauth.message import Field, Message
from jmap.mailauth.tags import BadTags, ascii_domain

MAX_SIGNATURES: Final = 10  # looked at, from the top; more are somebody's joke


@dataclass(frozen=True, slots=True)
class DkimResult:
    """`result`: pass, fail, policy, neutral, temperror or permerror (RFC 8601 §2.7.1). `domain` is that of d= as
    A-labels, "" where it could not be read; `start` are the first characters of b=."""

    result: str
    domain: str = ""
    selector: str = ""
    algorithm: str = ""
    start: str = ""
    reason: str = ""
    testing: bool = False


def verify(message: Message, body: Body, lookup: Lookup) -> list[DkimResult]:
    """A result for each signature, from the top; none for an unsigned message."""
    fields = message.named(b"dkim-signature")[:MAX_SIGNATURES]
    return [verify_field(field, message, body, lookup) for field in fields]


def verify_field(field: Field, message: Message, body: Body, lookup: Lookup) -> DkimResult:
    """RFC 6376 §6.1."""
    try:
        tags = read_tags(field)
        signature = read_signature(field, tags)
    except Refused as refused:
        return DkimResult(refused.result, reason=str(refused))
    named = (signature.domain, signature.selector, signature.algorithm, signature.start)
    try:
        testing = check(signature, tags, message, body, lookup)
    except (Refused, BadKey) as refused:
        return DkimResult(refused.result, *named, reason=str(refused))
    return DkimResult("pass", *named, testing=testing)


def check(signature: Signature, tags: dict[str, str], message: Message, body: Body, lookup: Lookup) -> bool:
    """Whether the domain is only testing. Raises Refused or BadKey."""
    if tags.get("v") != "1":
        raise Refused("permerror", "v= is not 1")
    if "dns/txt" not in tags.get("q", "dns/txt").lower().replace(" ", "").split(":"):
        raise Refused("permerror", "q= is unknown")
    identity = identity_domain(tags.get("i", f"@{signature.domain}"))
    if not f".{identity}".endswith(f".{signature.domain}"):
        raise Refused("permerror", "i= is not within d=")
    check_times(signature)
    check_body(signature, body)
    record = check_fields(signature, message, lookup)
    if "s" in record.flags and identity != signature.domain:
        raise Refused("permerror", "the key is not for subdomains")
    return "y" in record.flags


def identity_domain(text: str) -> str:
    """Raises Refused."""
    try:
        return ascii_domain(text.rpartition("@")[2])
    except BadTags as error:
        raise Refused("permerror", f"i=: {error}") from None
