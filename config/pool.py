"""Django behind ASGI, run synchronously in a fixed pool of threads with lasting database connections.

Django's own ASGIHandler starts two threads for each request. Here the event loop receives the whole body, spooled to
disk beyond SPOOL, and sends the response, so that a slow client never holds a thread."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, BinaryIO

import orjson
from django.conf import settings
from django.core import signals
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponseBase

from config.handlers import JmapHandler, PageHandler
from config.threads import Threads
from jmap.http.admission import admit, needs_admission
from jmap.http.environ import Scope, client_key, environ_of
from jmap.http.middleware import CORS, is_jmap

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

SPOOL = 256 * 1024  # octets of a body kept in memory
IDLE = 30.0  # seconds a client may send nothing
PAGE_BODY = 10_000_000


class BodyError(Exception):
    """The body is too large or never came; `status` and `limit` say which."""

    def __init__(self, status: int, limit: str = "") -> None:
        super().__init__(status)
        self.status, self.limit = status, limit


class Pool:
    """The ASGI application for plain HTTP."""

    def __init__(self, threads: Threads) -> None:
        self.threads = threads
        self.jmap, self.pages = JmapHandler(), PageHandler()

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
        refusal: HttpResponseBase | None = await self.threads.run(client_key(environ), lambda: admit(environ))
        for name, value in CORS.items() if refusal is not None else ():
            refusal[name] = value  # type: ignore[index]
        return refusal

    async def respond(self, environ: dict[str, Any], send: Send) -> None:
        handler = self.jmap if is_jmap(environ["PATH_INFO"]) else self.pages
        response: HttpResponseBase = await self.threads.run_in_line(
            client_key(environ), lambda: handle(handler, environ)
        )
        try:
            await self.send(response, environ["REQUEST_METHOD"], send)
        finally:
            if response.streaming:
                await self.threads.run(client_key(environ), response.close)

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
        while (chunk := await loop.run_in_executor(self.threads.executor, next, source, None)) is not None:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def handle(handler: Any, environ: dict[str, Any]) -> HttpResponseBase:
    """One request through Django, in this thread; it may be tried again."""
    environ["wsgi.input"].seek(0)
    signals.request_started.send(sender=handler.__class__, environ=environ)
    response: HttpResponseBase = handler.get_response(WSGIRequest(environ))
    if not response.streaming:
        response.close()  # what it holds of the database is done with; its content stays
    return response


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
