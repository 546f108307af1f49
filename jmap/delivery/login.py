"""AUTH PLAIN and LOGIN (RFC 4954, RFC 4616), over TLS alone."""

import base64
import binascii
import re
from typing import TYPE_CHECKING

from accounts import auth as credentials
from accounts.auth import BadCredentials, Credentials
from accounts.throttle import Throttled
from jmap.delivery.office import run_in
from jmap.delivery.replies import Refusal, Reply
from jmap.delivery.wire import LongLine

if TYPE_CHECKING:
    from jmap.delivery.session import Session

MAX_LINE = 12288  # octets (RFC 4954 §4)
FAILURE_COUNTS = 5  # as so many errors
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}\Z")
SUCCESS = Reply(235, "2.7.0", "Welcome")


async def auth(session: "Session", argument: str) -> Reply:
    """The AUTH command. Raises Refusal."""
    refuse_untimely(session)
    mechanism, _, initial = argument.partition(" ")
    if mechanism.upper() == "PLAIN":
        found = parse_plain(decode(initial) if initial else await ask(session, b""))
    elif mechanism.upper() == "LOGIN":
        login = decode(initial) if initial else await ask(session, b"Username:")
        found = login_of(login, await ask(session, b"Password:"))
    else:
        raise Refusal(504, "5.5.4", "The mechanisms are PLAIN and LOGIN")
    if not found.login:  # RFC 4616 §2; it would do for an app password elsewhere
        raise Refusal(501, "5.5.2", "The login is empty")
    session.credentials = found
    try:
        await check(session)
    except Refusal:
        session.credentials = None
        session.errors += FAILURE_COUNTS - 1
        raise
    return SUCCESS


def refuse_untimely(session: "Session") -> None:
    client = session.client
    if not client.kind.wants_login:
        raise Refusal(502, "5.5.1", "There is nothing to log in to here")
    if not client.is_extended or client.caller or session.envelope:
        raise Refusal(503, "5.5.1", "Not now")
    if not client.cipher:
        raise Refusal(538, "5.7.11", "Start TLS first")  # RFC 4954 §6, RFC 8314 §3


async def check(session: "Session") -> None:
    """Whether the client is logged in, and what it has logged in with is still good. Raises Refusal."""
    held, client = session.credentials, session.client
    if held is None:
        raise Refusal(530, "5.7.0", "Log in first")
    try:
        client.caller = await run_in(
            session.office.threads.logins, lambda: credentials.log_in(held.login, held.secret, client.address)
        )
    except BadCredentials:
        client.caller = None
        raise Refusal(535, "5.7.8", "No such login, or not its password") from None
    except Throttled as error:
        raise Refusal(454, "4.7.0", str(error)) from None


async def ask(session: "Session", challenge: bytes) -> bytes:
    """What the client answers to a challenge. Raises Refusal when it does not want to."""
    session.say(Reply(334, "", base64.b64encode(challenge).decode()))
    try:
        answer = await session.wire.line(MAX_LINE, session.patience())
    except LongLine:
        raise Refusal(500, "5.5.6", "The line is too long") from None
    if answer == b"*":
        raise Refusal(501, "5.7.0", "As you like")
    return decode(answer.decode("latin-1"))


def decode(text: str) -> bytes:
    """Strict base64; "=" alone is nothing at all (RFC 4954 §4). Raises Refusal."""
    if text == "=":
        return b""
    try:
        if not _BASE64.match(text):
            raise binascii.Error
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Refusal(501, "5.5.2", "That is not base64") from None


def parse_plain(response: bytes) -> Credentials:
    """`[authzid] NUL authcid NUL passwd` (RFC 4616 §2); nobody acts for somebody else here. Raises Refusal."""
    parts = response.split(b"\0")
    if len(parts) != 3:
        raise Refusal(501, "5.5.2", "That is not what PLAIN wants")
    found = login_of(parts[1], parts[2])
    if parts[0] and credentials.stored_login(login_of(parts[0], b"").login) != credentials.stored_login(found.login):
        raise Refusal(535, "5.7.8", "You may not act for them")
    return found


def login_of(login: bytes, secret: bytes) -> Credentials:
    try:
        return Credentials(login.decode("utf-8"), secret.decode("utf-8"))
    except UnicodeDecodeError:
        raise Refusal(501, "5.5.2", "That is not UTF-8") from None
