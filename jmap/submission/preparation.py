"""From a claim to what goes over the wire: read, made fit for 7 bits where that is possible, signed."""

from jmap.core import blobs
from jmap.mime.fields import end_of_header, parse_fields
from jmap.mime.seven_bit import to_seven_bit
from jmap.submission import dkim
from jmap.submission.claims import Claim
from jmap.submission.message import canonical
from jmap.submission.relay.letter import Letter


class Missing(Exception):  # noqa: N818
    """The message is not there any more."""


def read(claim: Claim) -> bytes:
    """The message, every line ending with CRLF. Raises Missing."""
    found = blobs.open_blob(claim.account_id, claim.blob)
    if found is None:
        raise Missing
    octets = canonical(found.octets())
    return octets if octets.endswith(b"\r\n") else octets + b"\r\n"


def prepare(claim: Claim) -> Letter:
    """Raises Missing. Rewritten before it is signed, so that nobody on the way has to (RFC 6376 §5.3); but not what
    carries a signature already."""
    octets = read(claim)
    if not is_signed(octets):
        octets = to_seven_bit(octets)
    return Letter(claim.sender, claim.addressees, dkim.sign(octets), claim.ret, claim.envid)


def is_signed(octets: bytes) -> bool:
    fields = parse_fields(octets, 0, end_of_header(octets))
    return any(field.name.lower() in ("dkim-signature", "arc-seal") for field in fields)
