"""Signing what leaves with the keys of its author's domain."""

import time
from threading import Lock
from typing import Final

from jmap.mailauth.dkim_sign import Signer, load_private_key, sign_message
from jmap.mailauth.dmarc import author_domains
from jmap.mailauth.message import Message
from jmap.submission.models import DkimKey

FRESH_FOR: Final = 30.0  # seconds until a change of keys is noticed
MAX_CACHED: Final = 1000  # domains

lock = Lock()
cached: dict[str, tuple[float, list[Signer]]] = {}


def sign(octets: bytes, domain: str | None = None) -> bytes:
    """The message as it must be sent, with a signature of each active key of a domain, by default the author's; without
    any where the domain has no key. Line ends become CRLF. Not to be changed afterwards."""
    if domain is None:
        domain = next(iter(author_domains(Message(octets))), "")
    return sign_message(octets, signers_of(domain))


def signers_of(domain: str) -> list[Signer]:
    """The keys of the domain (as A-labels), or else of the nearest one above it that has some: relaxed alignment lets
    it answer for its subdomains (RFC 7489 §3.1.1)."""
    while domain:
        if found := cached_signers(domain):
            return found
        domain = domain.partition(".")[2]
    return []


def cached_signers(domain: str) -> list[Signer]:
    now = time.monotonic()
    with lock:
        until, signers = cached.get(domain, (0.0, []))
    if until > now:
        return signers
    signers = read_signers(domain)
    with lock:
        if len(cached) >= MAX_CACHED:
            cached.clear()
        cached[domain] = (now + FRESH_FOR, signers)
    return signers


def read_signers(domain: str) -> list[Signer]:
    keys = DkimKey.objects.filter(domain=domain, active=True).order_by("algorithm", "created_at")
    return [Signer(key.domain, key.selector, load_private_key(bytes(key.private_key))) for key in keys]
