"""What is said about domains in every condition."""

import hashlib
import secrets

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import LazySettings

from accounts.provision import add_domain
from jmap.mailauth.dns import Resolver
from jmap.submission.dkim_keys import make_keys, record_of
from jmap.submission.relay.https import FetchFailed
from jmap.submission.setup import sts
from jmap.submission.setup.check import check_domain, is_ready
from jmap.submission.setup.finding import Finding
from jmap.submission.setup.scene import Scene
from tests.fixtures.dns import DnsServer

HOST = "mail.posthorn.example"
ADDRESS = "8.8.4.4"  # public addresses that nobody connects to here
OTHER = "9.9.9.9"


class Place:
    """A domain, DNS, and what the web would say."""

    def __init__(self, dns: DnsServer) -> None:
        self.dns, self.domain = dns, f"d{secrets.token_hex(4)}.example"
        self.policy = sts.policy_text()
        self.certificate: x509.Certificate | None = None
        self.direct = True
        add_domain(self.domain)

    def fetch(self, host: str, path: str) -> str:
        if not self.policy:
            raise FetchFailed(f"https://{host}{path}: refused")
        return self.policy

    def findings(self) -> list[Finding]:
        lookup = Resolver([self.dns.address]).lookup()
        return check_domain(Scene(self.domain, HOST, HOST, 443, lookup, self.fetch, self.certificate, self.direct))

    def finding(self, topic: str) -> Finding | None:
        return next((each for each in self.findings() if each.check.topic == topic), None)

    def status(self, topic: str) -> str:
        found = self.finding(topic)
        return found.outcome.status if found else "left out"

    def advice(self, topic: str) -> str:
        found = self.finding(topic)
        return found.outcome.advice if found else ""

    def replace(self, name: str, type: str, *values: str) -> None:
        self.dns.remove(name, type)
        self.dns.add(name, type, *values)

    def complete(self) -> None:
        """Everything as it should be."""
        dns, domain = self.dns, self.domain
        dns.add(domain, "MX", f"10 {HOST}.")
        dns.add(HOST, "A", ADDRESS)
        dns.add("4.4.8.8.in-addr.arpa", "PTR", f"{HOST}.")
        dns.add(domain, "TXT", "v=spf1 mx -all")
        for key in make_keys(domain, ("rsa", "ed25519")):
            dns.add(record_of(key).name, "TXT", record_of(key).value)
        dns.add(f"_dmarc.{domain}", "TXT", f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{domain}")
        if sts.is_offered():
            dns.add(f"_mta-sts.{domain}", "TXT", f"v=STSv1; id={sts.policy_id()}")
            dns.add(f"mta-sts.{domain}", "CNAME", f"{HOST}.")
        dns.add(f"_smtp._tls.{domain}", "TXT", f"v=TLSRPTv1; rua=mailto:postmaster@{domain}")
        dns.add(f"_jmap._tcp.{domain}", "SRV", f"0 1 443 {HOST}.")
        dns.add(f"_submissions._tcp.{domain}", "SRV", f"0 1 465 {HOST}.")
        dns.add(f"_submission._tcp.{domain}", "SRV", f"0 1 587 {HOST}.")
        dns.add(f"autoconfig.{domain}", "CNAME", f"{HOST}.")


@pytest.fixture
def place(dns_server: DnsServer, settings: LazySettings) -> Place:
    settings.MAIL_HOSTNAME, settings.SUBMISSION_PORT, settings.SUBMISSIONS_PORT = HOST, "", ""
    return Place(dns_server)


@pytest.fixture
def whole(place: Place) -> Place:
    place.complete()
    return place


def test_a_domain_with_everything_is_ready(whole: Place) -> None:
    findings = whole.findings()
    assert {each.check.topic: each.outcome.status for each in findings if each.outcome.status != "ok"} == {}
    assert is_ready(findings)


def test_a_domain_with_nothing_lacks_everything_and_is_told_each_record(place: Place) -> None:
    findings = place.findings()
    assert {each.outcome.status for each in findings} == {"missing"}
    assert not is_ready(findings)
    assert all(each.outcome.wanted or each.check.topic == "DKIM" for each in findings)


def test_putting_in_what_is_wanted_is_enough(whole: Place) -> None:
    """The texts of the records are right, not only those of this test."""
    for finding in whole.findings():
        for record in finding.outcome.wanted:
            whole.replace(record.name, record.type, record.value)
    assert is_ready(whole.findings())
    assert {each.outcome.status for each in whole.findings()} == {"ok"}


@pytest.mark.parametrize(
    ("topic", "type", "name"),
    [
        ("MX", "MX", "{}"),
        ("SPF", "TXT", "{}"),
        ("DMARC", "TXT", "_dmarc.{}"),
        ("MTA-STS", "TXT", "_mta-sts.{}"),
        ("MTA-STS", "CNAME", "mta-sts.{}"),
        ("TLS-RPT", "TXT", "_smtp._tls.{}"),
        ("SRV for JMAP", "SRV", "_jmap._tcp.{}"),
        ("SRV for sending", "SRV", "_submission._tcp.{}"),
        ("Autoconfig", "CNAME", "autoconfig.{}"),
    ],
)
def test_a_record_that_is_not_there_is_missed(whole: Place, topic: str, type: str, name: str) -> None:
    whole.dns.remove(name.format(whole.domain), type)
    assert whole.status(topic) == "missing"


@pytest.mark.parametrize(
    ("topic", "type", "name", "values"),
    [
        ("MX", "MX", "{}", ["10 other.example."]),
        ("MX", "MX", "{}", ["0 ."]),
        ("SPF", "TXT", "{}", ["v=spf1 ip4:9.9.9.9 -all"]),
        ("SPF", "TXT", "{}", ["v=spf1 mx -all", "v=spf1 a -all"]),
        ("SPF", "TXT", "{}", ["v=spf1 nonsense"]),
        ("DMARC", "TXT", "_dmarc.{}", ["v=DMARC1; p=maybe"]),
        ("DMARC", "TXT", "_dmarc.{}", ["v=DMARC1; p=none", "v=DMARC1; p=reject"]),
        ("MTA-STS", "TXT", "_mta-sts.{}", ["v=STSv1; id=1"]),
        ("TLS-RPT", "TXT", "_smtp._tls.{}", ["v=TLSRPTv1;"]),
        ("SRV for JMAP", "SRV", "_jmap._tcp.{}", ["0 1 443 other.example."]),
        ("SRV for JMAP", "SRV", "_jmap._tcp.{}", ["0 0 0 ."]),
        ("SRV for sending", "SRV", "_submissions._tcp.{}", ["0 1 466 " + HOST + "."]),
    ],
)
def test_a_record_that_says_something_else_is_wrong(
    whole: Place, topic: str, type: str, name: str, values: list[str]
) -> None:
    whole.replace(name.format(whole.domain), type, *values)
    assert whole.status(topic) == "wrong"


def test_a_policy_for_senders_keeps_what_it_has_and_gains_us(whole: Place) -> None:
    whole.replace(whole.domain, "TXT", "v=spf1 ip4:9.9.9.9 -all")
    finding = whole.finding("SPF")
    assert finding and [record.value for record in finding.outcome.wanted] == ["v=spf1 mx ip4:9.9.9.9 -all"]


def test_dns_that_does_not_answer_is_neither_right_nor_wrong(whole: Place) -> None:
    whole.dns.failing.add(whole.domain)
    assert whole.status("MX") == "unknown"
    assert not is_ready(whole.findings())


def test_another_mail_server_beside_ours_is_mentioned(whole: Place) -> None:
    whole.dns.add(whole.domain, "MX", "20 backup.example.")
    assert whole.status("MX") == "ok" and "backup.example" in whole.advice("MX")


@pytest.mark.parametrize("address", ["127.0.0.1", "192.168.1.1"])
def test_an_address_that_nobody_reaches_is_wrong(whole: Place, address: str) -> None:
    whole.replace(HOST, "A", address)
    assert whole.status("Address") == "wrong"


def test_a_server_by_an_alias_is_wrong(whole: Place) -> None:
    whole.dns.remove(HOST, "A")
    whole.dns.add(HOST, "CNAME", "real.example.")
    whole.dns.add("real.example", "A", ADDRESS)
    assert whole.status("Address") == "wrong"


def test_every_address_must_have_our_name(whole: Place) -> None:
    whole.replace("4.4.8.8.in-addr.arpa", "PTR", "host-8-8-4-4.isp.example.")
    assert whole.status("PTR") == "wrong" and not is_ready(whole.findings())
    whole.replace("4.4.8.8.in-addr.arpa", "PTR", f"{HOST}.")
    whole.dns.add(HOST, "A", OTHER)
    assert whole.status("PTR") == "wrong"


def test_behind_a_smart_host_neither_ptr_nor_our_address_in_spf_matters(whole: Place) -> None:
    whole.direct = False
    whole.dns.remove("4.4.8.8.in-addr.arpa", "PTR")
    whole.replace(whole.domain, "TXT", "v=spf1 ip4:9.9.9.9 -all")
    assert whole.status("PTR") == "left out" and whole.status("SPF") == "ok"


def test_a_key_that_signs_must_be_in_dns(whole: Place) -> None:
    key = make_keys(whole.domain, ("rsa",), "extra")[0]
    assert whole.status("DKIM") == "missing"
    whole.dns.add(record_of(key).name, "TXT", record_of(make_keys(whole.domain, ("rsa",), "x")[0]).value)
    assert whole.status("DKIM") == "wrong" and "extra._domainkey" in whole.advice("DKIM")


def test_a_domain_without_keys_is_told_how_to_make_them(place: Place) -> None:
    assert f"manage.py dkim {place.domain}" in place.advice("DKIM")


def test_a_policy_of_nothing_is_fine_for_now(whole: Place) -> None:
    whole.replace(f"_dmarc.{whole.domain}", "TXT", "v=DMARC1; p=none")
    assert whole.status("DMARC") == "ok" and "p=quarantine" in whole.advice("DMARC")


@pytest.mark.parametrize("policy", ["", "<html>", "version: STSv1\nmode: enforce\nmx: other.example\nmax_age: 60\n"])
def test_a_policy_that_is_not_served_or_is_another_is_wrong(whole: Place, policy: str) -> None:
    whole.policy = policy
    assert whole.status("MTA-STS") == "wrong"


def test_a_policy_that_is_switched_off_is_not_missed(whole: Place, settings: LazySettings) -> None:
    settings.MTA_STS_MODE = "off"
    assert whole.status("MTA-STS") == "left out"


def test_the_id_changes_with_the_policy(settings: LazySettings) -> None:
    settings.MTA_STS_MODE = "testing"
    before = sts.policy_id()
    settings.MTA_STS_MODE = "enforce"
    assert sts.policy_id() != before


@pytest.fixture
def certificate(authority: trustme.CA) -> x509.Certificate:
    return x509.load_pem_x509_certificate(authority.issue_cert(HOST).cert_chain_pems[0].bytes())


def digest(certificate: x509.Certificate) -> str:
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(key).hexdigest()


def test_a_tlsa_record_must_match_the_certificate(whole: Place, certificate: x509.Certificate) -> None:
    whole.certificate = certificate
    assert whole.status("TLSA") == "missing" and is_ready(whole.findings())
    whole.dns.add(f"_25._tcp.{HOST}", "TLSA", f"3 1 1 {digest(certificate)}")
    assert whole.status("TLSA") == "ok"


def test_a_tlsa_record_that_does_not_match_keeps_mail_away(whole: Place, certificate: x509.Certificate) -> None:
    whole.certificate = certificate
    whole.dns.add(f"_25._tcp.{HOST}", "TLSA", "3 1 1 " + "ab" * 32)
    assert whole.status("TLSA") == "wrong" and is_ready(whole.findings())
    whole.dns.secure.add(f"_25._tcp.{HOST}")
    assert not is_ready(whole.findings())


def test_ports_that_are_closed_are_not_advertised(whole: Place, settings: LazySettings) -> None:
    settings.SUBMISSION_PORT, settings.SUBMISSIONS_PORT = "off", "off"
    assert whole.status("SRV for sending") == "left out"


def test_the_check_of_slow_dns_ends(whole: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    whole.dns.silent |= {f"{prefix}.{whole.domain}" for prefix in ("_dmarc", "_jmap._tcp", "autoconfig")}
    monkeypatch.setattr("jmap.mailauth.dns.LIFETIME", 0.3)
    assert [whole.status(topic) for topic in ("DMARC", "SRV for JMAP", "Autoconfig")] == ["unknown"] * 3
