"""From a browser's session to a JMAP client."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts.auth import caller_of
from accounts.models import User
from accounts.standing import session_proof
from jmap.client import Client, MethodFailed

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, Client, P], HttpResponseBase]
NOT_THERE = ("invalidArguments", "accountNotFound")


def client_of(user: User, session_key: str | None) -> Client:
    """Speaks for this user, on their own account or else on the first they share."""
    caller = caller_of(user, "session", session_proof(session_key or "", user.password))
    first = next(iter(caller.rights.values()), None)
    return Client(caller, f"a{first.account_id}" if first else None)


def mail_view(view: View[P]) -> Callable[..., HttpResponseBase]:
    """A page for those who are logged in: the view gets the user's client. An id that can't be one is a 404."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **values: Any) -> HttpResponseBase:
        try:
            return view(request, client_of(request.user, request.session.session_key), *args, **values)  # type: ignore[arg-type]
        except MethodFailed as error:
            if error.wire["type"] in NOT_THERE:
                raise Http404 from error
            raise

    return login_required(guarded)
