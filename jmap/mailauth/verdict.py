"""One judgement on where a message comes from: SPF, DKIM, DMARC and ARC together, and what they say in its header.

judgement = judge(octets, peer="192.0.2.1", helo="mx.example.org", mail_from="a@example.org",
                  resolver=shared_resolver(tuple(settings.DNS_SERVERS)), authserv_id="mail.example.net",
                  deadline=time.monotonic() + 10)
octets = judgement.header + strip_claims(octets, authserv_id)
"""

import time
from dataclasses import asdict, dataclass
from typing import Any, Final

from jmap.mailauth import arc, dkim, dmarc, spf
from jmap.mailauth.arc import ArcResult
from jmap.mailauth.dkim import DkimResult
from jmap.mailauth.dkim_signature import Body
from jmap.mailauth.dmarc import DmarcResult
from jmap.mailauth.dns import Resolver
from jmap.mailauth.message import Message
from jmap.mailauth.results import MethodResult, build_results, strip_claims
from jmap.mailauth.spf import SpfResult

SHARES: Final = (0.4, 0.5, 0.8, 1.0)  # of the time: SPF of the sender, of the greeting, DKIM, DMARC and ARC


@dataclass(frozen=True, slots=True)
class Judgement:
    """`spf` is of MAIL FROM (of HELO for the null path), `helo` of the HELO name. `policy` is what to do: "none",
    "quarantine" or "reject". `temporary`: the verdict could be another once DNS answers; whoever wants it asks the
    sender to come again. `header` is our Authentication-Results field with its line break."""

    spf: SpfResult
    helo: SpfResult
    dkim: tuple[DkimResult, ...]
    dmarc: DmarcResult
    arc: ArcResult
    header: bytes

    @property
    def policy(self) -> str:
        return self.dmarc.disposition

    @property
    def temporary(self) -> bool:
        return self.dmarc.result == "temperror"

    def to_stored(self) -> dict[str, Any]:
        """As JSON, for the record of an arrival."""
        return {
            "spf": asdict(self.spf),
            "helo": asdict(self.helo),
            "dkim": [asdict(each) for each in self.dkim],
            "dmarc": asdict(self.dmarc),
            "arc": asdict(self.arc),
        }


def judge(
    octets: bytes, *, peer: str, helo: str, mail_from: str, resolver: Resolver, authserv_id: str, deadline: float
) -> Judgement:
    """Judge a message as it came in (CRLF, before anything is added). `peer` is an IP address, `mail_from` "" or an
    address, `deadline` in time.monotonic(); questions open by then count as trouble with DNS. Raises nothing for any
    message, envelope or answer. Slow: it asks DNS, so call it in a thread."""
    message = Message(octets)
    body = Body(message.body)
    by_spf, by_helo, by_dkim, by_end = (resolver.lookup(moment) for moment in moments(deadline))
    sender = spf.check_mail_from(peer, mail_from, helo, by_spf, authserv_id)
    greeting = sender if sender.domain == helo else spf.check_helo(peer, helo, by_helo, authserv_id)
    signatures = tuple(dkim.verify(message, body, by_dkim))
    policy = dmarc.evaluate(message, sender, signatures, by_end)
    chain = arc.validate(message, body, by_end)
    methods = [*spf_methods(sender, greeting, mail_from), *dkim_methods(signatures), dmarc_method(policy)]
    methods += arc_methods(chain, peer)
    return Judgement(sender, greeting, signatures, policy, chain, build_results(authserv_id, methods))


def moments(deadline: float) -> list[float]:
    """When each step must be done, so that one that hangs leaves time for the next: a domain whose SPF never answers
    may still be known by its signature."""
    now = time.monotonic()
    return [now + (deadline - now) * share for share in SHARES]


def spf_methods(sender: SpfResult, greeting: SpfResult, mail_from: str) -> list[MethodResult]:
    """RFC 8601 §2.7.2; domains alone, for SPF knows nothing of local parts (Appendix B.3)."""
    helo = MethodResult("spf", greeting.result, greeting.reason, (("smtp.helo", greeting.domain),))
    if not mail_from:
        return [helo]
    return [MethodResult("spf", sender.result, sender.reason, (("smtp.mailfrom", sender.domain),)), helo]


def dkim_methods(signatures: tuple[DkimResult, ...]) -> list[MethodResult]:
    """RFC 8601 §2.7.1, RFC 6008, and header.a and header.s of RFC 8601 §2.7.1."""
    return [
        MethodResult(
            "dkim",
            each.result,
            each.reason,
            (
                ("header.d", each.domain),
                ("header.s", each.selector),
                ("header.a", each.algorithm),
                ("header.b", each.start),
            ),
        )
        for each in signatures
    ] or [MethodResult("dkim", "none")]


def dmarc_method(result: DmarcResult) -> MethodResult:
    """RFC 7489 §11.1; policy.dmarc is what the domain asks for."""
    asked = result.policy if result.result in ("pass", "fail") else ""
    return MethodResult(
        "dmarc", result.result, result.reason, (("header.from", result.domain), ("policy.dmarc", asked))
    )


def arc_methods(chain: ArcResult, peer: str) -> list[MethodResult]:
    """RFC 8617 §10.1; nothing for the many messages that nobody sealed."""
    if chain.result == "none":
        return []
    return [MethodResult("arc", chain.result, chain.reason, (("smtp.remote-ip", peer),))]


__all__ = ["Judgement", "judge", "strip_claims"]
