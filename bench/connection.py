"""HTTP/1.1 over a keep-alive socket with as little work per request as can be, and many such sockets in one thread.

A task is a generator: it yields a `Request` and is sent the body of its answer, as often as it likes; its time is from
the first request to its end.
"""

import base64
import selectors
import socket
import ssl
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

JSON = b"application/json"
IDLE_LIMIT = 60.0  # seconds without any answer


class BadResponse(Exception):  # noqa: N818
    """An answer that does not count."""


@dataclass(frozen=True, slots=True)
class Request:
    path: str
    body: bytes | None = None  # None: GET
    content_type: bytes = JSON


Task = Generator[Request, bytes, None]


@dataclass(slots=True)
class Server:
    """Where requests go, and the header lines that all of them have."""

    host: str
    port: int
    is_tls: bool
    header: bytes

    @classmethod
    def of(cls, url: str, user: str, password: str) -> "Server":
        parts = urlsplit(url)
        is_tls = parts.scheme == "https"
        credentials = base64.b64encode(f"{user}:{password}".encode())
        header = b"Host: %s\r\nAuthorization: Basic %s\r\n" % (parts.netloc.encode(), credentials)
        return cls(parts.hostname or "", parts.port or (443 if is_tls else 80), is_tls, header)

    def connect(self) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), timeout=IDLE_LIMIT)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return ssl.create_default_context().wrap_socket(plain, server_hostname=self.host) if self.is_tls else plain

    def octets(self, request: Request) -> bytes:
        if request.body is None:
            return b"GET %s HTTP/1.1\r\n%s\r\n" % (request.path.encode(), self.header)
        return b"POST %s HTTP/1.1\r\n%sContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (
            request.path.encode(), self.header, request.content_type, len(request.body), request.body,
        )  # fmt: skip


def fetch(server: Server, request: Request, redirects: int = 3) -> bytes:
    """One request on a connection of its own; redirects on the same server are followed."""
    with server.connect() as connection:
        connection.sendall(server.octets(request))
        received = b""
        while (answer := read_answer(received)) is None:
            received += _more(connection)
    if answer.status in (301, 302, 307, 308) and redirects:
        return fetch(server, Request(path_of(urljoin(request.path, answer.location))), redirects - 1)
    return answer.checked()


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(1 << 16)
    if not received:
        raise BadResponse("the server closed the connection")
    return received


@dataclass(slots=True)
class Answer:
    status: int
    body: bytes
    location: str = ""

    def checked(self) -> bytes:
        if self.status not in (200, 201):
            raise BadResponse(f"status {self.status}: {self.body[:200]!r}")
        return self.body


def read_answer(received: bytes) -> Answer | None:
    """The answer in these octets; None as long as it is not complete."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = received[:end].lower()
    status = int(head[9:12])
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        length = int(head[at + 17 : _line_end(head, at + 2)])
        body = received[end + 4 :]
        return Answer(status, body, _location(received[:end])) if len(body) >= length else None
    if b"\r\ntransfer-encoding: chunked" in head:
        chunked = _unchunked(received, end + 4)
        return None if chunked is None else Answer(status, chunked, _location(received[:end]))
    return Answer(status, b"", _location(received[:end]))


def _line_end(head: bytes, start: int) -> int:
    end = head.find(b"\r\n", start)
    return end if end >= 0 else len(head)


def _location(head: bytes) -> str:
    at = head.lower().find(b"\r\nlocation:")
    return head[at + 11 : _line_end(head, at + 2)].strip().decode() if at >= 0 else ""


def _unchunked(received: bytes, at: int) -> bytes | None:
    body: list[bytes] = []
    while (end := received.find(b"\r\n", at)) >= 0:
        size = int(received[at:end].partition(b";")[0], 16)
        if len(received) < end + size + 4:
            return None
        if not size:
            return b"".join(body)
        body.append(received[end + 2 : end + 2 + size])
        at = end + size + 4
    return None


@dataclass(slots=True)
class Lane:
    """One connection and the task it is at."""

    socket: socket.socket
    task: Task | None = None
    begun: float = 0.0
    unsent: memoryview = field(default_factory=lambda: memoryview(b""))
    received: list[bytes] = field(default_factory=list)
    events: int = 0  # that the selector waits for


Done = Callable[[Task, float], None]


def drive(server: Server, connections: int, tasks: Iterator[Task], done: Done) -> None:
    """Run the tasks over so many connections at a time; `done` is told each task and its seconds.

    Raises BadResponse and OSError as they come: a measurement with errors is none.
    """
    selector = selectors.DefaultSelector()
    lanes = [Lane(server.connect()) for _ in range(connections)]
    try:
        busy = sum(_begin(lane, server, tasks, selector) for lane in lanes)
        while busy:
            events = selector.select(IDLE_LIMIT)
            if not events:
                raise BadResponse(f"no answer for {IDLE_LIMIT:.0f} s")
            for key, mask in events:
                lane: Lane = key.data
                if mask & selectors.EVENT_WRITE:
                    _send(lane, selector)
                elif not _receive(lane, server, selector, done):
                    busy -= not _begin(lane, server, tasks, selector)
    finally:
        selector.close()
        for lane in lanes:
            lane.socket.close()


def _begin(lane: Lane, server: Server, tasks: Iterator[Task], selector: selectors.BaseSelector) -> bool:
    """Give the connection the next task; False if there is none."""
    for task in tasks:
        lane.task, lane.begun = task, time.perf_counter()
        _ask(lane, server, next(task), selector)
        return True
    if lane.events:
        selector.unregister(lane.socket)
        lane.events = 0
    return False


def _ask(lane: Lane, server: Server, request: Request, selector: selectors.BaseSelector) -> None:
    lane.unsent = memoryview(server.octets(request))
    lane.received = []
    lane.socket.setblocking(False)
    _send(lane, selector)


def _send(lane: Lane, selector: selectors.BaseSelector) -> None:
    with suppress(BlockingIOError, ssl.SSLWantWriteError):
        lane.unsent = lane.unsent[lane.socket.send(lane.unsent) :]
    wanted = selectors.EVENT_WRITE if lane.unsent else selectors.EVENT_READ
    if lane.events != wanted:
        (selector.modify if lane.events else selector.register)(lane.socket, wanted, lane)
        lane.events = wanted


def _receive(lane: Lane, server: Server, selector: selectors.BaseSelector, done: Done) -> bool:
    """Take what has come; False when the task is over."""
    try:
        data = _more(lane.socket)
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    lane.received.append(data)
    answer = read_answer(b"".join(lane.received))
    if answer is None:
        return True
    assert lane.task is not None
    try:
        request = lane.task.send(answer.checked())
    except StopIteration:
        done(lane.task, time.perf_counter() - lane.begun)
        return False
    _ask(lane, server, request, selector)
    return True
