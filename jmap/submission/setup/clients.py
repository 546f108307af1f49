"""What programs look for that know nothing but an address: checks of it, and the file of Thunderbird's autoconfig."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

from django.conf import settings

from jmap.mailauth.dns import Srv
from jmap.submission.dns_record import DnsRecord
from jmap.submission.setup.finding import Check, Outcome
from jmap.submission.setup.scene import Scene, addresses_of, public_origin


@dataclass(frozen=True, slots=True)
class Service:
    """A way to send: its name in DNS, its port, and the kind of TLS as autoconfig calls it."""

    name: str
    port: int
    security: str


def submission_services() -> list[Service]:
    """Those that are offered (RFC 6186 §3.1, RFC 8314 §5.1), the better one first."""
    offered = [("_submissions", settings.SUBMISSIONS_PORT, 465, "SSL"),
               ("_submission", settings.SUBMISSION_PORT, 587, "STARTTLS")]  # fmt: skip
    return [
        Service(name, int(setting or usual), security) for name, setting, usual, security in offered if setting != "off"
    ]


def jmap_service(scene: Scene) -> Outcome:
    """RFC 8620 §2.2."""
    return service(scene, DnsRecord(f"_jmap._tcp.{scene.domain}", "SRV", f"0 1 {scene.web_port} {scene.web}."))


def sending_services(scene: Scene) -> Outcome | None:
    """The worst of the services' outcomes."""
    outcomes = [
        service(scene, DnsRecord(f"{each.name}._tcp.{scene.domain}", "SRV", f"0 1 {each.port} {scene.host}."))
        for each in submission_services()
    ]
    if not outcomes:
        return None
    worst = next((each for each in outcomes if each.status != "ok"), outcomes[0])
    wanted = tuple(record for each in outcomes for record in each.wanted)
    found = tuple(text for each in outcomes for text in each.found)
    return Outcome(worst.status, wanted, found, worst.advice)


def service(scene: Scene, wanted: DnsRecord) -> Outcome:
    records: tuple[Srv, ...] = scene.lookup(wanted.name, "SRV").records
    found = tuple(f"{wanted.name}: {each.priority} {each.weight} {each.port} {each.target}." for each in records)
    port, target = wanted.value.split(" ")[2:]
    if any(str(each.port) == port and f"{each.target}." == target for each in records):
        return Outcome("ok", (wanted,), found)
    if records:
        return Outcome("wrong", (wanted,), found, "It leads elsewhere.")
    return Outcome("missing", (wanted,), advice="Programs find this server by it.")


def autoconfig_host(scene: Scene) -> Outcome:
    name = f"autoconfig.{scene.domain}"
    wanted = (DnsRecord(name, "CNAME", f"{scene.web}."),)
    found = addresses_of(name, scene.lookup)
    if found and set(found) & set(addresses_of(scene.web, scene.lookup)):
        return Outcome("ok", wanted, found)
    if found:
        return Outcome("wrong", wanted, found, "It leads elsewhere.")
    return Outcome("missing", wanted, advice="Thunderbird and others find their settings there.")


def autoconfig_text(domain: str) -> str:
    """The file that mail programs fetch (Thunderbird's autoconfig, version 1.1)."""
    name, url = escape(domain), escape(f"{public_origin()}/.well-known/jmap")
    outgoing = "".join(
        '    <outgoingServer type="smtp">\n'
        f"      <hostname>{escape(settings.MAIL_HOSTNAME)}</hostname>\n"
        f"      <port>{each.port}</port>\n"
        f"      <socketType>{each.security}</socketType>\n"
        "      <username>%EMAILADDRESS%</username>\n"
        "      <authentication>password-cleartext</authentication>\n"
        "    </outgoingServer>\n"
        for each in submission_services()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<clientConfig version="1.1">\n'
        f'  <emailProvider id="{name}">\n    <domain>{name}</domain>\n    <displayName>{name}</displayName>\n'
        '    <incomingServer type="jmap">\n'
        f"      <url>{url}</url>\n      <username>%EMAILADDRESS%</username>\n"
        "      <authentication>http-basic</authentication>\n    </incomingServer>\n"
        f"{outgoing}  </emailProvider>\n</clientConfig>\n"
    )


CHECKS = (
    Check("SRV for JMAP", "recommended", "where mail programs find this server", jmap_service),
    Check("SRV for sending", "optional", "where mail programs send by SMTP", sending_services),
    Check("Autoconfig", "optional", "where Thunderbird finds its settings", autoconfig_host),
)
