"""Checks of what keeps mail on its way here encrypted."""

from jmap.submission.dns_record import DnsRecord
from jmap.submission.relay.https import FetchFailed
from jmap.submission.relay.sts_memory import PATH
from jmap.submission.relay.sts_policy import read_policy, read_record
from jmap.submission.setup import sts
from jmap.submission.setup.finding import Check, Outcome
from jmap.submission.setup.scene import Scene, addresses_of


def strict_transport(scene: Scene) -> Outcome | None:
    """MTA-STS (RFC 8461): announced in DNS, and served under a name of its own."""
    if not sts.is_offered():
        return None
    name, web = f"_mta-sts.{scene.domain}", f"mta-sts.{scene.domain}"
    wanted = (DnsRecord(name, "TXT", f"v=STSv1; id={sts.policy_id()}"), DnsRecord(web, "CNAME", f"{scene.web}."))
    found = tuple(scene.texts(name, b"v=STSv1"))
    if not found:
        return Outcome("missing", wanted, advice=f"Needs a certificate for {web}, too.")
    if read_record(text.encode() for text in found) != sts.policy_id():
        return Outcome("wrong", wanted, found, "The id must change with the policy.")
    if not addresses_of(web, scene.lookup):
        return Outcome("missing", wanted, found, f"{web} must lead to this server.")
    if problem := served_wrongly(web, scene):
        return Outcome("wrong", wanted, found, problem)
    return Outcome("ok", wanted, found)


def served_wrongly(web: str, scene: Scene) -> str:
    """What is wrong with what senders would fetch; "" for nothing."""
    try:
        policy = read_policy(scene.fetch(web, PATH))
    except FetchFailed as error:
        return f"The policy can't be fetched: {error}"
    if policy is None:
        return f"What is at https://{web}{PATH} is no policy."
    return "" if policy.allows(scene.host) else f"The policy at https://{web}{PATH} does not name {scene.host}."


def tls_reports(scene: Scene) -> Outcome:
    """TLS-RPT (RFC 8460 §3)."""
    name = f"_smtp._tls.{scene.domain}"
    wanted = (DnsRecord(name, "TXT", f"v=TLSRPTv1; rua=mailto:postmaster@{scene.domain}"),)
    found = tuple(scene.texts(name, b"v=TLSRPTv1"))
    if len(found) == 1 and "rua=" in found[0]:
        return Outcome("ok", (), found)
    if found:
        return Outcome("wrong", wanted, found, "There must be one, and it must say where reports go (rua=).")
    return Outcome("missing", wanted, advice="It makes senders report when they can't reach you encrypted.")


CHECKS = (
    Check("MTA-STS", "recommended", "tells senders to insist on encryption", strict_transport),
    Check("TLS-RPT", "optional", "reports of senders that failed at that", tls_reports),
)
