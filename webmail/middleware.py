"""What every page gets: a strict Content-Security-Policy, and the reader's time zone."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

PAGE_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-src 'self';"
    " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
Respond = Callable[[HttpRequest], HttpResponse]


def page_policy(respond: Respond) -> Respond:
    """Pages that need another policy have set their own."""

    def with_policy(request: HttpRequest) -> HttpResponse:
        response = respond(request)
        response.headers.setdefault("Content-Security-Policy", PAGE_POLICY)
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response

    return with_policy


def reader_time_zone(respond: Respond) -> Respond:
    """The browser tells its zone in a cookie (static/webmail/mail.js); without one times are UTC."""

    def in_zone(request: HttpRequest) -> HttpResponse:
        with timezone.override(zone_of(request.COOKIES.get("tz", ""))):
            return respond(request)

    return in_zone


def zone_of(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name and len(name) < 64 else None
    except (ValueError, KeyError, OSError):  # no such zone, or no name of one
        return None
