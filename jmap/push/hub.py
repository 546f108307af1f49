"""The streams of one process, and how they learn of changes.

A notice (jmap.core.notices) only says where to look. The hub then reads the account's row together with who may see
it and which logins are still good, so that rights are checked at each delivery, and lets every stream compare. It does
the same for all streams every few seconds and whenever it has found the database again: a lost notice costs time, never
a change."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from django.db import connection as settings_of

from accounts.standing import GOOD, chosen, columns
from jmap.core import notices
from jmap.push import broadcast
from jmap.push.stream import Stream
from jmap.push.visible import VISIBLE, VISIBLE_OF, by_user

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
logger = logging.getLogger("jmap")

SWEEP_EVERY = 5.0  # seconds between two looks at everything
OPENING = 10.0  # seconds a new stream waits for its first look
ANSWER = 15.0  # seconds the database has for one look
HEARTBEAT = 30.0  # seconds of silence after which the listening connection is tried
RETRY_EVERY = 0.5  # seconds between attempts to reach the database
MOST_AT_ONCE = 500  # accounts in one notice: its payload has 8000 octets


class Hub:
    """Everything happens in the event loop, save `announce`."""

    def __init__(self) -> None:
        self.streams: dict[int, set[Stream]] = {}  # by user
        self.accounts: dict[int, set[int]] = {}  # that a user with streams may see
        self.viewers: dict[int, set[int]] = {}  # the reverse
        self.dirty: set[int] = set()  # accounts to look at
        self.fresh: set[int] = set()  # users with new streams
        self.own: set[int] = set()  # accounts changed in this process, which the others have not heard of
        self.wake = asyncio.Event()
        self.next_sweep, self.reachable = 0.0, True
        self.loop: asyncio.AbstractEventLoop | None = None
        self.task: asyncio.Task[None] | None = None

    # Life

    def start(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.task = self.loop.create_task(self.run())
        notices.announcers.append(self.announce)

    async def stop(self) -> None:
        notices.announcers.remove(self.announce)
        self.close_streams()
        if self.task:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    def close_streams(self) -> None:
        """Clients connect again, to another process or to this service after its restart."""
        for stream in [stream for streams in self.streams.values() for stream in streams]:
            stream.close()

    # Streams

    async def open(self, stream: Stream) -> None:
        """Follow a stream until `leave`. Raises StreamClosed, or TimeoutError where the database can't be reached."""
        user = stream.standing.user_id
        self.streams.setdefault(user, set()).add(stream)
        self.fresh.add(user)
        self.wake.set()
        try:
            async with asyncio.timeout(OPENING):
                await stream.start()
        except BaseException:
            self.leave(stream)
            raise

    def leave(self, stream: Stream) -> None:
        user = stream.standing.user_id
        mine = self.streams.get(user, set())
        mine.discard(stream)
        if not mine and self.streams.pop(user, None) is not None:
            self.note_accounts(user, set())

    # Notices

    def announce(self, account: int) -> None:
        """A change was committed in this process; called from any thread."""
        if self.loop:
            self.loop.call_soon_threadsafe(self.note_own, account)

    def note_own(self, account: int) -> None:
        self.own.add(account)
        self.note_dirty([account])

    def note_dirty(self, accounts: Iterable[int]) -> None:
        self.dirty.update(accounts)
        self.wake.set()

    # The database

    async def run(self) -> None:
        while True:
            try:
                await self.serve()
            except* (psycopg.Error, OSError, TimeoutError) as lost:
                if self.reachable:
                    logger.warning("Push can't reach the database and tries until it can: %s", lost.exceptions[0])
                self.reachable = False
            except* Exception:
                logger.exception("Push failed unexpectedly and starts again")
            await asyncio.sleep(RETRY_EVERY)

    async def serve(self) -> None:
        async with connected() as listening, connected() as asking, asyncio.TaskGroup() as group:
            await listening.execute(f"LISTEN {notices.CHANNEL}")
            self.next_sweep, self.reachable = 0.0, True
            group.create_task(self.listen(listening, asking.info.backend_pid))
            group.create_task(self.work(asking))

    async def listen(self, connection: Connection, own_pid: int) -> None:
        while True:
            async for notice in connection.notifies(timeout=HEARTBEAT):
                if notice.pid != own_pid:
                    self.note_dirty(int(number) for number in notice.payload.split() if number.isdecimal())
            async with asyncio.timeout(ANSWER):
                await connection.execute("SELECT 1")

    async def work(self, connection: Connection) -> None:
        while True:
            try:
                async with asyncio.timeout_at(self.next_sweep):
                    await self.wake.wait()
            except TimeoutError:
                pass
            self.wake.clear()
            async with asyncio.timeout(ANSWER):
                await self.turn(connection)

    async def turn(self, connection: Connection) -> None:
        """Everything that has come up since the last turn, at once."""
        own, self.own, dirty, self.dirty, fresh, self.fresh = self.own, set(), self.dirty, set(), self.fresh, set()
        await self.tell_others(connection, sorted(own))
        if (now := asyncio.get_running_loop().time()) >= self.next_sweep:
            self.next_sweep = now + SWEEP_EVERY
            await self.look(connection, set(self.streams))
        else:
            await self.look(connection, fresh)
            await self.look_at(connection, dirty)
        await broadcast.wake(connection, sorted(dirty))

    async def tell_others(self, connection: Connection, accounts: list[int]) -> None:
        for at in range(0, len(accounts), MOST_AT_ONCE):
            payload = " ".join(str(account) for account in accounts[at : at + MOST_AT_ONCE])
            await connection.execute("SELECT pg_notify(%s, %s)", [notices.CHANNEL, payload])

    async def look(self, connection: Connection, users: set[int]) -> None:
        """Show all streams of these users everything."""
        streams = self.streams_of(users)
        if not streams:
            return
        visible = by_user(await fetch(connection, VISIBLE, list(users)))
        for stream in await still_good(connection, streams):
            stream.see_all(visible.get(stream.standing.user_id, {}))
        for user in users & self.streams.keys():
            self.note_accounts(user, set(visible.get(user, {})))

    async def look_at(self, connection: Connection, accounts: set[int]) -> None:
        """Show these accounts to the streams of those who may see them, and of those who might until now."""
        users = set().union(*(self.viewers.get(account, ()) for account in accounts))
        streams = [stream for stream in self.streams_of(users) if stream.ready]
        if not streams:
            return
        visible = by_user(await fetch(connection, VISIBLE_OF, list(users), list(accounts)))
        for stream in await still_good(connection, streams):
            user = stream.standing.user_id
            for account in accounts & self.accounts.get(user, set()):
                stream.see(account, visible.get(user, {}).get(account))

    def streams_of(self, users: Iterable[int]) -> list[Stream]:
        return [stream for user in users for stream in self.streams.get(user, ())]

    def note_accounts(self, user: int, accounts: set[int]) -> None:
        """Which accounts a user may see; of users without streams nothing is kept."""
        before = self.accounts.pop(user, set())
        for account in before - accounts:
            self.viewers[account].discard(user)
            if not self.viewers[account]:
                del self.viewers[account]
        for account in accounts - before:
            self.viewers.setdefault(account, set()).add(user)
        if accounts:
            self.accounts[user] = accounts


@asynccontextmanager
async def connected() -> AsyncIterator[Connection]:
    """A connection of the event loop's own, to Django's database."""
    given = settings_of.get_connection_params()
    wanted = {name: value for name, value in given.items() if name not in ("cursor_factory", "context")}
    wanted["prepare_threshold"] = 0
    async with asyncio.timeout(ANSWER):
        connection = await psycopg.AsyncConnection.connect(**wanted, autocommit=True)
    async with connection:
        yield connection


async def fetch(connection: Connection, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    return await (await connection.execute(query, parameters)).fetchall()


async def still_good(connection: Connection, streams: list[Stream]) -> list[Stream]:
    """The streams whose login is good; the others are closed."""
    standings = list({stream.standing for stream in streams})
    good = chosen(standings, await fetch(connection, GOOD, *columns(standings)))
    for stream in streams:
        if stream.standing not in good:
            stream.close()
    return [stream for stream in streams if stream.standing in good]
