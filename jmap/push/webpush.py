"""One request to a push resource (RFC 8030 §5), which may be anybody's: hostile, slow, dead or inside our network."""

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

import aiohttp
import orjson
from django.conf import settings
from django.utils import timezone
from yarl import URL

from jmap.core.public_address import is_public
from jmap.push import vapid
from jmap.push.encryption import LONGEST, encrypt
from jmap.push.message import Message

CONNECTIONS, CONNECTIONS_PER_HOST = 100, 10
PATIENCE = aiohttp.ClientTimeout(total=15, connect=10)  # seconds
READ = 1024  # octets of an answer's body; the status is all that counts
ROOM_UNENCRYPTED = 64 * 1024  # octets
LONGEST_WAIT = 86400.0  # seconds that Retry-After may ask for


class Result(Enum):
    DELIVERED = "delivered"
    GONE = "gone"  # the resource is no more
    SLOWER = "slower"  # too many requests
    FAILED = "failed"  # it was asked and did not take it
    UNREACHED = "unreached"  # no request got to it


@dataclass(frozen=True, slots=True)
class Outcome:
    result: Result
    detail: str = ""  # for the operator
    retry_after: float = 0.0  # seconds


@dataclass(frozen=True, slots=True)
class Target:
    url: str
    client_key: bytes | None
    client_secret: bytes | None
    ttl: int  # seconds

    @property
    def room(self) -> int:
        """Octets that a message may have."""
        return LONGEST if self.client_key else ROOM_UNENCRYPTED


class NotPublic(OSError):  # noqa: N818
    """The host is inside: of this machine or network."""


def guarded_socket(address_info: Any) -> socket.socket:
    """A socket for this address, if it is one of the internet's: asked of each address that is really connected to."""
    family, kind, protocol, _, address = address_info
    if not settings.PUSH_TO_PRIVATE_HOSTS and not is_public(str(address[0])):
        raise NotPublic(f"{address[0]} is not an address on the internet")
    return socket.socket(family, kind, protocol)


@asynccontextmanager
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    trust = ssl.create_default_context(cafile=settings.PUSH_CA_FILE or None)
    connector = aiohttp.TCPConnector(
        limit=CONNECTIONS,
        limit_per_host=CONNECTIONS_PER_HOST,
        ssl=trust,
        socket_factory=guarded_socket,
        ttl_dns_cache=60,
    )
    nothing = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, timeout=PATIENCE, cookie_jar=nothing) as session:
        yield session


async def push(session: aiohttp.ClientSession, target: Target, message: Message) -> Outcome:
    """Deliver it, or say what came of it. Redirects are not followed."""
    body = orjson.dumps(message.content)
    headers = headers_for(target, message)
    if target.client_key and target.client_secret:
        body = encrypt(body, target.client_key, target.client_secret)
        headers["Content-Encoding"] = "aes128gcm"
    try:
        async with session.post(target.url, data=body, headers=headers, allow_redirects=False) as response:
            outcome = judge(response)
            if len(await response.content.read(READ)) == READ:
                response.close()
            return outcome
    except aiohttp.ClientConnectorError as error:
        return Outcome(Result.UNREACHED, type(error.os_error).__name__)
    except (TimeoutError, aiohttp.ClientError, ValueError, OSError) as error:
        return Outcome(Result.FAILED, type(error).__name__)


def headers_for(target: Target, message: Message) -> dict[str, str]:
    """RFC 8620 §7.2, RFC 8030 §5, RFC 8292 §2."""
    headers = {
        "Content-Type": "application/json",
        "TTL": str(target.ttl),
        "Urgency": message.urgency,
        "Authorization": vapid.authorization(str(URL(target.url).origin())),
        "User-Agent": "Posthorn",
    }
    return headers | ({"Topic": message.topic} if message.topic else {})


def judge(response: aiohttp.ClientResponse) -> Outcome:
    detail = f"HTTP {response.status}"
    if 200 <= response.status < 300:
        return Outcome(Result.DELIVERED)
    if response.status in (404, 410):
        return Outcome(Result.GONE, detail)
    wait = retry_after(response.headers.get("Retry-After", ""))
    return Outcome(Result.SLOWER if response.status == 429 else Result.FAILED, detail, wait)


def retry_after(value: str) -> float:
    """The seconds that the header asks for, as a number or a date; 0 for none."""
    try:
        seconds = float(value) if value.isdecimal() else (parsedate_to_datetime(value) - timezone.now()).total_seconds()
    except (ValueError, TypeError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_WAIT)
