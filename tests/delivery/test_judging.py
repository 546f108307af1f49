"""Messages judged within the session. This machine is a stranger here; each test has a domain of its own."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from jmap.delivery import trace
from tests.fixtures.accounts import Person
from tests.fixtures.arrivals import arrivals, content, field
from tests.fixtures.dns import DnsServer
from tests.fixtures.rspamd import FakeRspamd
from tests.fixtures.smtp import Receiver, receiving

numbers = itertools.count(1)


@dataclass
class World:
    """A DNS, an rspamd, and servers that ask both."""

    dns: DnsServer
    rspamd: FakeRspamd
    receiver: Receiver

    def domain(self, spf: str = "", dmarc: str = "") -> str:
        """A new one with these policies."""
        name = f"sender{next(numbers)}.test"
        self.dns.add(name, "A", "127.0.0.9")
        for owner, policy in ((name, spf), (f"_dmarc.{name}", dmarc)):
            if policy:
                self.dns.add(owner, "TXT", policy)
        return name

    def deliver(self, domain: str, to: Person, content: bytes = b"", kind: str = "mx") -> tuple[int, str]:
        """From somebody at the domain; the last reply."""
        with self.receiver.dial(kind) as client:
            client.say(f"{'LHLO' if kind == 'lmtp' else 'EHLO'} client.test")
            client.say(f"MAIL FROM:<a@{domain}>")
            assert client.say(f"RCPT TO:<{to.email}>")[0] == 250
            assert client.say("DATA")[0] == 354
            client.send((content or letter(domain)) + b".\r\n")
            return client.reply()


def letter(domain: str, body: str = "Hello", above: str = "") -> bytes:
    return f"{above}From: a@{domain}\r\nSubject: x\r\n\r\n{body}\r\n".encode()


@pytest.fixture(scope="module")
def world(database: None) -> Iterator[World]:
    dns, rspamd = DnsServer(), FakeRspamd()
    with receiving(
        DNS_SERVERS=dns.address,
        RSPAMD_URL=rspamd.url,
        TRUSTED_RELAYS="none",
        SMTP_RATE=0,
        SMTP_CONNECTIONS_PER_ADDRESS=100,
    ) as receiver:
        yield World(dns, rspamd, receiver)
    rspamd.close()
    dns.close()


def test_what_is_genuine_arrives_with_the_results_on_top(world: World, alice: Person) -> None:
    domain = world.domain("v=spf1 ip4:127.0.0.1 -all", "v=DMARC1; p=reject")
    forged = "Authentication-Results: mx.example.org; dmarc=fail\r\n"
    assert world.deliver(domain, alice, letter(domain, above=forged))[0] == 250
    (arrival,) = arrivals(alice.account)
    kept = content(arrival)
    assert field(kept, "Authentication-Results").startswith("mx.example.org; spf=pass")
    assert kept.count(b"Authentication-Results") == 1 and b"dmarc=pass" in kept
    assert kept.index(b"Authentication-Results") < kept.index(b"Received")
    assert arrival.verdict["junk"] is False and arrival.verdict["dmarc"]["result"] == "pass"


def test_a_forgery_is_refused_where_its_victim_wants_it(world: World, alice: Person) -> None:
    domain = world.domain("v=spf1 -all", "v=DMARC1; p=reject")
    code, text = world.deliver(domain, alice)
    assert code == 550 and text.startswith("5.7.1 ") and domain in text
    assert arrivals(alice.account) == []


def test_a_forgery_goes_to_junk_where_its_victim_wants_that(world: World, alice: Person) -> None:
    assert world.deliver(world.domain("v=spf1 -all", "v=DMARC1; p=quarantine"), alice)[0] == 250
    assert arrivals(alice.account)[0].verdict["junk"] is True


def test_by_lmtp_nothing_is_refused_and_where_it_came_from_counts(world: World, alice: Person) -> None:
    genuine = world.domain("v=spf1 ip4:9.9.9.9 -all", "v=DMARC1; p=reject")
    forged = world.domain("v=spf1 ip4:9.9.9.8 -all", "v=DMARC1; p=reject")
    inside = world.domain("v=spf1 -all", "v=DMARC1; p=reject")
    relayed = "Received: from localhost (localhost [127.0.0.1])\r\n\tby relay.test; x\r\n"
    came = relayed + "Received: from far.test (far.test [9.9.9.9]) by relay.test; x\r\n"
    assert world.deliver(genuine, alice, letter(genuine, above=came), "lmtp")[0] == 250
    assert world.deliver(forged, alice, letter(forged, above=came), "lmtp")[0] == 250
    assert world.deliver(inside, alice, letter(inside, above=relayed), "lmtp")[0] == 250
    verdicts = [each.verdict for each in arrivals(alice.account)]
    assert [each["junk"] for each in verdicts] == [False, True, False]
    assert ["dmarc" in each for each in verdicts] == [True, True, False]


def test_trouble_with_dns_delays(world: World, alice: Person) -> None:
    domain = world.domain("", "v=DMARC1; p=reject")
    world.dns.failing.add(domain)
    code, text = world.deliver(domain, alice)
    assert code == 451 and text.startswith("4.7.0 ")
    world.dns.failing.remove(domain)
    world.dns.add(domain, "TXT", "v=spf1 ip4:127.0.0.1 -all")
    assert world.deliver(domain, alice)[0] == 250


def test_a_result_that_postgresql_could_not_keep_is_made_fit(world: World, alice: Person) -> None:
    domain = world.domain()
    signature = "DKIM-Signature: v=1; a=rsa-sha256; d=\0.test; s=\0; h=from; bh=AA==; b=AA==\r\n"
    assert world.deliver(domain, alice, letter(domain, above=signature))[0] == 250
    assert len(arrivals(alice.account)) == 1


@pytest.mark.parametrize(
    ("action", "code", "junk"),
    [
        ("no action", 250, False),
        ("add header", 250, True),
        ("rewrite subject", 250, True),
        ("reject", 550, None),
        ("greylist", 451, None),
        ("soft reject", 451, None),
    ],
)
def test_what_rspamd_advises_is_done(world: World, alice: Person, action: str, code: int, junk: bool | None) -> None:
    domain = world.domain()
    assert world.deliver(domain, alice, letter(domain, f"action={action}"))[0] == code
    assert [each.verdict["junk"] for each in arrivals(alice.account)] == ([] if junk is None else [junk])
    asked = world.rspamd.asked[-1]
    assert (asked["From"], asked["Rcpt"], asked["IP"], asked["Helo"]) == (
        f"a@{domain}",
        alice.email,
        "127.0.0.1",
        "client.test",
    )


def test_by_lmtp_rspamd_refuses_nothing(world: World, alice: Person) -> None:
    domain = world.domain()
    assert world.deliver(domain, alice, letter(domain, "action=reject"), "lmtp")[0] == 250
    assert world.deliver(domain, alice, letter(domain, "action=greylist"), "lmtp")[0] == 250
    assert [each.verdict["junk"] for each in arrivals(alice.account)] == [True, False]


@pytest.mark.parametrize("trouble", ["nonsense", "status", "silence", "skipped", "hangup"])
def test_an_rspamd_in_trouble_delays_nothing(world: World, alice: Person, trouble: str) -> None:
    domain = world.domain()
    assert world.deliver(domain, alice, letter(domain, f"trouble={trouble}"))[0] == 250
    assert arrivals(alice.account)[0].verdict["junk"] is False


def test_a_strangers_words_about_spam_are_not_believed(world: World, alice: Person) -> None:
    domain = world.domain()
    assert world.deliver(domain, alice, letter(domain, above="X-Spam-Flag: YES\r\n"))[0] == 250
    assert arrivals(alice.account)[0].verdict["junk"] is False


@pytest.mark.parametrize(
    ("fields", "origin"),
    [
        ("Received: from a.test (b.test [9.9.9.9]) by c.test; x", ("9.9.9.9", "a.test")),
        ("Received: from a.test ([IPv6:2620:fe::9]) by c.test; x", ("2620:fe::9", "a.test")),
        ("Received: from a (a [10.0.0.1]) by c; x\r\nReceived: from d (d [9.9.9.9]) by a; x", ("9.9.9.9", "d")),
        ("Received: by a with local id 7; x\r\nReceived: from d (d [9.9.9.9]) by a; x", None),
        ("Received: from a (a [999.9.9.9]) by c; x", None),
        ("Received: from a by c ([9.9.9.9]); x", None),
        ("Subject: from a [9.9.9.9]", None),
    ],
)
def test_where_a_relay_had_a_message_from_is_read(fields: str, origin: tuple[str, str] | None) -> None:
    assert trace.origin(f"{fields}\r\n\r\nx".encode()) == origin
