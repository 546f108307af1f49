"""MTA-STS: from announcement to policy."""

import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
import trustme
from django.utils import timezone

from jmap.mailauth.dns import Resolver
from jmap.submission.models import StsMemory
from jmap.submission.relay import sts_memory
from jmap.submission.relay.https import FetchFailed, Fetching, fetch
from jmap.submission.relay.security import context
from jmap.submission.relay.sts_memory import policy_of
from jmap.submission.relay.sts_policy import StsPolicy, read_policy, read_record
from tests.fixtures.dns import DnsServer
from tests.fixtures.web import WebServer

TEXT = "version: STSv1\r\nmode: enforce\r\nmx: mx.example.test\r\nmx: *.example.test\r\nmax_age: 86400\r\n"
POLICY = StsPolicy("enforce", ("mx.example.test", "*.example.test"), 86400)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TEXT, POLICY),
        (TEXT.replace("\r\n", "\n"), POLICY),
        (TEXT.replace("mx: mx.example.test", "mx:MX.Example.test.\r\nnew: field"), POLICY),
        ("version: STSv1\nmode: none\nmax_age: 60\n", StsPolicy("none", (), 60)),
        (TEXT.replace("86400", "99999999999"), None),
        (TEXT.replace("86400", "9999999999"), StsPolicy("enforce", POLICY.mx, 31_557_600)),
        (TEXT.replace("STSv1", "STSv2"), None),
        (TEXT.replace("enforce", "Enforce"), None),
        (TEXT.replace("max_age", "max-age"), None),
        ("version: STSv1\nmode: enforce\nmax_age: 60\n", None),
        (TEXT.replace("*.example.test", "*"), None),
        (TEXT.replace("*.example.test", "m*.example.test"), None),
        ("", None),
        ("\0\n:\n", None),
    ],
)
def test_a_policy_is_read_to_the_letter(text: str, found: StsPolicy | None) -> None:
    assert read_policy(text) == found


def test_a_wildcard_is_one_label() -> None:
    assert POLICY.allows("mx.example.test") and POLICY.allows("a.example.test")
    assert not POLICY.allows("a.b.example.test") and not POLICY.allows("example.test")


@pytest.mark.parametrize(
    ("records", "id"),
    [
        ([b"v=STSv1; id=20260101;"], "20260101"),
        ([b"v=STSv1;id=a1"], "a1"),
        ([b"other", b"v=STSv1; x=y; id=a1"], "a1"),
        ([b"v=STSv1; id=1;", b"v=STSv1; id=2;"], None),
        ([b"v=STSv1;"], None),
        ([b"v=STSv1; id=no-good;"], None),
        ([], None),
    ],
)
def test_an_announcement_is_one_record(records: list[bytes], id: str | None) -> None:
    assert read_record(records) == id


class World:
    """A domain with a policy at a web server."""

    def __init__(self, dns: DnsServer, web: WebServer, how: Fetching, domain: str) -> None:
        self.dns, self.web, self.how, self.domain = dns, web, how, domain
        web.text = TEXT
        dns.add(f"mta-sts.{domain}", "A", "127.0.0.1")
        self.announce("1")

    def announce(self, id: str) -> None:
        self.dns.remove(f"_mta-sts.{self.domain}", "TXT")
        self.dns.add(f"_mta-sts.{self.domain}", "TXT", f"v=STSv1; id={id};")

    def policy(self) -> StsPolicy | None:
        """As seen by a process that has just started."""
        sts_memory.seen.clear()
        return policy_of(self.domain, Resolver([self.dns.address]).lookup(), self.how)


@pytest.fixture
def how(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Fetching:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return Fetching(context(True, str(path)), private_too=True, seconds=2.0)


@pytest.fixture
def world(dns_server: DnsServer, make_web: Callable[..., WebServer], how: Fetching) -> World:
    domain = f"{secrets.token_hex(4)}.test"
    web = make_web(f"mta-sts.{domain}")
    return World(dns_server, web, Fetching(how.context, web.port, True, 2.0), domain)


def test_an_announced_policy_is_fetched_once(world: World) -> None:
    assert world.policy() == POLICY
    assert world.policy() == POLICY
    assert world.web.asked == [f"mta-sts.{world.domain}:{world.web.port}/.well-known/mta-sts.txt"]


def test_a_domain_that_announces_nothing_is_not_asked(world: World) -> None:
    world.dns.remove(f"_mta-sts.{world.domain}", "TXT")
    assert (world.policy(), world.web.asked) == (None, [])


def test_a_new_id_brings_a_new_policy(world: World) -> None:
    world.policy()
    world.web.text = TEXT.replace("enforce", "testing")
    world.announce("2")
    found = world.policy()
    assert found is not None and found.mode == "testing"


def test_a_policy_holds_while_dns_and_web_are_silent(world: World) -> None:
    world.policy()
    world.dns.failing.add(f"_mta-sts.{world.domain}")
    assert world.policy() == POLICY
    world.dns.failing.clear()
    world.announce("2")
    world.web.status = 500
    assert world.policy() == POLICY


def test_a_policy_ends_with_its_time(world: World) -> None:
    world.policy()
    StsMemory.objects.filter(domain=world.domain).update(expires_at=timezone.now() - timedelta(seconds=1))
    world.web.status = 500
    assert world.policy() is None


def test_an_old_policy_is_fetched_anew(world: World) -> None:
    world.policy()
    StsMemory.objects.filter(domain=world.domain).update(fetched_at=timezone.now() - timedelta(days=3))
    assert world.policy() == POLICY
    assert len(world.web.asked) == 2


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
    for _ in range(100):
        handler.wfile.write(b"x")
        time.sleep(0.2)


def test_what_must_not_count_as_a_policy(world: World) -> None:
    for status, kind, text in ((302, "text/plain", TEXT), (200, "text/html", TEXT), (200, "text/plain", "x" * 70_000)):
        world.web.status, world.web.kind, world.web.text = status, kind, text
        assert world.policy() is None


def test_a_dripping_server_is_left_in_time(world: World) -> None:
    world.web.respond = drip
    begun = time.monotonic()
    assert world.policy() is None
    assert time.monotonic() - begun < 10


def test_a_wrong_certificate_is_refused(world: World, make_web: Callable[..., WebServer]) -> None:
    web = make_web("another.test")
    with pytest.raises(FetchFailed):
        fetch(f"mta-sts.{world.domain}", "/", Resolver([world.dns.address]).lookup(),
              Fetching(world.how.context, web.port, True, 2.0))  # fmt: skip
    assert web.asked == []


def test_private_addresses_are_not_asked(world: World) -> None:
    world.how = Fetching(world.how.context, world.web.port, False, 2.0)
    assert (world.policy(), world.web.asked) == (None, [])
