"""One connection as lines and octets: lines end with CRLF and nothing else, buffers are bounded, waits have deadlines.

What asyncio's streams lack is here: a look whether the client has sent more than it may (RFC 3207 §5: nothing that came
in clear text may count under TLS), and replies that wait for each other as pipelining wants it (RFC 2920 §3.2)."""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

HIGH, LOW = 64 * 1024, 16 * 1024  # octets read ahead: beyond HIGH the client has to wait
HANDSHAKE_SECONDS = 30.0


class Closed(Exception):  # noqa: N818
    """The client has gone."""


class Interrupted(Exception):  # noqa: N818
    """This server is going to stop."""


class BadLine(Exception):  # noqa: N818
    """A line that has a CR or LF of its own, or never ends: what follows can't be trusted to be commands."""


class LongLine(Exception):  # noqa: N818
    """A line longer than allowed; it has been read over."""


class Wire(asyncio.Protocol):
    """`begun` is called with each new connection, before anything is read from it."""

    transport: asyncio.Transport

    def __init__(self, begun: Callable[["Wire"], None]) -> None:
        self.begun = begun
        self.buffer = bytearray()
        self.replies: list[bytes] = []
        self.reading: asyncio.Future[None] | None = None
        self.writing: asyncio.Future[None] | None = None
        self.is_open = True  # more may come
        self.is_lost = False  # nothing can be sent either
        self.is_deaf = False  # what still comes is of no interest
        self.interrupted = False
        self.is_paused = False

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.begun(self)

    def data_received(self, data: bytes) -> None:
        if self.is_deaf:
            return
        self.buffer += data
        if len(self.buffer) > HIGH and not self.is_paused:
            self.is_paused = True
            self.transport.pause_reading()
        wake(self.reading)

    def eof_received(self) -> bool:
        self.is_open = False
        wake(self.reading)
        return not self.cipher  # what the client has sent is still answered; TLS can't be closed by half

    def connection_lost(self, error: Exception | None) -> None:
        self.is_open, self.is_lost = False, True
        wake(self.reading)
        wake(self.writing)

    def pause_writing(self) -> None:
        self.writing = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        wake(self.writing)
        self.writing = None

    # What a session calls.

    async def line(self, limit: int, deadline: float) -> bytes:
        """The next line without its CRLF. `deadline` is of the loop's clock. Raises TimeoutError and all the above."""
        searched = 0
        while (end := self.buffer.find(b"\n", searched)) < 0:
            if len(self.buffer) > max(limit, LOW):
                raise BadLine
            searched = len(self.buffer)
            await self.more(deadline)
        line = self.take(end + 1)
        if not line.endswith(b"\r\n") or line.find(b"\r") != end - 1:
            raise BadLine
        if len(line) > limit:
            raise LongLine
        return line[:-2]

    async def octets(self, deadline: float, at_most: int = HIGH) -> bytes:
        """What has come by now, at least one octet. Raises TimeoutError, Closed, Interrupted."""
        if not self.buffer:
            await self.more(deadline)
        return self.take(min(len(self.buffer), at_most))

    def take(self, count: int) -> bytes:
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        if self.is_paused and len(self.buffer) < LOW:
            self.is_paused = False
            self.transport.resume_reading()
        return taken

    def put_back(self, octets: bytes) -> None:
        """Return what was taken and is not needed yet."""
        self.buffer[:0] = octets

    async def more(self, deadline: float) -> None:
        """Until the client has sent something more. All replies so far go out first."""
        if self.interrupted:
            raise Interrupted
        had = len(self.buffer)
        await self.flush(deadline)
        if len(self.buffer) == had and self.is_open:
            await self.wait(deadline)
        if len(self.buffer) == had:
            raise Interrupted if self.interrupted else Closed

    async def wait(self, deadline: float) -> None:
        """Until something happens."""
        self.reading = asyncio.get_running_loop().create_future()
        async with asyncio.timeout_at(deadline):
            await self.reading

    def reply(self, octets: bytes) -> None:
        """Send this with the next `flush`, or as soon as more of the client's is waited for."""
        self.replies.append(octets)

    async def flush(self, deadline: float) -> None:
        """Send all replies; waits while the client does not read them. Raises TimeoutError."""
        if self.replies and not self.is_lost:
            self.transport.write(b"".join(self.replies))
        self.replies.clear()
        if self.writing is not None:
            async with asyncio.timeout_at(deadline):
                await self.writing

    def interrupt(self) -> None:
        """Wake a session that waits for the client: Interrupted is raised there, now or when it next waits."""
        self.interrupted = True
        wake(self.reading)

    @property
    def has_more(self) -> bool:
        """Whether something of the client's waits to be read."""
        return bool(self.buffer)

    async def start_tls(self, context: ssl.SSLContext, before: bytes = b"") -> None:
        """Speak TLS from here on; `before` is the last that is sent in clear. The buffer must be empty. Raises OSError
        (ssl.SSLError) where the client can't."""
        self.transport.pause_reading()  # else the client's hello might be taken for clear text
        if before:
            self.transport.write(before)
        transport = await asyncio.get_running_loop().start_tls(
            self.transport, self, context, server_side=True, ssl_handshake_timeout=HANDSHAKE_SECONDS
        )
        if transport is None:
            raise ConnectionResetError
        self.transport = transport

    @property
    def cipher(self) -> str:
        """`TLSv1.3 TLS_AES_256_GCM_SHA384`, "" in clear text."""
        tls: Any = self.transport.get_extra_info("ssl_object")
        return f"{tls.version()} {tls.cipher()[0]}" if tls else ""

    async def close(self, deadline: float, *, linger: float = 0.0) -> None:
        """Send what is left to say and hang up; without mercy for who does not read it. To a client that is still
        sending, the last reply would be lost with the connection: `linger` so many seconds for it to end."""
        try:
            await self.flush(deadline)
            if linger and self.is_open:
                await self.listen_out(linger)
            self.transport.close()
        except TimeoutError:
            self.transport.abort()

    async def listen_out(self, seconds: float) -> None:
        self.is_deaf = True
        self.take(len(self.buffer))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        with suppress(TimeoutError):
            await self.wait(asyncio.get_running_loop().time() + seconds)


def wake(waiting: "asyncio.Future[None] | None") -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
