"""The endpoints of RFC 8620: session (§2), API (§3), upload (§6.1), download (§6.2); and tickets for streams."""

import logging
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import register_converter
from django.urls.converters import StringConverter
from ninja import NinjaAPI

from accounts.access import Caller
from jmap.core import blobs, dispatch, sql
from jmap.core.errors import RequestError
from jmap.core.ids import account_number
from jmap.core.request import parse
from jmap.core.session import session
from jmap.core.types import utc_text
from jmap.http.authentication import Authentication, Refused
from jmap.http.downloads import download_response
from jmap.http.origin import base_url
from jmap.http.problems import error_response, plain_problem, unavailable
from jmap.http.slots import REQUESTS, UPLOADS, BusyResponse, Full, slot
from jmap.http.streams import foreign_origin
from jmap.push import tickets

api = NinjaAPI(title="Posthorn JMAP", docs_url=None, openapi_url=None, auth=Authentication(), urls_namespace="jmap")
logger = logging.getLogger("jmap")
NOT_CACHED = "no-cache, no-store, must-revalidate"  # RFC 8620 §2


class Rest(StringConverter):
    """All that is left of a path: a file name may be empty, or hold an encoded slash or line break."""

    regex = "(?s:.*)"


register_converter(Rest, "rest")


@api.exception_handler(RequestError)
def refuse_request(request: HttpRequest, error: RequestError) -> HttpResponse:
    return error_response(error)


@api.exception_handler(Refused)
def refuse_caller(request: HttpRequest, refused: Refused) -> HttpResponse:
    return refused.response


@api.exception_handler(Full)
def refuse_for_now(request: HttpRequest, full: Full) -> HttpResponse:
    return BusyResponse(full)


def refuse_without_data(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    logger.error("%s could not reach its data: %s", request.path, error)
    return unavailable()


for kind in sql.UNREACHABLE:
    api.add_exception_handler(kind, refuse_without_data)


def caller_of(request: HttpRequest) -> Caller:
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller


def json_response(body: bytes, status: int = 200) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="application/json", headers={"Cache-Control": NOT_CACHED})


@api.get("/session")
def get_session(request: HttpRequest) -> HttpResponse:
    return json_response(orjson.dumps(session(caller_of(request), base_url(request))))


@api.post("/api")
def call_methods(request: HttpRequest) -> HttpResponse:
    caller = caller_of(request)
    if request.content_type != "application/json":
        # rfc-clarifications, question 2: any 4xx; the problem is the RFC's notJSON.
        raise RequestError("notJSON", "The Content-Type of a request is application/json", 415)
    with slot(REQUESTS, caller.user_id):
        return json_response(dispatch.answer(caller, parse(request.body)))


@api.post("/upload/{account_id}")
def upload(request: HttpRequest, account_id: str) -> HttpResponse:
    caller = caller_of(request)
    number = account_number(account_id)
    right = caller.rights.get(number) if number is not None else None
    if right is None:
        return plain_problem(404, "There is no such account")
    if right.read_only:
        return plain_problem(403, "The account is read-only")
    with slot(UPLOADS, caller.user_id), transaction.atomic():
        blob_id, size = blobs.store(right.account_id, caller.user_id, body_file(request))
    made = {"accountId": account_id, "blobId": blob_id, "type": media_type(request), "size": size}
    return json_response(orjson.dumps(made), 201)


def body_file(request: HttpRequest) -> Any:
    """The request's body as a seekable file; raises RequestError over maxSizeUpload."""
    file = request.META["wsgi.input"]
    size = file.seek(0, 2)
    file.seek(0)
    if size > settings.MAX_SIZE_UPLOAD:
        raise RequestError("limit", "The upload is too large", 413, "maxSizeUpload")
    return file


def media_type(request: HttpRequest) -> str:
    """As the client said (rfc-clarifications, question 13: never sniffed)."""
    return request.META.get("CONTENT_TYPE") or "application/octet-stream"


@api.api_operation(["GET", "HEAD"], "/download/{account_id}/{blob_id}/{rest:name}")
def download(request: HttpRequest, account_id: str, blob_id: str, name: str) -> HttpResponseBase:
    number = account_number(account_id)
    located = blobs.locate(caller_of(request), number, blob_id) if number is not None else None
    if located is None:
        return plain_problem(404, "There is no such blob")
    return download_response(request, located, blob_id, name)


@api.post("/ticket")
def ticket(request: HttpRequest) -> HttpResponse:
    """For a page that wants to open an event source or a WebSocket (jmap.push.tickets)."""
    caller = caller_of(request)
    with slot(REQUESTS, caller.user_id):
        issued, expires_at = tickets.issue(caller, foreign_origin(request.META))
    return json_response(orjson.dumps({"ticket": issued, "expires": utc_text(expires_at)}), 201)
