"""What every answer below /jmap/ carries: CORS, so that clients in a browser may use the API from anywhere.

Credentials are in the Authorization header, never in cookies, so any origin may call (RFC 8620 leaves this open)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from jmap.http.problems import PROBLEM, plain_problem

Handler = Callable[[HttpRequest], HttpResponseBase]
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, Accept, Range, If-Range, If-None-Match, Last-Event-ID"
    ),
    "Access-Control-Expose-Headers": (
        "Content-Length, Content-Range, Content-Disposition, ETag, Retry-After, WWW-Authenticate"
    ),
    "Access-Control-Max-Age": "86400",
}


def is_jmap(path: str) -> bool:
    return path.startswith("/jmap/") or path in ("/jmap", "/.well-known/jmap")


def cors(get_response: Handler) -> Handler:
    """Answers a preflight without credentials, as browsers send it."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        response = HttpResponse(status=204) if request.method == "OPTIONS" else explained(get_response(request))
        for name, value in CORS.items():
            response[name] = value
        return response

    return handle


def explained(response: HttpResponseBase) -> HttpResponseBase:
    """RFC 8620 §3.6.1: every error is a problem document, also those of the framework (wrong path, wrong method)."""
    if response.status_code < 400 or response.get("Content-Type") == PROBLEM:
        return response
    problem = plain_problem(response.status_code, response.reason_phrase or "")
    if response.has_header("Allow"):
        problem["Allow"] = response["Allow"]
    return problem
