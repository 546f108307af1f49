"""Which MTA-STS policy holds for a domain now: announced in DNS, fetched by HTTPS, remembered in the database.

A policy once fetched holds until it expires, even if DNS or the web server falls silent since (RFC 8461 §3.3, §5.1)."""

import logging
from datetime import timedelta

from django.utils import timezone

from accounts.memory import Memory
from jmap.mailauth.dns import DnsTrouble, Lookup
from jmap.submission.models import StsMemory
from jmap.submission.relay.https import FetchFailed, Fetching, fetch
from jmap.submission.relay.sts_policy import StsPolicy, read_policy, read_record

logger = logging.getLogger("jmap")
PATH = "/.well-known/mta-sts.txt"
LOOKED_AT = 300.0  # seconds for which this process does not look again, after a failure neither (RFC 8461 §3.3)

# Domain -> its policy, and None in a list where it has none.
seen: Memory[list[StsPolicy]] = Memory(10_000, LOOKED_AT)


def policy_of(domain: str, lookup: Lookup, how: Fetching) -> StsPolicy | None:
    """None where none holds. Takes some seconds at worst; uses this thread's database connection."""
    found = seen.get(domain.encode())
    if found is None:
        policy = look(domain, lookup, how)
        found = [policy] if policy else []
        seen.put(domain.encode(), found)
    return found[0] if found else None


def look(domain: str, lookup: Lookup, how: Fetching) -> StsPolicy | None:
    row, id = StsMemory.objects.filter(domain=domain).first(), announced(domain, lookup)
    if id and (row is None or row.policy_id != id or is_old(row)):
        row = renew(domain, id, lookup, how) or row
    return read_policy(row.policy) if row and row.expires_at > timezone.now() else None


def is_old(row: StsMemory) -> bool:
    """Past half of its time: fetched anew before anybody could profit from its end (RFC 8461 §10.2)."""
    return timezone.now() > row.fetched_at + (row.expires_at - row.fetched_at) / 2


def announced(domain: str, lookup: Lookup) -> str | None:
    try:
        return read_record(lookup(f"_mta-sts.{domain}", "TXT").records)
    except DnsTrouble:
        return None


def renew(domain: str, id: str, lookup: Lookup, how: Fetching) -> StsMemory | None:
    """Fetch the policy and keep it; None if that fails: then the old one goes on while it lasts."""
    try:
        text = fetch(f"mta-sts.{domain}", PATH, lookup, how)
    except FetchFailed as error:
        logger.info("No MTA-STS policy: %s", error)
        return None
    policy, now = read_policy(text), timezone.now()
    if policy is None:
        logger.info("The MTA-STS policy of %s can't be read", domain)
        return None
    values = {"policy_id": id, "policy": text, "fetched_at": now, "expires_at": now + timedelta(seconds=policy.max_age)}
    return StsMemory.objects.update_or_create(domain=domain, defaults=values)[0]
