"""Who may open a stream. What these functions do may ask the database, so they are called in a thread."""

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from io import BytesIO
from typing import Any, Protocol
from urllib.parse import parse_qs

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest

from accounts.access import Caller
from accounts.auth import BadCredentials, session_caller
from jmap.core import sql
from jmap.http.authentication import Refused, caller_from
from jmap.http.origin import base_url
from jmap.http.problems import plain_problem, unavailable
from jmap.push import tickets

Environ = dict[str, Any]


class Threads(Protocol):
    """Where what blocks is done (config.threads)."""

    async def run(self, key: bytes, work: Any) -> Any: ...

    async def run_in_line(self, key: bytes, work: Any) -> Any: ...


# The caller behind the environ of a stream's request. Raises Refused.
Admit = Callable[[Environ], Caller]


def query_of(environ: Environ) -> dict[str, str]:
    """The last value of each parameter."""
    return {name: values[-1] for name, values in parse_qs(environ["QUERY_STRING"], keep_blank_values=True).items()}


def foreign_origin(environ: Environ) -> str:
    """The Origin of a page that is not ours, else ""."""
    origin = str(environ.get("HTTP_ORIGIN", "")).lower()
    try:
        own = base_url(WSGIRequest({**environ, "wsgi.input": BytesIO()})).lower()
    except DisallowedHost:
        raise Refused(plain_problem(400, "This server has no such name")) from None
    return "" if origin == own else origin


def admit_event_source(environ: Environ) -> Caller:
    """By Authorization header from anywhere, as with the API (jmap.http.middleware); or by ticket."""
    return with_database(by_ticket if "ticket" in query_of(environ) else caller_from, environ)


def admit_web_socket(environ: Environ) -> Caller:
    """A browser asks nobody before it opens a WebSocket for a page, and sends what it remembers of HTTP authentication:
    so a foreign page needs a ticket."""
    if "ticket" in query_of(environ):
        return with_database(by_ticket, environ)
    if foreign_origin(environ):
        raise Refused(plain_problem(403, "A page of another origin needs a ticket"))
    return with_database(caller_from, environ)


def admit_session(environ: Environ) -> Caller:
    """By the webmail's cookie, for its own pages alone."""
    if foreign_origin(environ) or environ.get("HTTP_SEC_FETCH_SITE", "same-origin") not in ("same-origin", "none"):
        raise Refused(plain_problem(403, "Only for this site's own pages"))
    return with_database(by_cookie, environ)


def with_database(find: Admit, environ: Environ) -> Caller:
    try:
        return find(environ)
    except BadCredentials:
        raise Refused(plain_problem(401, "The ticket or the session is not valid")) from None
    except sql.UNREACHABLE:
        raise Refused(unavailable()) from None


def by_ticket(environ: Environ) -> Caller:
    """RFC 6455 §10.2: a ticket is good for the page that asked for it; who shows no Origin is no foreign page."""
    caller, origin = tickets.redeem(query_of(environ)["ticket"])
    if foreign_origin(environ) not in ("", origin):
        raise Refused(plain_problem(403, "The ticket was given to a page of another origin"))
    return caller


def by_cookie(environ: Environ) -> Caller:
    try:
        cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
    except CookieError:
        raise BadCredentials from None
    if settings.SESSION_COOKIE_NAME not in cookies:
        raise BadCredentials
    return session_caller(cookies[settings.SESSION_COOKIE_NAME].value)
