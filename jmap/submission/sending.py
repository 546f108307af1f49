"""Draining the queue: claim, prepare, send, write down, tell.

One drain at a time in a process. Its event loop waits for the peers, so that those who stall hold a slot and no thread;
the database is asked in threads of the drain's own. What became of a message is written down in a thread that does
nothing else, and told in another, for that waits for accounts."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import connections

from accounts.recipients import is_local
from jmap.core import sql
from jmap.submission import atlas, claims, ledger, local, news, preparation
from jmap.submission.claims import Claim
from jmap.submission.relay.courier import Courier
from jmap.submission.relay.letter import Addressee, Letter
from jmap.submission.relay.replies import Outcome, made

logger = logging.getLogger("jmap")
T = TypeVar("T")

MOST_OCTETS = 256_000_000  # of the messages in flight
LOOKUPS = 16  # threads that ask DNS
BATCH = 8  # claims before the first of them is sent
TICK, LOOK_AGAIN = 0.1, 1.0  # seconds: between looks at the bell, and at the queue, while something is in flight
GRACE = 4.0  # seconds for what is in flight when the worker stops
PATIENCE = 600.0  # seconds that a result waits for a database that has gone away

running = threading.Lock()
wanted = threading.Event()


def never() -> bool:
    return False


def send_due(stopping: Callable[[], bool] = never) -> None:
    """Send whatever is due, until nothing is, or `stopping`. Where a drain is at work already it looks again, and this
    returns at once."""
    wanted.set()
    while wanted.is_set() and running.acquire(blocking=False):
        try:
            wanted.clear()
            asyncio.run(Drain(stopping).run())
        finally:
            running.release()


class Desk:
    """One thread with a database connection of its own, which is closed when the desk is."""

    def __init__(self, name: str) -> None:
        self.executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def do(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.executor, on_living_connection, work)

    def __enter__(self) -> "Desk":
        return self

    def __exit__(self, *_: object) -> None:
        self.executor.submit(connections.close_all)
        self.executor.shutdown(wait=True)


class Drain:
    def __init__(self, stopping: Callable[[], bool]) -> None:
        self.stopping = stopping
        self.flights: dict[asyncio.Task[None], Claim] = {}
        self.skipped: set[int] = set()  # rows with which something went badly wrong
        self.there_is_more, self.looked_at, self.renewed_at = True, 0.0, time.monotonic()

    async def run(self) -> None:
        with ExitStack() as stack:
            threads = stack.enter_context(ThreadPoolExecutor(LOOKUPS, thread_name_prefix="lookup"))
            self.desk, self.ledger, self.reporter = (
                stack.enter_context(Desk(n)) for n in ("desk", "ledger", "reporter")
            )
            self.courier = Courier(atlas.chart(), atlas.manner(), threads)
            try:
                await self.work()
            finally:
                await self.land()
                await self.courier.connections.tidy(all=True)

    async def work(self) -> None:
        while not self.stopping():
            if self.is_time_to_look():
                await self.start()
            if not self.flights:
                return
            await asyncio.wait(self.flights, timeout=TICK, return_when=asyncio.FIRST_COMPLETED)
            self.clear()
            await self.courier.connections.tidy()
            await self.renew()

    def is_time_to_look(self) -> bool:
        return self.there_is_more or wanted.is_set() or time.monotonic() - self.looked_at > LOOK_AGAIN

    async def start(self) -> None:
        """Claim as much as there is room for, but not so much that the first one waits for the last."""
        slots = min(BATCH, settings.SEND_CONNECTIONS - len(self.flights))
        octets = MOST_OCTETS - sum(claim.size for claim in self.flights.values())
        if slots <= 0 or octets <= 0:
            return
        wanted.clear()
        self.looked_at = time.monotonic()
        claimed = await self.desk.do(partial(claim_some, slots, octets, self.skipped))
        self.there_is_more = len(claimed) == slots
        for claim in claimed:
            self.flights[asyncio.create_task(self.send(claim))] = claim

    def clear(self) -> None:
        """Forget who has landed."""
        for task in [task for task in self.flights if task.done()]:
            claim = self.flights.pop(task)
            self.there_is_more = True  # its place is free
            if not task.cancelled() and (error := task.exception()):
                self.skipped.update(claim.ids)
                logger.error("Message of rows %s could not be sent", claim.ids, exc_info=error)

    async def renew(self) -> None:
        """What is still in flight stays ours."""
        if time.monotonic() - self.renewed_at < settings.SEND_LEASE / 4:
            return
        self.renewed_at = time.monotonic()
        ids = [id for claim in self.flights.values() for id in claim.ids]
        await self.ledger.do(partial(patiently, partial(claims.renew, ids)))

    async def land(self) -> None:
        """The worker stops: what is in flight has a moment left, and what has not arrived by then is taken back."""
        if self.flights:
            await asyncio.wait(self.flights, timeout=GRACE)
        unsent = [(task, claim) for task, claim in self.flights.items() if not task.done()]
        for task, _ in unsent:
            task.cancel()
        await asyncio.gather(*self.flights, return_exceptions=True)
        for _, claim in unsent:
            await self.ledger.do(partial(claims.release, claim))
        self.clear()

    async def send(self, claim: Claim) -> None:
        """One claim from beginning to end."""
        try:
            await self.deliver(claim)
        except Exception:
            logger.exception("Message of rows %s could not be sent", claim.ids)
            await self.settle(claim, for_all(claim, Outcome(made(451, "4.3.0", "Something is wrong here"))))
        try:
            await self.reporter.do(partial(news.tell, claim.ids))
        except sql.UNREACHABLE:
            logger.warning("What became of rows %s will be told later", claim.ids)

    async def deliver(self, claim: Claim) -> None:
        try:
            letter = await self.desk.do(partial(prepare, claim))
        except sql.UNREACHABLE:  # nothing has been sent
            await self.ledger.do(partial(patiently, partial(claims.release, claim)))
            return
        except preparation.Missing:
            await self.settle(claim, for_all(claim, Outcome(made(554, "5.3.0", "The message has been lost here"))))
            return
        if letter is not None:
            await self.settle(claim, await self.courier.carry(letter, claim.domain))

    async def settle(self, claim: Claim, outcomes: dict[Addressee, Outcome]) -> None:
        """Not to be given up when the worker stops."""
        work = self.ledger.do(partial(patiently, partial(ledger.settle, claim, outcomes)))
        await asyncio.shield(asyncio.ensure_future(work))


def claim_some(most: int, octets: int, skip: set[int]) -> list[Claim]:
    """Nothing while the database is away; a sweep comes back."""
    try:
        return list(claims.claim_due(most, octets, skip))
    except sql.UNREACHABLE as error:
        logger.warning("The queue can't be read: %s", type(error).__name__)
        connections.close_all()
        return []


def prepare(claim: Claim) -> Letter | None:
    """What is to be sent; None if it was delivered here instead. Raises Missing."""
    if not is_local(claim.domain):
        return preparation.prepare(claim)
    local.deliver(claim, preparation.read(claim))
    return None


def for_all(claim: Claim, outcome: Outcome) -> dict[Addressee, Outcome]:
    return dict.fromkeys(claim.addressees, outcome)


def on_living_connection(work: Callable[[], T]) -> T:
    try:
        return work()
    except sql.UNREACHABLE:
        connections.close_all()
        raise


def patiently(work: Callable[[], None]) -> None:
    """Do it when the database is back, if it has gone away."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return work()
        except sql.UNREACHABLE:
            connections.close_all()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
