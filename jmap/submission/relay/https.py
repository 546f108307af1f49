"""Fetching a small text by HTTPS from a host that a stranger named: a public address, a valid certificate, no redirect,
little time, few octets."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection

from jmap.mailauth.dns import Lookup
from jmap.submission.relay.replies import Refused, Trouble
from jmap.submission.relay.routes import Exchange, find_place

MAX_ADDRESSES = 3


class FetchFailed(Exception):  # noqa: N818
    """No text came, or not one to be trusted."""


@dataclass(frozen=True, slots=True)
class Fetching:
    """How to fetch: the certificates trusted, the port, whether private addresses may be asked, and within what."""

    context: ssl.SSLContext
    port: int = 443
    private_too: bool = False
    seconds: float = 10.0
    most: int = 65_536  # octets


class Connection(HTTPSConnection):
    """Connects to the addresses that were checked, whatever DNS says by then."""

    def __init__(self, host: str, addresses: list[str], how: Fetching) -> None:
        super().__init__(host, how.port, timeout=how.seconds, context=how.context)
        self.addresses, self.how = addresses, how

    def connect(self) -> None:
        plain = first_open(self.addresses, self.how)
        try:
            self.sock = self.how.context.wrap_socket(plain, server_hostname=self.host)
        except Exception:
            plain.close()
            raise


def first_open(addresses: list[str], how: Fetching) -> socket.socket:
    """A connection to the first address that takes one. Raises OSError."""
    deadline, last = time.monotonic() + how.seconds, OSError("no address")
    for address in addresses[:MAX_ADDRESSES]:
        try:
            return socket.create_connection((address, how.port), max(0.1, deadline - time.monotonic()))
        except OSError as error:
            last = error
    raise last


def fetch(host: str, path: str, lookup: Lookup, how: Fetching) -> str:
    """The text at https://host/path. Raises FetchFailed."""
    try:
        place = find_place(Exchange(host), lookup, how.private_too)
        connection = Connection(host, place.addresses, how)
        connection.connect()
        with connection.sock, limited(connection.sock, how.seconds):
            return read(connection, path, how.most)
    except (OSError, HTTPException, ValueError, Trouble, Refused) as error:
        raise FetchFailed(f"https://{host}{path}: {error or type(error).__name__}") from None


def read(connection: HTTPSConnection, path: str, most: int) -> str:
    connection.request("GET", path, headers={"User-Agent": "Posthorn", "Connection": "close"})
    response = connection.getresponse()
    kind = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    if response.status != 200 or kind != "text/plain":  # RFC 8461 §3.3: redirects are not followed
        raise HTTPException(f"{response.status} {kind}")
    octets = response.read(most + 1)
    if len(octets) > most:
        raise HTTPException("too long")
    return octets.decode("utf-8")


@contextmanager
def limited(sock: socket.socket, seconds: float) -> Iterator[None]:
    """End a connection whose peer sends an octet now and then."""
    timer = threading.Timer(seconds, hang_up, [sock])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def hang_up(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
