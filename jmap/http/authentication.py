"""Who calls, from the Authorization header alone: cookies count for nothing here, so no page can forge a call."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse

from accounts.access import Caller
from accounts.auth import BadCredentials, authenticate
from accounts.client_address import of_request
from accounts.throttle import Throttled
from jmap.http.problems import plain_problem

CHALLENGE = 'Basic realm="Posthorn", charset="UTF-8", Bearer realm="Posthorn"'


class Refused(Exception):  # noqa: N818
    """Not let in; `response` says so."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__("refused")
        self.response = response


def caller_from(meta: Mapping[str, str]) -> Caller:
    """The caller behind the headers of a request (as in WSGI's environ). Raises Refused."""
    header = meta.get("HTTP_AUTHORIZATION", "")
    if not header:
        raise Refused(plain_problem(401, "Log in with Basic or Bearer", {"WWW-Authenticate": CHALLENGE}))
    try:
        return authenticate(header, of_request(meta))
    except BadCredentials:
        detail = "These credentials are not valid"
        raise Refused(plain_problem(401, detail, {"WWW-Authenticate": CHALLENGE})) from None
    except Throttled as error:
        retry = {"Retry-After": str(error.retry_after)}
        raise Refused(plain_problem(429, "Too many failed log-ins; try again later", retry)) from None


class Authentication:
    """For django-ninja: puts the Caller into request.auth."""

    def __call__(self, request: HttpRequest) -> Caller:
        return caller_from(request.META)
