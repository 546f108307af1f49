"""Checks of how mail finds its way here."""

import ipaddress

from cryptography.hazmat.primitives.serialization import Encoding

from jmap.mailauth.dns import Answer
from jmap.submission.dns_record import DnsRecord
from jmap.submission.relay.dane import SHA256, digested, matches, selected, usable
from jmap.submission.setup.finding import Check, Outcome
from jmap.submission.setup.scene import Scene


def mail_exchange(scene: Scene) -> Outcome:
    """RFC 5321 §5.1."""
    wanted = (DnsRecord(scene.domain, "MX", f"10 {scene.host}."),)
    records = sorted(scene.lookup(scene.domain, "MX").records, key=lambda mx: mx.preference)
    found = tuple(f"{mx.preference} {mx.host}." for mx in records)
    hosts = {mx.host for mx in records}
    if not records:
        return Outcome("missing", wanted, advice="Without it nobody knows where to bring mail for this domain.")
    if scene.host not in hosts:
        return Outcome("wrong", wanted, found, "Mail goes elsewhere. Put this server in place of what is there.")
    others = ", ".join(sorted(hosts - {scene.host}))
    return Outcome(
        "ok", wanted, found, f"Mail may also go to {others}, which must pass it on to here." if others else ""
    )


def own_address(scene: Scene) -> Outcome:
    """Of the host that MX names."""
    wanted = (DnsRecord(scene.host, "A", "the address of this server"),)
    if not scene.addresses:
        return Outcome("missing", wanted, advice="The name of this server (MAIL_HOSTNAME) must lead to its address.")
    if scene.lookup(scene.host, "CNAME").records:
        return Outcome("wrong", wanted, scene.addresses, "A mail server's name must not be an alias (RFC 5321 §5.1).")
    hidden = [address for address in scene.addresses if not ipaddress.ip_address(address).is_global]
    if hidden:
        return Outcome("wrong", wanted, scene.addresses, f"Nobody outside reaches {', '.join(hidden)}.")
    return Outcome("ok", (), scene.addresses)


def tlsa(scene: Scene) -> Outcome | None:
    """DANE (RFC 7672). A record that does not match stops mail from all who look, so it is worse than none."""
    answer: Answer = scene.lookup(f"_25._tcp.{scene.host}", "TLSA")
    found = tuple(f"{each.usage} {each.selector} {each.matching} {each.data.hex()}" for each in answer.records)
    wanted = wanted_tlsa(scene)
    if not answer.records:
        return Outcome("missing", wanted, advice="Worth having once the zone is signed (DNSSEC).") if wanted else None
    if scene.certificate is None:
        return Outcome("unknown", (), found, "Set TLS_CERT, so that the record can be compared with the certificate.")
    if not matches([scene.certificate.public_bytes(Encoding.DER)], usable(answer.records), [scene.host]):
        advice = "It does not match the certificate, which keeps mail from you. Replace it now."
        return Outcome("wrong", wanted, found, advice, harmful=answer.secure)
    return Outcome("ok", wanted, found, "" if answer.secure else "It counts only once the zone is signed (DNSSEC).")


def wanted_tlsa(scene: Scene) -> tuple[DnsRecord, ...]:
    """The certificate's public key (RFC 7672 §3.1.1: 3 1 1), which a renewal may keep."""
    if scene.certificate is None:
        return ()
    digest = digested(selected(scene.certificate, 1), SHA256).hex()
    return (DnsRecord(f"_25._tcp.{scene.host}", "TLSA", f"3 1 1 {digest}"),)


CHECKS = (
    Check("MX", "essential", "where mail for the domain goes", mail_exchange),
    Check("Address", "essential", "where this server is", own_address),
    Check("TLSA", "optional", "lets senders insist on this server's certificate", tlsa),
)
