"""Addresses as an envelope has them (RFC 5321 §4.1.2 Mailbox, RFC 6531 §3.3)."""

import re

from accounts.domains import ATOM, BadAddress, normal_domain

QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f-\x9f]|\\[ -~])*"\Z')
UNFIT = re.compile(r"[\s\x00-\x1f\x7f-\x9f]|\.\Z")
MAX_LOCAL, MAX_MAILBOX = 64, 254  # octets


def split(address: str) -> tuple[str, str] | None:
    """Local part and domain as A-labels; None for what is no address to send to. A domain literal is none: a queue has
    nothing to look up for it."""
    local, _, domain = address.rpartition("@")
    if len(local.encode()) > MAX_LOCAL or len(address.encode()) > MAX_MAILBOX or UNFIT.search(domain):
        return None
    if not QUOTED.match(local) and not all(ATOM.match(atom) for atom in local.split(".")):
        return None
    try:
        return local, normal_domain(domain)
    except BadAddress:
        return None


def is_mailbox(address: str) -> bool:
    return split(address) is not None


def key(address: str) -> str:
    """The same for two spellings of one mailbox: the domain's case doesn't count, the local part's is its host's."""
    parts = split(address)
    return address if parts is None else "@".join(parts)


def is_within(identity: str, address: str) -> bool:
    """Whether an Identity with the first address allows the second (RFC 8621 §6: "*@example.org")."""
    allowed, wanted = split(identity.lower()), split(address.lower())
    if allowed is None or wanted is None:
        return False
    return allowed[1] == wanted[1] and allowed[0] in ("*", wanted[0])
