"""Single-use tickets: browsers can't send `Authorization` with an EventSource or a WebSocket, so a page asks for a
ticket first and puts it into the address of the stream. It is good for one stream, for a minute."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.access import Caller
from accounts.auth import BadCredentials, renewed
from accounts.standing import Standing
from jmap.core import sql
from jmap.push.models import Ticket

LIFETIME = timedelta(seconds=60)


def digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).digest()


def issue(caller: Caller, origin: str) -> tuple[str, datetime]:
    """A new ticket and when it runs out. `origin` is the Origin header of the page that asks, "" without one."""
    ticket, expires_at, standing = secrets.token_urlsafe(32), timezone.now() + LIFETIME, caller.standing
    Ticket.objects.create(
        digest=digest(ticket), user_id=standing.user_id, credential=standing.credential, proof=standing.proof,
        origin=origin, expires_at=expires_at,
    )  # fmt: skip
    return ticket, expires_at


def redeem(ticket: str) -> tuple[Caller, str]:
    """Whose ticket it is, and the origin of the page that asked for it; it is used up. Raises BadCredentials."""
    found = sql.row(
        "DELETE FROM push_ticket WHERE digest = %s AND expires_at > now() RETURNING user_id, credential, proof, origin",
        digest(ticket),
    )
    if found is None:
        raise BadCredentials
    *standing, origin = found
    return renewed(Standing(*standing)), origin
