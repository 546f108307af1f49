"""Keys of domains, and the signatures on what leaves."""

import io
import secrets

import dkim as dkimpy
import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from accounts.provision import add_domain
from jmap.mailauth.dns import Resolver
from jmap.submission import dkim
from jmap.submission.dkim import sign
from jmap.submission.dkim_keys import keys_in_use, make_keys, record_of
from jmap.submission.models import DkimKey
from tests.fixtures.dns import DnsServer
from tests.mailauth.signers import judged


@pytest.fixture
def domain() -> str:
    name = f"d{secrets.token_hex(4)}.example"
    add_domain(name)
    return name


@pytest.fixture(autouse=True)
def name_server(dns_server: DnsServer, settings: LazySettings) -> None:
    settings.DNS_SERVERS = [dns_server.address]


def letter(domain: str) -> bytes:
    return f"From: Ann <ann@{domain}>\r\nTo: bob@example.net\r\nSubject: Tea\r\n\r\nHello\r\n".encode()


def publish(dns: DnsServer, domain: str) -> None:
    for key in keys_in_use(domain):
        record = record_of(key)
        dns.add(record.name, "TXT", record.value)


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("dkim", *words, stdout=out)
    return out.getvalue()


def selectors(octets: bytes) -> list[str]:
    return [line.split(b"s=")[1].split(b";")[0].decode() for line in octets.split(b"\r\n") if line.startswith(b" d=")]


def test_what_leaves_is_signed_by_both_keys_of_its_domain(
    domain: str, dns_server: DnsServer, resolver: Resolver
) -> None:
    make_keys(domain, ("rsa", "ed25519"))
    publish(dns_server, domain)
    dns_server.add(f"_dmarc.{domain}", "TXT", "v=DMARC1; p=reject")
    judgement = judged(sign(letter(domain)), resolver)
    assert [(each.algorithm, each.result) for each in judgement.dkim] == [
        ("ed25519-sha256", "pass"),
        ("rsa-sha256", "pass"),
    ]
    assert judgement.dmarc.result == "pass"


def test_the_reference_implementation_accepts_the_signature(domain: str, dns_server: DnsServer) -> None:
    make_keys(domain, ("rsa",))
    record = record_of(keys_in_use(domain)[0])
    assert dkimpy.verify(sign(letter(domain)), dnsfunc=lambda name, timeout=5: record.value.encode())


def test_mail_of_a_domain_without_keys_stays_unsigned(domain: str) -> None:
    assert sign(letter(domain)) == letter(domain)


def test_the_domain_above_answers_for_a_subdomain(domain: str) -> None:
    make_keys(domain, ("rsa",))
    assert f"d={domain};".encode() in sign(letter(f"sub.{domain}"))


def test_a_new_key_signs_soon(domain: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dkim, "FRESH_FOR", 0.0)
    assert sign(letter(domain)) == letter(domain)
    make_keys(domain, ("rsa",), "now")
    assert selectors(sign(letter(domain))) == ["now"]


def test_the_command_makes_keys_once_and_prints_their_records(domain: str) -> None:
    first, second = run(domain), run(domain)
    assert first == second
    assert first.count(f"._domainkey.{domain}. IN TXT ") == 2
    assert all(len(piece) <= 255 for piece in first.split('"')[1::2])


def test_the_command_makes_the_key_that_was_asked_for(domain: str) -> None:
    assert f"mail._domainkey.{domain}." in run(domain, "--algorithm", "ed25519", "--selector", "mail")
    assert [(key.selector, key.algorithm) for key in keys_in_use(domain)] == [("mail", "ed25519")]


def test_new_keys_take_over_when_dns_has_them(
    domain: str, dns_server: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dkim, "FRESH_FOR", 0.0)
    dns_server.ttl = 0
    run(domain, "--selector", "old")
    run(domain, "--rotate", "--selector", "new")
    assert "DNS does not have" in run(domain, "--rotate")
    assert selectors(sign(letter(domain))) == ["old-ed25519", "old-rsa"]
    publish(dns_server, domain)
    monkeypatch.setattr("jmap.mailauth.dns.LONGEST_TTL", 0)
    assert "from now on" in run(domain, "--rotate")
    assert selectors(sign(letter(domain))) == ["new-ed25519", "new-rsa"]


def test_rotating_one_algorithm_leaves_the_other_key_alone(domain: str, dns_server: DnsServer) -> None:
    run(domain, "--selector", "old")
    run(domain, "--rotate", "--selector", "new", "--algorithm", "rsa")
    publish(dns_server, domain)
    run(domain, "--rotate")
    active = DkimKey.objects.filter(domain=domain, active=True).values_list("selector", flat=True)
    assert set(active) == {"old-ed25519", "new"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [(["no.example"], "not served"), (["--selector", "a b"], "selector"), (["--selector", "-"], "selector")],
)
def test_a_mistake_is_explained(domain: str, words: list[str], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint):
        run(*(words if "." in words[0] else [domain, *words]))
