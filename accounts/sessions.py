"""Browser sessions that can be listed and ended, each by itself (SESSION_ENGINE)."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest
from django.utils import timezone

from accounts.client_address import of_request
from accounts.models import BrowserSession, User

NOTED_EVERY = timedelta(minutes=5)
CONFIRMED_FOR = timedelta(minutes=10)


class SessionStore(DatabaseStore):
    """Django's, with columns that say whose session it is and where it was used."""

    @classmethod
    def get_model_class(cls) -> type[BrowserSession]:
        return BrowserSession

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)
        row.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        row.address, row.agent = data.get("address", ""), data.get("agent", "")
        row.used_at = moment(data.get("used_at")) or timezone.now()
        return row


def note_login(sender: object, request: HttpRequest, user: User, **more: object) -> None:
    """Logging in with a password confirms who one is, too."""
    note_confirmed(request)
    note_use(request)


def note_use(request: HttpRequest) -> None:
    """Remember where the session was used last, at most every few minutes."""
    last = moment(request.session.get("used_at"))
    address = of_request(request.META)
    if last is None or timezone.now() - last > NOTED_EVERY or request.session.get("address") != address:
        agent = request.META.get("HTTP_USER_AGENT", "")[:300]
        request.session.update({"used_at": timezone.now().isoformat(), "address": address, "agent": agent})


def note_confirmed(request: HttpRequest) -> None:
    request.session["confirmed_at"] = timezone.now().isoformat()


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the person gave their password a short while ago."""
    last = moment(request.session.get("confirmed_at"))
    return last is not None and timezone.now() - last < CONFIRMED_FOR


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def sessions_of(user: User) -> list[BrowserSession]:
    """Those that have not run out, the latest used first."""
    return list(BrowserSession.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-used_at"))


def end_sessions(user: User, *, but: str = "", only: str = "") -> int:
    """End one session of this user (`only`, its public id), or all others than `but` (a session key)."""
    found = BrowserSession.objects.filter(user=user).exclude(session_key=but)
    if only:
        wanted = [each.session_key for each in found if each.public_id == only]
        found = found.filter(session_key__in=wanted)
    return found.delete()[0]


user_logged_in.connect(note_login)
