"""Errors of a whole request as problem documents (RFC 8620 §3.6.1, RFC 7807)."""

from typing import Any

import orjson
from django.http import HttpResponse

from jmap.core.errors import RequestError

PROBLEM = "application/problem+json"


def problem_response(body: dict[str, Any], headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(orjson.dumps(body), status=body["status"], content_type=PROBLEM, headers=headers)


def error_response(error: RequestError) -> HttpResponse:
    return problem_response(error.problem())


def unavailable() -> HttpResponse:
    """The database can't be reached; whether a write before that happened is not known."""
    return plain_problem(503, "The server can't reach its data; try again soon", {"Retry-After": "2"})


def plain_problem(status: int, detail: str, headers: dict[str, str] | None = None) -> HttpResponse:
    """A problem that has no type of its own: the status says what it is (RFC 7807 §4.2)."""
    return problem_response({"type": "about:blank", "status": status, "detail": detail}, headers)
