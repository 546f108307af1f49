"""A fixed number of threads with lasting database connections, shared fairly among clients."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from weakref import WeakValueDictionary

from jmap.core.connection import drop_dead_connection
from jmap.http.slots import BusyResponse

PATIENCE = 10.0  # seconds a request waits for one of its user's slots
RETRY_EVERY = 0.02  # seconds between looks for a slot that another process may have freed


class Threads:
    """Where everything that blocks is done; HTTP requests and those of WebSockets alike."""

    def __init__(self, count: int) -> None:
        self.executor = ThreadPoolExecutor(count, thread_name_prefix="django")
        self.queue = FairQueue(count)
        self.lines: WeakValueDictionary[tuple[int, int], asyncio.Lock] = WeakValueDictionary()

    async def run(self, key: bytes, work: Callable[[], Any]) -> Any:
        """Do some work in a thread when this client's turn comes."""
        async with self.queue.turn(key):
            return await asyncio.get_running_loop().run_in_executor(self.executor, on_living_connection, work)

    async def run_in_line(self, key: bytes, work: Callable[[], Any]) -> Any:
        """The same for work that takes one of its user's slots. While it returns a BusyResponse it waits in line: first
        come, first served; only the first in line looks for a slot, and no thread waits. When patience ends, the
        refusal is returned."""
        found = await self.run(key, work)
        if not isinstance(found, BusyResponse):
            return found
        line = self.lines.setdefault(found.key, asyncio.Lock())
        try:
            async with asyncio.timeout(PATIENCE), line:
                while isinstance(found, BusyResponse):
                    await asyncio.sleep(RETRY_EVERY)
                    found = await self.run(key, work)
        except TimeoutError:
            pass
        return found


def on_living_connection(work: Callable[[], Any]) -> Any:
    drop_dead_connection()
    return work()


class FairQueue:
    """Lets as many in as there are threads; clients that wait take turns, so that a busy one starves nobody."""

    def __init__(self, places: int) -> None:
        self.free = places
        self.waiting: OrderedDict[bytes, deque[asyncio.Future[None]]] = OrderedDict()

    def turn(self, key: bytes) -> "Turn":
        return Turn(self, key)

    async def enter(self, key: bytes) -> None:
        if self.free > 0:
            self.free -= 1
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.setdefault(key, deque()).append(future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place to the next client in turn."""
        while self.waiting:
            key, futures = self.waiting.popitem(last=False)
            future = futures.popleft()
            if futures:
                self.waiting[key] = futures
            if not future.cancelled():
                future.set_result(None)
                return
        self.free += 1


class Turn:
    def __init__(self, queue: FairQueue, key: bytes) -> None:
        self.queue, self.key = queue, key

    async def __aenter__(self) -> None:
        await self.queue.enter(self.key)

    async def __aexit__(self, *exception: object) -> None:
        self.queue.leave()
