"""Carrying a message to a domain: its hosts in turn, each as securely as it must be, until every recipient has an
answer (RFC 5321 §5.1)."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TypeVar

from jmap.mailauth.dns import Lookup
from jmap.submission.relay import security
from jmap.submission.relay.connections import Connections
from jmap.submission.relay.letter import Addressee, Letter
from jmap.submission.relay.replies import Outcome, Refused, Reply, TlsTrouble, Trouble, made
from jmap.submission.relay.routes import Exchange, find_exchanges, find_place
from jmap.submission.relay.security import Security
from jmap.submission.relay.session import Login, Manner, Session, Target
from jmap.submission.relay.sts_policy import StsPolicy
from jmap.submission.relay.transaction import Transaction

logger = logging.getLogger("jmap")

MOST_TARGETS = 8  # addresses tried in one attempt
LONGEST = 900.0  # seconds of one attempt
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SmartHost:
    """Takes mail for everybody."""

    host: str
    port: int
    security: Security
    login: Login | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """How to find the way. `lookup` and `sts` block; they are called in threads."""

    lookup: Lookup
    sts: Callable[[str], StsPolicy | None]
    port: int = 25
    private_too: bool = False
    smart_host: SmartHost | None = None


class Courier:
    """Belongs to one event loop."""

    def __init__(self, chart: Chart, manner: Manner, threads: Executor) -> None:
        self.chart, self.manner, self.threads = chart, manner, threads
        self.connections = Connections(manner)

    async def carry(self, letter: Letter, domain: str) -> dict[Addressee, Outcome]:
        """What became of each addressee, all of one domain. Never raises but when cancelled."""
        errand = Errand(self, letter, domain)
        try:
            async with asyncio.timeout(LONGEST):
                await errand.run()
        except (Refused, Trouble) as error:
            errand.last = error.reply, ""
        except TimeoutError:
            errand.last = made(451, "4.4.7", "The mail servers took too long"), ""
        except Exception:
            logger.exception("Mail to %s could not be sent", domain)
            errand.last = made(451, "4.3.0", "Something is wrong here"), ""
        return errand.answers()

    async def in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)


class Errand:
    """One attempt for one message."""

    def __init__(self, courier: Courier, letter: Letter, domain: str) -> None:
        self.courier, self.letter, self.domain = courier, letter, domain
        self.outcomes: dict[Addressee, Outcome] = {}
        self.last: tuple[Reply, str] = made(451, "4.4.1", "No mail server could be reached"), ""

    def left(self) -> list[Addressee]:
        return [each for each in self.letter.addressees if each not in self.outcomes]

    def answers(self) -> dict[Addressee, Outcome]:
        reply, host = self.last
        return {each: self.outcomes.get(each) or Outcome(reply, host) for each in self.letter.addressees}

    async def run(self) -> None:
        """Raises Refused or Trouble where no host could even be found."""
        tried = 0
        async for target in self.targets():
            await self.visit(target)
            tried += 1
            if not self.left() or tried == MOST_TARGETS:
                return

    async def targets(self) -> AsyncIterator[Target]:
        """Where to try, in order; what keeps one host from being tried becomes the last reply."""
        chart = self.courier.chart
        if chart.smart_host:
            host = chart.smart_host
            yield Target(host.host, host.host, host.port, host.security, host.login)
            return
        exchanges = await self.courier.in_thread(
            lambda: find_exchanges(self.domain, chart.lookup, self.courier.manner.own_name)
        )
        sts = await self.courier.in_thread(lambda: chart.sts(self.domain))
        refused = []
        for exchange in exchanges:
            try:
                found = await self.courier.in_thread(lambda each=exchange: self.explore(each, sts))  # type: ignore[misc]
            except Refused as error:
                refused.append(error)
                continue
            except Trouble as trouble:
                self.last = trouble.reply, exchange.name
                continue
            for target in found:
                yield target
        if refused and len(refused) == len(exchanges):
            raise refused[0]

    def explore(self, exchange: Exchange, sts: StsPolicy | None) -> list[Target]:
        """The addresses of one host, and how to be with it. Blocks."""
        chart = self.courier.chart
        place = find_place(exchange, chart.lookup, chart.private_too)
        chosen = security.choose(self.domain, exchange, place, chart.port, chart.lookup, sts)
        return [Target(exchange.name, address, chart.port, chosen) for address in place.addresses]

    async def visit(self, target: Target) -> None:
        """Try one address; a connection that rested may have died without a word."""
        rested = self.courier.connections.rested(target)
        try:
            if rested is None or not await self.use_again(rested):
                await self.use(await self.connect(target))
        except Refused as refused:
            self.settle(refused.reply, target)
        except Trouble as trouble:
            self.last = trouble.reply, target.host

    async def use_again(self, session: Session) -> bool:
        try:
            await session.command("RSET")
        except Trouble:
            return False
        await self.use(session)
        return True

    async def connect(self, target: Target) -> Session:
        """Where TLS is not required and fails, mail goes without (RFC 7435 §3)."""
        try:
            return await self.courier.connections.open(target)
        except TlsTrouble:
            if target.security.kind != "may":
                raise
        plain = Target(target.host, target.address, target.port, Security("plain", target.security.names), target.login)
        return await self.courier.connections.open(plain)

    async def use(self, session: Session) -> None:
        try:
            await Transaction(session, self.letter, self.outcomes).send(self.left())
        except BaseException:
            session.close()
            raise
        self.courier.connections.give_back(session)

    def settle(self, reply: Reply, target: Target) -> None:
        for each in self.left():
            self.outcomes[each] = Outcome(reply, target.host)
