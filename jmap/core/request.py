"""The Request object (RFC 8620 §3.3): from octets to checked values."""

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings

from jmap.core.capabilities import capabilities
from jmap.core.errors import RequestError
from jmap.core.types import ID

MAX_DEPTH = 100  # with what references may add well below the 254 levels that orjson writes


@dataclass(slots=True)
class Request:
    using: frozenset[str]
    calls: list[tuple[str, dict[str, Any], str]]
    created_ids: dict[str, str]
    returns_created_ids: bool


def parse(body: bytes) -> Request:
    """Check octets into a Request; raises RequestError (notJSON, notRequest, unknownCapability, limit)."""
    return check(decode(body))


def decode(body: bytes) -> Any:
    """The JSON value; raises RequestError (notJSON, limit)."""
    if len(body) > settings.MAX_SIZE_REQUEST:
        raise too_large("maxSizeRequest")
    with collector_paused():
        return i_json(body)


def check(request: Any) -> Request:
    """A JSON value into a Request; raises RequestError (notRequest, unknownCapability, limit)."""
    if not isinstance(request, dict):
        raise not_request("a Request is an object")
    using, calls = checked_using(request.get("using")), checked_calls(request.get("methodCalls"))
    created = checked_created_ids(request.get("createdIds"))
    for urn in sorted(using):
        if urn not in capabilities:
            raise RequestError("unknownCapability", f"This server does not support the capability {urn!r}")
    if len(calls) > settings.MAX_CALLS_IN_REQUEST:
        raise too_large("maxCallsInRequest")
    return Request(using, calls, created, request.get("createdIds") is not None)


@contextmanager
def collector_paused() -> Iterator[None]:
    """A request is millions of objects at worst, none of them garbage: looking through them all again and again would
    take most of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def i_json(body: bytes) -> Any:
    """I-JSON (RFC 7493) only: UTF-8, no lone surrogates, no duplicate keys."""
    try:
        value = orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError):
        raise RequestError("notJSON", "The request is not I-JSON (RFC 7493)") from None
    # A colon in the octets either ends a key or stands in a string, so a dropped duplicate shows in the count.
    colons = colons_in(value)
    if b"\\u00" in body or body.count(b":") != colons:
        refuse_duplicate_keys(body)
    return value


def colons_in(value: Any) -> int:
    """The colons needed to write a decoded value: one per object member, and those within strings. Raises
    RequestError for a value nested so deep that a response holding it could not be written."""
    count, level = 0, [value]
    for _ in range(MAX_DEPTH):
        deeper: list[Any] = []
        for item in level:
            if isinstance(item, str):
                count += item.count(":")
            elif isinstance(item, dict):
                count += len(item) + sum(key.count(":") for key in item)
                deeper.extend(item.values())
            elif isinstance(item, list):
                deeper.extend(item)
        if not deeper:
            return count
        level = deeper
    raise not_request(f"it is nested more than {MAX_DEPTH} levels deep")


def refuse_duplicate_keys(body: bytes) -> None:
    """orjson keeps the last of two equal keys; RFC 7493 §2.3 forbids them, so a suspect body is read again."""

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise RequestError("notJSON", "The request repeats a key within one object (RFC 7493 §2.3)")
        return found

    try:
        json.loads(body, object_pairs_hook=members)
    except (ValueError, RecursionError):
        raise RequestError("notJSON", "The request is not I-JSON (RFC 7493)") from None


def not_request(detail: str) -> RequestError:
    return RequestError("notRequest", f"Not a Request object (RFC 8620 §3.3): {detail}")


def too_large(limit: str) -> RequestError:
    return RequestError("limit", f"The request exceeds {limit}", limit=limit)


def checked_using(value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(urn, str) for urn in value):
        raise not_request("using must be an array of strings")
    return frozenset(value)


def checked_calls(value: Any) -> list[tuple[str, dict[str, Any], str]]:
    if not isinstance(value, list):
        raise not_request("methodCalls must be an array")
    return [checked_call(call) for call in value]


def checked_call(call: Any) -> tuple[str, dict[str, Any], str]:
    match call:
        case [str(name), dict(arguments), str(call_id)]:
            return name, arguments, call_id
    raise not_request("a method call is [name, arguments, id]")


def checked_created_ids(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(is_id(item) for pair in value.items() for item in pair):
        raise not_request("createdIds must map ids to ids")
    return dict(value)


def is_id(value: Any) -> bool:
    return isinstance(value, str) and ID.match(value) is not None
