"""JMAP over WebSocket (RFC 8887): requests side by side, and pushed state changes, on one connection."""

import asyncio
import hashlib
import logging
from collections.abc import Coroutine
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any

import orjson
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http import HttpResponse

from accounts.access import Caller
from accounts.auth import BadCredentials, renewed
from accounts.standing import Standing
from jmap.core import dispatch, sql
from jmap.core.errors import RequestError
from jmap.core.request import check, decode, not_request
from jmap.http.authentication import Refused
from jmap.http.environ import client_key, environ_of
from jmap.http.problems import plain_problem, unavailable
from jmap.http.slots import REQUESTS, STREAMS, BusyResponse, Full, slot
from jmap.http.streams import Threads, admit_web_socket
from jmap.push.hub import Hub
from jmap.push.message import wire_change
from jmap.push.position import Types
from jmap.push.position import decode as decode_position
from jmap.push.stream import Change, Stream, StreamClosed

logger = logging.getLogger("jmap")
PROTOCOL = "jmap"
UNSUPPORTED_DATA, POLICY_VIOLATION, INTERNAL_ERROR = 1003, 1008, 1011  # RFC 6455 §7.4.1
LONGEST_ORDER = 64 * 1024  # characters of a message that enables or disables push
MOST_UNSENT = 8_000_000  # octets of responses that wait for the client to read; then its requests wait, too
Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """WebSocketPushEnable (RFC 8887 §4.3.5.2), or Disable as the wish for no types."""

    types: Types
    push_state: str | None = None


def read_order(text: str) -> Order | None:
    """None for other messages. Raises RequestError."""
    wire = decode(text.encode())
    kind = wire.get("@type") if isinstance(wire, dict) else None
    if kind == "WebSocketPushDisable":
        return Order(frozenset())
    if kind != "WebSocketPushEnable":
        return None
    types, state = wire.get("dataTypes"), wire.get("pushState")
    if types is not None and not (isinstance(types, list) and all(isinstance(name, str) for name in types)):
        raise not_request("dataTypes is an array of strings or null")
    if state is not None and not isinstance(state, str):
        raise not_request("pushState is a string")
    return Order(None if types is None else frozenset(types), state)


def answer(standing: Standing, text: str) -> bytes | BusyResponse:
    """The answer to a message, in a thread. Raises BadCredentials where the login is no longer good."""
    caller, request_id = renewed(standing), None
    try:
        with slot(REQUESTS, caller.user_id):
            wire = decode(text.encode())
            request_id = id_of(wire)
            return respond(caller, wire, request_id)
    except RequestError as error:
        return request_error(error.problem(), request_id)
    except Full as full:
        return BusyResponse(full)
    except sql.UNREACHABLE:
        return request_error(orjson.loads(unavailable().content), request_id)


def id_of(wire: Any) -> str | None:
    found = wire.get("id") if isinstance(wire, dict) else None
    return found if isinstance(found, str) else None


def respond(caller: Caller, wire: Any, request_id: str | None) -> bytes:
    """The Response to a Request (RFC 8887 §4.3.2, §4.3.3). Raises RequestError."""
    if not isinstance(wire, dict) or wire.get("@type") != "Request":
        raise not_request("its @type must be Request")
    if request_id is None and wire.get("id") is not None:
        raise not_request("id is a string")
    more = {"@type": "Response"} | ({} if request_id is None else {"requestId": request_id})
    return dispatch.answer(caller, check(wire), more)


def request_error(problem: Wire, request_id: str | None) -> bytes:
    """RFC 8887 §4.3.4; requestId is null where none could be read, as in its example."""
    return orjson.dumps({"@type": "RequestError", "requestId": request_id, **problem})


def refuse_busy(busy: BusyResponse, text: str) -> bytes:
    """The user has too many requests under way elsewhere, and it took too long."""
    try:
        request_id = id_of(decode(text.encode()))
    except RequestError:
        request_id = None
    return request_error(orjson.loads(busy.content), request_id)


def state_change(change: Change) -> bytes:
    """RFC 8887 §4.3.5.1."""
    return orjson.dumps({**wire_change(change.changed), "pushState": change.position})


class JmapSocket(AsyncWebsocketConsumer):
    """One connection. Its stream is open for as long as it lasts, at first for no types: so its login is watched."""

    def __init__(self, hub: Hub, threads: Threads) -> None:
        super().__init__()
        self.hub, self.threads = hub, threads
        self.held = ExitStack()  # the slot of the user's that it takes
        self.stream: Stream | None = None
        self.key = b""
        self.tasks: set[asyncio.Task[None]] = set()
        self.room = asyncio.Semaphore(settings.MAX_CONCURRENT_REQUESTS)
        self.unsent, self.drained = 0, asyncio.Event()
        self.closing = False

    async def __call__(self, *connection: Any) -> None:
        """However it ends, also where the client vanishes in the middle of an answer, nothing of it stays."""
        try:
            await super().__call__(*connection)
        finally:
            await self.clean_up()

    async def dispatch(self, message: Any) -> None:
        """Without a look at Django's database connections: this thread has none."""
        if message["type"] == "websocket.receive":
            await self.websocket_receive(message)
        elif message["type"] == "websocket.connect":
            await self.connect()
        else:
            raise StopConsumer

    # The handshake (RFC 8887 §4.2)

    async def connect(self) -> None:
        try:
            self.stream = await self.open()
        except Refused as refused:
            await self.refuse(refused.response)
            return
        await self.accept(PROTOCOL)
        self.start(self.push(self.stream))

    async def open(self) -> Stream:
        """Raises Refused."""
        environ = environ_of(self.scope)
        if PROTOCOL not in self.scope["subprotocols"]:
            raise Refused(plain_problem(400, "Sec-WebSocket-Protocol must name jmap"))
        caller = await self.threads.run(client_key(environ), lambda: admit_web_socket(environ))
        who = f"{caller.user_id} {caller.credential}"
        self.key = hashlib.blake2b(who.encode(), digest_size=8).digest()
        stream = Stream(caller.standing, frozenset())
        try:
            self.held.enter_context(slot(STREAMS, caller.user_id))
            await self.hub.open(stream)
        except Full as full:
            raise Refused(BusyResponse(full)) from None
        except (StreamClosed, TimeoutError):
            raise Refused(unavailable()) from None
        return stream

    async def refuse(self, response: HttpResponse) -> None:
        headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
        send: Any = self.base_send
        await send({"type": "websocket.http.response.start", "status": response.status_code, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": response.content})

    async def clean_up(self) -> None:
        if self.stream is not None:
            self.hub.leave(self.stream)
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.held.close()

    # Messages

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Waits while as many requests are under way as there may be; then nothing more is read. Orders are followed
        at once and in their order; requests may overtake each other."""
        if text_data is None:
            await self.leave(UNSUPPORTED_DATA, "Messages are text")  # RFC 8887 §4.3.1
        elif self.stream is not None:
            may_be_order = len(text_data) <= LONGEST_ORDER and "WebSocketPush" in text_data
            if not (may_be_order and await self.obey(self.stream, text_data)):
                await self.take(self.stream.standing, text_data)

    async def obey(self, stream: Stream, text: str) -> bool:
        """Follow an order; whether it was one."""
        try:
            order = read_order(text)
        except RequestError as error:
            await self.write(request_error(error.problem(), None))
            return True
        if order is not None:
            position = None if order.push_state is None else decode_position(order.push_state)
            stream.subscribe(order.types, position)
        return order is not None

    async def take(self, standing: Standing, text: str) -> None:
        await self.room.acquire()
        while self.unsent > MOST_UNSENT:
            self.drained.clear()
            await self.drained.wait()
        self.start(self.serve(standing, text))

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self.guarded(work))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """The end of the login is the end of the connection (RFC 8887 §4.2)."""
        try:
            await work
        except (BadCredentials, StreamClosed):
            await self.leave(POLICY_VIOLATION, "The login is no longer valid")
        except OSError:
            pass  # the client has gone
        except Exception:
            logger.exception("A WebSocket failed unexpectedly")
            await self.leave(INTERNAL_ERROR, "Something unforeseen went wrong")

    async def leave(self, code: int, reason: str) -> None:
        """Close the connection, once."""
        if not self.closing:
            self.closing = True
            with suppress(OSError):
                await self.close(code, reason)

    async def serve(self, standing: Standing, text: str) -> None:
        try:
            found = await self.threads.run_in_line(self.key, lambda: answer(standing, text))
            if isinstance(found, BusyResponse):
                found = await self.threads.run(self.key, lambda: refuse_busy(found, text))
            await self.write(found)
        finally:
            self.room.release()

    async def push(self, stream: Stream) -> None:
        while True:
            change = await stream.next()
            if change is not None:
                await self.write(state_change(change))

    async def write(self, octets: bytes) -> None:
        self.unsent += len(octets)
        try:
            if not self.closing:
                await self.send(text_data=octets.decode())
        finally:
            self.unsent -= len(octets)
            self.drained.set()
