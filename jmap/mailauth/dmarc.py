"""DMARC: does the author's domain stand behind the message, and what does it want done if not? (RFC 7489, and what its
revision draft-ietf-dmarc-dmarcbis changed: np=, t=, a record without p=)"""

import zlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from publicsuffixlist import PublicSuffixList

from jmap.mailauth.dkim import DkimResult
from jmap.mailauth.dns import DnsTrouble, Lookup
from jmap.mailauth.message import Message
from jmap.mailauth.spf import SpfResult
from jmap.mailauth.tags import TAG, BadTags, ascii_domain
from jmap.mime.headers import as_addresses

MAX_AUTHORS: Final = 4  # domains of From that are looked up (dmarcbis §11.5)
POLICIES: Final = ("none", "quarantine", "reject")  # from mild to strict
PERCENTS: Final = frozenset(map(str, range(101)))


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain's record asks for; `testing`: one step milder than it says (dmarcbis §4.7, t=)."""

    p: str
    sp: str | None = None
    np: str | None = None
    strict_dkim: bool = False
    strict_spf: bool = False
    percent: int = 100
    testing: bool = False


@dataclass(frozen=True, slots=True)
class DmarcResult:
    """`result`: none, pass, fail, temperror or permerror. `domain`: the author's, as A-labels. `policy`: what the
    record says for it. `disposition`: what to do with the message: none, quarantine or reject."""

    result: str
    domain: str = ""
    policy: str = "none"
    disposition: str = "none"
    reason: str = ""


def evaluate(message: Message, spf: SpfResult, dkim: Sequence[DkimResult], lookup: Lookup) -> DmarcResult:
    """With several authors the strictest of what their domains ask for (RFC 7489 §6.6.1)."""
    authors = author_domains(message)
    if not authors:
        return DmarcResult("permerror", reason="no author has a domain")
    # The same message gets the same luck at every attempt, so that a refusal is not just tried again.
    luck = zlib.crc32(message.body) % 100
    results = [evaluate_author(author, spf, dkim, lookup, luck) for author in authors[:MAX_AUTHORS]]
    if len(authors) > MAX_AUTHORS:
        results.append(DmarcResult("permerror", authors[MAX_AUTHORS], "none", "quarantine", "too many authors"))
    return max(results, key=severity)


def severity(result: DmarcResult) -> tuple[int, int]:
    results = ("pass", "none", "permerror", "temperror", "fail")
    return POLICIES.index(result.disposition), results.index(result.result)


def author_domains(message: Message) -> list[str]:
    """The distinct domains of every From field. An author whose domain can't be read has none."""
    found: dict[str, None] = {}
    for field in message.named(b"from"):
        for address in as_addresses(field.value):
            _, at, domain = (address["email"] or "").rpartition("@")
            with suppress(BadTags):
                found[ascii_domain(domain if at else "")] = None
    return list(found)


def evaluate_author(author: str, spf: SpfResult, dkim: Sequence[DkimResult], lookup: Lookup, luck: int) -> DmarcResult:
    try:
        found = find_policy(author, lookup)
        if found is None:
            return DmarcResult("none", author)
        policy, is_own = found
        if any(each.result == "pass" for each in aligned(author, policy, spf, dkim)):
            return DmarcResult("pass", author, asked_of(author, policy, is_own, lookup))
        if any(each.result == "temperror" for each in aligned(author, policy, spf, dkim)):
            return DmarcResult("temperror", author, reason="an identifier could not be checked for now")
        asked = asked_of(author, policy, is_own, lookup)
    except DnsTrouble as trouble:
        return DmarcResult("temperror", author, reason=str(trouble))
    return DmarcResult("fail", author, asked, applied(asked, policy, luck))


def aligned(
    author: str, policy: Policy, spf: SpfResult, dkim: Sequence[DkimResult]
) -> Iterable[SpfResult | DkimResult]:
    """The results about domains that speak for the author (RFC 7489 §3.1)."""
    if is_aligned(spf.domain, author, policy.strict_spf):
        yield spf
    yield from (each for each in dkim if is_aligned(each.domain, author, policy.strict_dkim))


def is_aligned(domain: str, author: str, strict: bool) -> bool:
    try:
        domain = ascii_domain(domain)
    except BadTags:
        return False
    return domain == author or (not strict and organisation(domain) == organisation(author))


def find_policy(author: str, lookup: Lookup) -> tuple[Policy, bool] | None:
    """The author's policy and whether it is their domain's own, not that of the organisation (RFC 7489 §6.6.3).
    Raises DnsTrouble."""
    own = read_policy(author, lookup)
    if own is not None:
        return own, True
    above = organisation(author)
    inherited = read_policy(above, lookup) if above != author else None
    return (inherited, False) if inherited is not None else None


def read_policy(domain: str, lookup: Lookup) -> Policy | None:
    """None unless there is exactly one record. Raises DnsTrouble."""
    records = [each for each in lookup(f"_dmarc.{domain}", "TXT").records if is_policy(each)]
    return parse_policy(records[0]) if len(records) == 1 else None


def is_policy(octets: bytes) -> bool:
    name, _, value = octets.partition(b";")[0].partition(b"=")
    return name.strip() == b"v" and value.strip() == b"DMARC1"


def parse_policy(octets: bytes) -> Policy | None:
    """A record's policy; what is malformed in it has its default (RFC 7489 §6.3). None for one that asks nothing."""
    pieces = (TAG.match(piece) for piece in octets.decode("utf-8", "replace").split(";"))
    tags = {match[1].lower(): match[2].strip().lower() for match in pieces if match}
    asked = {name: tags[name] for name in ("p", "sp", "np") if name in tags}
    if "p" not in asked or not set(asked.values()) <= set(POLICIES):
        # dmarcbis §4.10.1: whoever only wants reports asks for nothing else.
        return Policy("none") if "mailto:" in tags.get("rua", "") else None
    percent = tags.get("pct", "100")
    return Policy(
        asked["p"],
        asked.get("sp"),
        asked.get("np"),
        tags.get("adkim") == "s",
        tags.get("aspf") == "s",
        int(percent) if percent in PERCENTS else 100,
        tags.get("t") == "y",
    )


def asked_of(author: str, policy: Policy, is_own: bool, lookup: Lookup) -> str:
    """What the record asks for this author. Raises DnsTrouble."""
    if is_own:
        return policy.p
    below = policy.sp or policy.p
    if policy.np is None or policy.np == below:
        return below
    return below if exists(author, lookup) else policy.np


def exists(domain: str, lookup: Lookup) -> bool:
    """Whether it has a host or takes mail (dmarcbis §3.2.13). Raises DnsTrouble."""
    return any(lookup(domain, type).records for type in ("A", "AAAA", "MX"))


def applied(asked: str, policy: Policy, luck: int) -> str:
    """One step milder for the part that pct= leaves out (RFC 7489 §6.6.4), and for a domain that is testing."""
    milder = policy.testing or luck >= policy.percent
    return POLICIES[max(POLICIES.index(asked) - milder, 0)]


def organisation(domain: str) -> str:
    """The organisational domain, by the public suffix list (RFC 7489 §3.2)."""
    return suffixes().privatesuffix(domain) or domain


@lru_cache(maxsize=1)
def suffixes() -> PublicSuffixList:
    return PublicSuffixList()
