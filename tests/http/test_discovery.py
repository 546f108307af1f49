"""What mail servers and mail programs fetch under the names of a domain."""

import secrets
from xml.etree import ElementTree

import pytest
from django.conf import LazySettings
from django.test import Client

from accounts.provision import add_domain
from jmap.submission.relay.sts_policy import StsPolicy, read_policy

POLICY, SETTINGS = "/.well-known/mta-sts.txt", "/mail/config-v1.1.xml"


@pytest.fixture
def domain(settings: LazySettings) -> str:
    settings.MAIL_HOSTNAME, settings.PUBLIC_URL = "mail.posthorn.example", "https://web.posthorn.example"
    name = f"d{secrets.token_hex(4)}.example"
    add_domain(name)
    return name


def get(path: str, host: str, **headers: str) -> tuple[int, str]:
    response = Client().get(path, headers={"Host": host, **headers})
    return response.status_code, response.content.decode()


@pytest.mark.parametrize("mode", ["testing", "enforce", "none"])
def test_the_policy_is_served_at_the_policy_host(domain: str, settings: LazySettings, mode: str) -> None:
    settings.MTA_STS_MODE = mode
    response = Client().get(POLICY, headers={"Host": f"MTA-STS.{domain}:443"})
    assert response["Content-Type"].startswith("text/plain")
    policy = read_policy(response.content.decode())
    assert isinstance(policy, StsPolicy)
    assert (policy.mode, policy.mx) == (mode, ("mail.posthorn.example",))


def test_no_policy_is_served_elsewhere_or_when_it_is_off(domain: str, settings: LazySettings) -> None:
    settings.MTA_STS_MODE = "testing"
    assert [get(POLICY, host)[0] for host in (domain, "mta-sts.no.example", "mta-sts.", "localhost")] == [404] * 4
    settings.MTA_STS_MODE = "off"
    assert get(POLICY, f"mta-sts.{domain}")[0] == 404


def test_a_proxy_says_which_host_was_asked_for(domain: str, settings: LazySettings) -> None:
    named = {"X-Forwarded-Host": f"mta-sts.{domain}"}
    assert get(POLICY, "localhost", **named)[0] == 404
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    assert get(POLICY, "localhost", **named)[0] == 200


@pytest.mark.parametrize(
    ("path", "host"), [(SETTINGS, "autoconfig.{}"), ("/.well-known/autoconfig" + SETTINGS, "{}"), (SETTINGS, "{}")]
)
def test_mail_programs_find_their_settings(domain: str, path: str, host: str) -> None:
    status, text = get(f"{path}?emailaddress=ann@{domain}", host.format(domain))
    provider = ElementTree.fromstring(text.encode())[0]
    assert (status, provider.get("id")) == (200, domain)
    assert provider.findtext("incomingServer[@type='jmap']/url") == "https://web.posthorn.example/.well-known/jmap"
    sending = [(each.findtext("hostname"), each.findtext("port")) for each in provider.findall("outgoingServer")]
    assert sending == [("mail.posthorn.example", "465"), ("mail.posthorn.example", "587")]


def test_a_port_that_is_closed_is_not_offered(domain: str, settings: LazySettings) -> None:
    settings.SUBMISSION_PORT, settings.SUBMISSIONS_PORT = "off", "2465"
    _, text = get(SETTINGS, domain)
    assert "<port>2465</port>" in text and "<port>587</port>" not in text


def test_a_domain_that_is_not_served_has_no_settings(domain: str) -> None:
    assert [get(SETTINGS, host)[0] for host in ("autoconfig.no.example", "no.example", "autoconfig.")] == [404] * 3
