"""A courier without a queue: example.test with a mail exchanger at the sink."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from jmap.mailauth.dns import Resolver
from jmap.submission.relay.courier import Chart, Courier
from jmap.submission.relay.letter import Addressee, Letter
from jmap.submission.relay.replies import Outcome
from jmap.submission.relay.session import Manner
from tests.fixtures.dns import DnsServer
from tests.fixtures.sink import Sink

OCTETS = b"From: a@home.test\r\nSubject: Tea\r\n\r\nHello\r\n.dot\r\n"
Carry = Callable[..., dict[str, Outcome]]


def letter(*recipients: str, octets: bytes = OCTETS, **more: Any) -> Letter:
    addressees = [Addressee(at, each) for at, each in enumerate(recipients)]
    return Letter("a@home.test", addressees, octets, **more)


class Post:
    """Carries letters; `chart` and `manner` may be changed."""

    def __init__(self, chart: Chart, manner: Manner) -> None:
        self.chart, self.manner = chart, manner

    def set(self, **changes: Any) -> None:
        self.chart = replace(self.chart, **changes)

    def carry(self, *letters: Letter, domain: str = "example.test") -> list[dict[str, Outcome]]:
        """One after the other, through one courier; outcomes by address."""
        return asyncio.run(self.carry_all(letters, domain))

    async def carry_all(self, letters: tuple[Letter, ...], domain: str) -> list[dict[str, Outcome]]:
        with ThreadPoolExecutor(4) as threads:
            courier = Courier(self.chart, self.manner, threads)
            found = [await courier.carry(each, domain) for each in letters]
            await courier.connections.tidy(all=True)
        return [{addressee.address: outcome for addressee, outcome in each.items()} for each in found]

    def send(self, *recipients: str, domain: str = "example.test", **more: Any) -> Outcome:
        """One letter; what became of its first recipient."""
        recipients = recipients or ("b@example.test",)
        return self.carry(letter(*recipients, **more), domain=domain)[0][recipients[0]]


@pytest.fixture
def post(dns_server: DnsServer, resolver: Resolver, sink: Sink, authority: trustme.CA, tmp_path: Path) -> Post:
    dns_server.add("example.test", "MX", "10 mx.example.test.")
    dns_server.add("mx.example.test", "A", "127.0.0.1")
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    chart = Chart(resolver.lookup(), lambda domain: None, sink.port, private_too=True)
    return Post(chart, Manner("home.test", 1.0, str(ca_file)))
