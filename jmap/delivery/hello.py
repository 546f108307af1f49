"""HELO, EHLO, LHLO, and what this server can do (RFC 5321 §4.1.1.1, RFC 2033 §4.1)."""

import re
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings

from jmap.core.types import utc_text
from jmap.delivery.kinds import Client
from jmap.delivery.replies import Refusal, Reply
from jmap.submission.capability import last_release

if TYPE_CHECKING:
    from jmap.delivery.session import Session

_NAME = re.compile(r"[^\s<>()\"\\,;\x00-\x1f\x7f-\x9f]{1,255}\Z")


async def helo(session: "Session", argument: str) -> Reply:
    note(session, argument, is_extended=False)
    return Reply(250, "", session.office.hostname)


async def ehlo(session: "Session", argument: str) -> Reply:
    note(session, argument, is_extended=True)
    return Reply(250, "", "\n".join([session.office.hostname, *extensions(session)]))


def note(session: "Session", argument: str, *, is_extended: bool) -> None:
    """Who the client says it is. It may be wrong, and mail is never refused for that alone (RFC 5321 §4.1.4)."""
    if not _NAME.match(argument):
        raise Refusal(501, "5.5.4", "Say your name, such as mail.example.org or [192.0.2.1]")
    session.reset()
    session.client.helo, session.client.is_extended = argument, is_extended


def extensions(session: "Session") -> list[str]:
    client = session.client
    offered = ["PIPELINING", f"SIZE {settings.MAX_SIZE_MESSAGE}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
    offered += ["DSN", "CHUNKING"]
    if client.kind.offers_tls and not client.cipher:
        offered.append("STARTTLS")
    if client.kind.wants_login and client.cipher and not client.caller:
        offered.append("AUTH PLAIN LOGIN")  # RFC 4954 §4: a password is never asked for in clear text
    if limits := hold(client):
        offered.append(f"FUTURERELEASE {limits[0]} {utc_text(limits[1])}")  # RFC 4865 §3
    return offered


def hold(client: Client) -> tuple[int, datetime] | None:
    """How many seconds, and until when, this client's messages may be held; None for not at all."""
    offers = client.kind.wants_login and settings.MAX_DELAYED_SEND
    return (settings.MAX_DELAYED_SEND, last_release()) if offers else None
