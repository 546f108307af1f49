"""The event source (RFC 8620 §7.3): one response that never ends, written by a task of its own."""

import asyncio
import logging
import re
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

import orjson
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.http import HttpResponse

from accounts.access import Caller
from jmap.http.authentication import Refused
from jmap.http.environ import client_key, environ_of
from jmap.http.middleware import CORS
from jmap.http.problems import plain_problem, unavailable
from jmap.http.slots import STREAMS, BusyResponse, Full, slot
from jmap.http.streams import Admit, Environ, Threads, query_of
from jmap.push.hub import Hub
from jmap.push.message import wire_change
from jmap.push.position import Types, decode
from jmap.push.stream import Change, Stream, StreamClosed

logger = logging.getLogger("jmap")

NAMES = re.compile(r"[A-Za-z0-9]{1,100}(,[A-Za-z0-9]{1,100}){0,199}\Z")
SHORTEST_PING, LONGEST_PING = 5, 900  # seconds; RFC 8620 §7.3: at most 30, at least 300
QUIET = 25.0  # seconds after which a comment keeps proxies from giving the connection up
COMMENT = b":\n\n"
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-cache, no-store, no-transform",
    "X-Accel-Buffering": "no",  # nginx would collect events
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The variables of the URL. `ping` is the interval in seconds, 0 for none."""

    types: Types
    close_after_state: bool
    ping: int
    last_event_id: str | None


class BadVariable(ValueError):  # noqa: N818
    """The message says which."""


def parse(environ: Environ) -> Wanted:
    """What is left out is "*", "no" and "0". Raises BadVariable."""
    query = query_of(environ)
    types, closeafter, ping = query.get("types", "*"), query.get("closeafter", "no"), query.get("ping", "0")
    if types != "*" and not NAMES.match(types):
        raise BadVariable("types is * or names of types, separated by commas")
    if closeafter not in ("state", "no"):
        raise BadVariable("closeafter is state or no")
    if not (ping.isascii() and ping.isdecimal() and len(ping) < 16):
        raise BadVariable("ping is a number of seconds")
    interval = min(max(int(ping), SHORTEST_PING), LONGEST_PING) if int(ping) else 0
    last = environ.get("HTTP_LAST_EVENT_ID") or query.get("lastEventId")
    return Wanted(None if types == "*" else frozenset(types.split(",")), closeafter == "state", interval, last)


def state_event(change: Change) -> bytes:
    data = orjson.dumps(wire_change(change.changed))
    return b"event: state\nid: %s\ndata: %s\n\n" % (change.position.encode(), data)


def ping_event(interval: int) -> bytes:
    return b'event: ping\ndata: {"interval":%d}\n\n' % interval


class EventSource(AsyncConsumer):
    """`admit` finds the caller; `headers` are those of every answer."""

    def __init__(self, hub: Hub, threads: Threads, admit: Admit, headers: Mapping[str, str] = CORS) -> None:
        self.hub, self.threads, self.admit, self.headers = hub, threads, admit, headers
        self.task: asyncio.Task[None] | None = None
        self.started = False

    async def __call__(self, *connection: Any) -> None:
        try:
            await super().__call__(*connection)
        finally:
            if self.task is not None:
                self.task.cancel()
                await asyncio.gather(self.task, return_exceptions=True)

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Without a look at Django's database connections: this thread has none."""
        if message["type"] == "http.disconnect":  # the client has gone, or has been sent everything
            raise StopConsumer
        if self.task is None:
            self.task = asyncio.create_task(self.respond(environ_of(self.scope)))

    async def respond(self, environ: Environ) -> None:
        with ExitStack() as held:
            try:
                await self.stream(environ, held)
            except Refused as refused:
                await self.refuse(refused.response)
            except Exception:
                logger.exception("An event source failed unexpectedly")
                await (
                    self.end() if self.started else self.refuse(plain_problem(500, "Something unforeseen went wrong"))
                )

    async def stream(self, environ: Environ, held: ExitStack) -> None:
        """Raises Refused."""
        wanted, stream = await self.open(environ, held)
        try:
            await self.start(200, HEADERS)
            with suppress(StreamClosed):
                await self.follow(stream, wanted)
            await self.end()
        finally:
            self.hub.leave(stream)

    async def open(self, environ: Environ, held: ExitStack) -> tuple[Wanted, Stream]:
        """The stream of an admitted caller, who holds one of their slots. Raises Refused."""
        if environ["REQUEST_METHOD"] != "GET":
            raise Refused(self.other_method(environ["REQUEST_METHOD"]))
        try:
            wanted = parse(environ)
        except BadVariable as error:
            raise Refused(plain_problem(400, str(error))) from None
        caller: Caller = await self.threads.run(client_key(environ), lambda: self.admit(environ))
        position = None if wanted.last_event_id is None else decode(wanted.last_event_id)
        stream = Stream(caller.standing, wanted.types, position)
        try:
            held.enter_context(slot(STREAMS, caller.user_id))
            await self.hub.open(stream)
        except Full as full:
            raise Refused(BusyResponse(full)) from None
        except (StreamClosed, TimeoutError):
            raise Refused(unavailable()) from None
        return wanted, stream

    async def follow(self, stream: Stream, wanted: Wanted) -> None:
        """Events until the client has what it wanted. Raises StreamClosed."""
        clock = asyncio.get_running_loop().time
        await self.write(COMMENT)  # so that the client hears at once that it is open
        ping_at = clock() + wanted.ping
        while True:
            change = await stream.next(max(0.0, min(QUIET, ping_at - clock())) if wanted.ping else QUIET)
            if change is None and not (wanted.ping and clock() >= ping_at):
                await self.write(COMMENT)
                continue
            await self.write(state_event(change) if change else ping_event(wanted.ping))
            ping_at = clock() + wanted.ping
            if change and wanted.close_after_state:
                return

    def other_method(self, method: str) -> HttpResponse:
        if method == "OPTIONS":
            return HttpResponse(status=204)
        return plain_problem(405, "An event source is asked for by GET", {"Allow": "GET, OPTIONS"})

    async def refuse(self, response: HttpResponse) -> None:
        await self.start(response.status_code, dict(response.items()))
        await self.write(response.content)
        await self.end()

    async def start(self, status: int, headers: Mapping[str, str]) -> None:
        listed = [(name.lower().encode(), value.encode()) for name, value in {**headers, **self.headers}.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": listed})
        self.started = True

    async def write(self, octets: bytes) -> None:
        await self.send({"type": "http.response.body", "body": octets, "more_body": True})

    async def end(self) -> None:
        await self.send({"type": "http.response.body", "body": b""})
