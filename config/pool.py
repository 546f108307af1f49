"""Django behind ASGI, run synchronously in a fixed pool of threads with lasting database connections.

Django's own ASGIHandler starts two threads for each request. Here the event loop receives the whole body, spooled to
disk beyond SPOOL, and sends the response, so that a slow client never holds a thread."""

import asyncio
import hashlib
import tempfile
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO
from urllib.parse import quote
from weakref import WeakValueDictionary

import orjson
from django.conf import settings
from django.core import signals
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponseBase

from config.handlers import JmapHandler, PageHandler
from jmap.core.connection import drop_dead_connection
from jmap.http.admission import admit, needs_admission
from jmap.http.middleware import CORS, is_jmap
from jmap.http.slots import BusyResponse

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

SPOOL = 256 * 1024  # octets of a body kept in memory
IDLE = 30.0  # seconds a client may send nothing
PATIENCE = 10.0  # seconds a request waits for one of its user's slots
RETRY_EVERY = 0.02  # seconds between looks for a slot that another process may have freed
PAGE_BODY = 10_000_000


class BodyError(Exception):
    """The body is too large or never came; `status` and `limit` say which."""

    def __init__(self, status: int, limit: str = "") -> None:
        super().__init__(status)
        self.status, self.limit = status, limit


class Pool:
    """The ASGI application for plain HTTP."""

    def __init__(self, threads: int) -> None:
        self.executor = ThreadPoolExecutor(threads, thread_name_prefix="django")
        self.queue = FairQueue(threads)
        self.jmap, self.pages = JmapHandler(), PageHandler()
        self.lines: WeakValueDictionary[tuple[int, int], asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        environ = environ_of(scope)
        refusal = await self.admit(environ)
        if refusal is not None:
            await self.send(refusal, environ["REQUEST_METHOD"], send, closing=True)
            return
        try:
            body = await read_body(scope, receive)
        except BodyError as error:
            await send_error(send, error)
            return
        with body:
            environ["CONTENT_LENGTH"] = str(body.seek(0, 2))
            environ["wsgi.input"] = body
            await self.respond(environ, send)

    async def admit(self, environ: dict[str, Any]) -> HttpResponseBase | None:
        """Who may send a large body is asked before it is received; small ones are authenticated with the request."""
        length = environ.get("CONTENT_LENGTH", "")
        is_small = "HTTP_TRANSFER_ENCODING" not in environ and (not length.isdigit() or int(length) <= SPOOL)
        if is_small or not needs_admission(environ["REQUEST_METHOD"], environ["PATH_INFO"]):
            return None
        refusal: HttpResponseBase | None = await self.in_thread(environ, lambda: admit(environ))
        for name, value in CORS.items() if refusal is not None else ():
            refusal[name] = value  # type: ignore[index]
        return refusal

    async def respond(self, environ: dict[str, Any], send: Send) -> None:
        response = await self.run(environ)
        if isinstance(response, BusyResponse):
            response = await self.wait_in_line(environ, response)
        try:
            await self.send(response, environ["REQUEST_METHOD"], send)
        finally:
            if response.streaming:
                await self.in_thread(environ, response.close)

    async def wait_in_line(self, environ: dict[str, Any], response: BusyResponse) -> HttpResponseBase:
        """Over a user's limit: first come, first served; only the first in line looks for a slot, and no thread waits.
        The refusal is sent when patience ends."""
        line = self.lines.setdefault(response.key, asyncio.Lock())
        found: HttpResponseBase = response
        try:
            async with asyncio.timeout(PATIENCE), line:
                while isinstance(found, BusyResponse):
                    await asyncio.sleep(RETRY_EVERY)
                    found = await self.run(environ)
        except TimeoutError:
            pass
        return found

    async def run(self, environ: dict[str, Any]) -> HttpResponseBase:
        handler = self.jmap if is_jmap(environ["PATH_INFO"]) else self.pages
        environ["wsgi.input"].seek(0)
        response: HttpResponseBase = await self.in_thread(environ, lambda: handle(handler, environ))
        return response

    async def in_thread(self, environ: dict[str, Any], work: Callable[[], Any]) -> Any:
        """Do some work in a thread when this client's turn comes."""
        async with self.queue.turn(client_key(environ)):
            return await asyncio.get_running_loop().run_in_executor(self.executor, on_living_connection, work)

    async def send(self, response: HttpResponseBase, method: str, send: Send, *, closing: bool = False) -> None:
        headers = [(b"connection", b"close")] if closing else []
        headers += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
        headers += [(b"set-cookie", morsel.OutputString().encode()) for morsel in response.cookies.values()]
        if not response.streaming:
            content: bytes = response.content  # type: ignore[attr-defined]
            if not response.has_header("Content-Length") and response.status_code not in (204, 304):
                headers.append((b"content-length", b"%d" % len(content)))
            await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
            await send({"type": "http.response.body", "body": b"" if method == "HEAD" else content})
            return
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await self.stream(iter(response), send)

    async def stream(self, chunks: Iterable[bytes], send: Send) -> None:
        """Each chunk is read in a thread and sent by the loop."""
        loop, source = asyncio.get_running_loop(), iter(chunks)
        while (chunk := await loop.run_in_executor(self.executor, next, source, None)) is not None:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def on_living_connection(work: Callable[[], Any]) -> Any:
    drop_dead_connection()
    return work()


def handle(handler: Any, environ: dict[str, Any]) -> HttpResponseBase:
    """One request through Django, in this thread."""
    signals.request_started.send(sender=handler.__class__, environ=environ)
    response: HttpResponseBase = handler.get_response(WSGIRequest(environ))
    if not response.streaming:
        response.close()  # what it holds of the database is done with; its content stays
    return response


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


def client_key(environ: dict[str, Any]) -> bytes:
    """Who shares one place in the round: one credential, else one address."""
    who = environ.get("HTTP_AUTHORIZATION") or environ.get("HTTP_COOKIE") or environ.get("REMOTE_ADDR", "")
    return hashlib.blake2b(who.encode("utf-8", "replace"), digest_size=8).digest()


def body_limit(path: str) -> tuple[int, str]:
    if path.startswith("/jmap/upload"):
        return settings.MAX_SIZE_UPLOAD, "maxSizeUpload"
    if path.startswith("/jmap/"):
        return settings.MAX_SIZE_REQUEST, "maxSizeRequest"
    return PAGE_BODY, ""


async def read_body(scope: Scope, receive: Receive) -> BinaryIO:
    """The whole body as a seekable file. Raises BodyError."""
    maximum, limit = body_limit(scope["path"])
    declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    if not declared.isdigit() or int(declared) > maximum:
        raise BodyError(413, limit)
    file = tempfile.SpooledTemporaryFile(SPOOL)  # noqa: SIM115
    try:
        while True:
            message = await asyncio.wait_for(receive(), IDLE)
            if message["type"] == "http.disconnect":
                raise BodyError(400)
            file.write(message.get("body", b""))
            if file.tell() > maximum:
                raise BodyError(413, limit)
            if not message.get("more_body"):
                file.seek(0)
                return file  # type: ignore[return-value]
    except TimeoutError:
        file.close()
        raise BodyError(408) from None
    except BaseException:
        file.close()
        raise


async def send_error(send: Send, error: BodyError) -> None:
    problem: dict[str, Any] = {"type": "about:blank", "status": error.status, "detail": "The request body did not come"}
    if error.limit:
        problem |= {"type": "urn:ietf:params:jmap:error:limit", "limit": error.limit}
    if error.status == 413:
        problem["detail"] = "The request is larger than the server is willing to process"
    body = orjson.dumps(problem)
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
        *((name.lower().encode(), value.encode()) for name, value in CORS.items()),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def environ_of(scope: Scope) -> dict[str, Any]:
    """The WSGI environ of an ASGI scope (PEP 3333), still without its body."""
    host, port = scope.get("server") or ("localhost", 0)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "REQUEST_URI": quote(scope["path"]),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.url_scheme": scope["scheme"],
    }
    for name, value in scope["headers"]:
        add_header(environ, name.decode("latin-1"), value.decode("latin-1"))
    return environ


def add_header(environ: dict[str, Any], name: str, value: str) -> None:
    """Names with "_" are dropped: they would pass for the same name with "-"."""
    if "_" in name:
        return
    key = name.upper().replace("-", "_")
    key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
    separator = "; " if key == "HTTP_COOKIE" else ","
    environ[key] = f"{environ[key]}{separator}{value}" if key in environ else value
