"""Whom to let send a body at all: asked by the ASGI layer before it receives one."""

from collections.abc import Mapping

from django.http import HttpResponse

from jmap.core import sql
from jmap.http.authentication import Refused, caller_from
from jmap.http.problems import unavailable


def needs_admission(method: str, path: str) -> bool:
    """Whether a request's body is worth asking about: the large ones."""
    return method == "POST" and path.startswith(("/jmap/upload/", "/jmap/api"))


def admit(meta: Mapping[str, str]) -> HttpResponse | None:
    """The refusal (401, 429, 503) to send instead of receiving the body; None lets it in. `meta` as in WSGI's environ.

    Blocks on the database where the credentials are not cached, so call it in a thread."""
    try:
        caller_from(meta)
    except Refused as refused:
        return refused.response
    except sql.UNREACHABLE:
        return unavailable()
    return None
