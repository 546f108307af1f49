"""One client that is told of changes while it is connected: what it has been told, and what is so now."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from accounts.standing import Standing
from jmap.push.position import AccountState, Changed, Place, Position, Types, changes, encode

GAP = 0.05  # seconds between two events of one stream: what comes sooner is told with the next


class StreamClosed(Exception):  # noqa: N818
    """The login is no longer good, or the server stops."""


@dataclass(frozen=True, slots=True)
class Change:
    """`changed` as in a StateChange (RFC 8620 §7.1), and the position after it as a string."""

    changed: Changed
    position: str


class Stream:
    """The hub calls `see…`, the connection's own task awaits `next`. Nothing queues up: however long a client takes, it
    is told the newest states in one event."""

    __slots__ = ("closed", "news", "not_before", "now", "ready", "standing", "told", "types")

    def __init__(self, standing: Standing, types: Types, position: Position | None = None) -> None:
        """`position` is how far the client was told before; None: it wants what changes from now on."""
        self.standing, self.types = standing, types
        self.told: dict[int, Place] | None = None if position is None else dict(position)
        self.now: Mapping[int, AccountState] = {}
        self.news, self.ready = asyncio.Event(), False
        self.closed, self.not_before = False, 0.0

    # The hub's side

    def see_all(self, visible: Mapping[int, AccountState]) -> None:
        """All accounts that the user may see, as they are."""
        self.now = dict(visible)
        if self.told is None:
            self.told = {account: state.place for account, state in visible.items()}
        for account in self.told.keys() - visible.keys():
            del self.told[account]
        self.ready = True
        self.news.set()

    def see(self, account: int, state: AccountState | None) -> None:
        """One account as it is; None: the user may not see it."""
        if state is not None:
            self.now = {**self.now, account: state}
        elif account in self.now:
            self.see_all({other: seen for other, seen in self.now.items() if other != account})
        self.news.set()

    def close(self) -> None:
        self.closed = True
        self.news.set()

    # The connection's side

    async def start(self) -> None:
        """Until the hub has shown it what is there. Raises StreamClosed."""
        while not self.ready:
            await self.news.wait()
            if self.closed:
                raise StreamClosed
            if not self.ready:
                self.news.clear()

    def subscribe(self, types: Types, position: Position | None = None) -> None:
        """Be told of other types from now on, or from an earlier position on."""
        self.types = types
        start = {account: state.place for account, state in self.now.items()} if position is None else position
        self.told = {account: place for account, place in start.items() if account in self.now}
        self.news.set()

    async def next(self, timeout: float | None = None) -> Change | None:
        """The next change, None when `timeout` seconds pass without one. Raises StreamClosed."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                while True:
                    await self.news.wait()
                    if (pause := self.not_before - loop.time()) > 0 and not self.closed:
                        await asyncio.sleep(pause)
                    if (change := self.take()) is not None:
                        self.not_before = loop.time() + GAP
                        return change
        except TimeoutError:
            return None

    def take(self) -> Change | None:
        """What is new to the client, if anything. Raises StreamClosed."""
        self.news.clear()
        if self.closed:
            raise StreamClosed
        told = self.told or {}
        changed = changes(told, self.now, self.types)
        self.told = {account: state.place for account, state in self.now.items()}
        return Change(changed, encode(self.told)) if changed else None
