"""Many open event sources and WebSockets in a process of their own, which notes when each was told what."""

import asyncio
import base64
import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlsplit

import orjson

ENABLE = orjson.dumps({"@type": "WebSocketPushEnable", "dataTypes": ["Email"]})
ECHO = orjson.dumps({"@type": "Request", "using": ["urn:ietf:params:jmap:core"], "methodCalls": []})
Told = tuple[str, str, float]  # account, its state of Email, monotonic time


@dataclass(frozen=True, slots=True)
class Login:
    email: str
    password: str

    @property
    def basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.email}:{self.password}".encode()).decode()


@dataclass
class Listeners:
    """Runs in the child."""

    event_sources: str  # the URLs, variables filled in
    web_sockets: str
    told: list[Told] = field(default_factory=list)
    opened: int = 0

    async def event_source(self, login: Login) -> None:
        reader, _kept_open = await self.connect(self.event_sources, login, ["Accept: text/event-stream"])
        await reader.readuntil(b":\n\n")
        self.opened += 1
        async for line in reader:
            if line.startswith(b"data: {") and b'"StateChange"' in line:
                self.note(orjson.loads(line[6:]))

    async def web_socket(self, login: Login) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        reader, writer = await self.connect(self.web_sockets, login, [
            "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Protocol: jmap",
        ])  # fmt: skip
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frame(0x81, ENABLE) + frame(0x81, ECHO))
        while True:
            opcode, payload = await read_frame(reader)
            if opcode == 9:
                writer.write(frame(0x8A, payload))
            elif b'"StateChange"' in payload:
                self.note(orjson.loads(payload))
            elif opcode == 1:
                self.opened += 1  # the answer to ECHO: push is enabled

    async def connect(
        self, url: str, login: Login, headers: list[str]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A request is sent; its answer's first line must be a success."""
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        head = [f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", f"Authorization: {login.basic}", *headers, "", ""]
        writer.write("\r\n".join(head).encode())
        status = (await reader.readline()).split()[1]
        if status not in (b"200", b"101"):
            raise RuntimeError(f"{url}: status {status!r}")
        return reader, writer

    def note(self, change: Any) -> None:
        now = time.monotonic()
        self.told += [(account, states["Email"], now) for account, states in change["changed"].items()]


def frame(head: int, payload: bytes) -> bytes:
    """Masked with zeros."""
    return bytes([head, 0x80 | len(payload) if len(payload) < 126 else 0xFE]) + (
        b"" if len(payload) < 126 else len(payload).to_bytes(2)
    ) + bytes(4) + payload  # fmt: skip


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head, size = await reader.readexactly(2)
    if size >= 126:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8))
    return head & 0x0F, await reader.readexactly(size)


async def listen(pipe: Connection, listeners: Listeners, logins: list[Login], each: int) -> None:
    """Open `each` of both kinds for every login; then answer each word on the pipe with what was told since."""
    tasks = set()
    for login in logins:
        for open_one in [listeners.event_source, listeners.web_socket] * each:
            tasks.add(asyncio.create_task(open_one(login)))
        while listeners.opened < len(tasks):
            for task in tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(0.002)
    pipe.send(len(tasks))
    while await asyncio.to_thread(pipe.recv):
        told, listeners.told = listeners.told, []
        pipe.send(told)


def run(pipe: Connection, event_sources: str, web_sockets: str, logins: list[Login], each: int) -> None:
    asyncio.run(listen(pipe, Listeners(event_sources, web_sockets), logins, each))


@contextmanager
def listening(event_sources: str, web_sockets: str, logins: list[Login], each: int) -> Iterator[Connection]:
    """Send True for a list of Told."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    child = spawn.Process(target=run, args=(theirs, event_sources, web_sockets, logins, each), daemon=True)
    child.start()
    theirs.close()
    try:
        ours.recv()
        yield ours
    finally:
        child.kill()
        child.join()
