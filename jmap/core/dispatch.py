"""Runs the method calls of a request in order (RFC 8620 §3.2 to §3.7)."""

import logging
from collections.abc import Mapping
from typing import Any

import orjson
from django.db import connection

from accounts.access import Caller
from jmap.core import sql
from jmap.core.capabilities import Responses, find_capability
from jmap.core.context import Context
from jmap.core.errors import BadValue, MethodError, invalid_arguments
from jmap.core.references import Raw, resolve_references
from jmap.core.request import Request
from jmap.core.session import session_state

logger = logging.getLogger("jmap")


def answer(caller: Caller, request: Request, more: Mapping[str, str] = {}) -> bytes:
    """The Response object as JSON, with further members that a transport may want."""
    context = run(caller, request)
    response: dict[str, Any] = {**more, "methodResponses": context.responses, "sessionState": session_state(caller)}
    if request.returns_created_ids:
        response["createdIds"] = context.created_ids
    return orjson.dumps(response, default=splice)


def splice(value: Any) -> orjson.Fragment:
    if isinstance(value, Raw):
        return orjson.Fragment(value.octets)
    raise TypeError(f"{type(value)} is not JSON")


def run(caller: Caller, request: Request) -> Context:
    """Call every method; the context then holds the responses."""
    context = Context(caller, request.using, dict(request.created_ids))
    try:
        for name, arguments, call_id in request.calls:
            for response, values in call(context, name, arguments):
                context.responses.append((response, values, call_id))
            context.drop_stowage()
    finally:
        context.release()
    return context


def call(context: Context, name: str, arguments: dict[str, Any]) -> Responses:
    """One method call; whatever goes wrong becomes its "error" response (RFC 8620 §3.6.2)."""
    try:
        context.capability = find_capability(context.using, name)
        if context.capability is None:
            raise MethodError("unknownMethod")
        return context.capability.methods[name](context, resolve_references(context, arguments))
    except MethodError as error:
        return failed(context, error)
    except BadValue as error:
        return failed(context, invalid_arguments(str(error)))
    except sql.UNREACHABLE:
        logger.exception("%s could not reach its data", name)
        answered = failed(context, MethodError("serverUnavailable", "The account is busy; try again later"))
        if connection.connection is not None and connection.connection.closed:
            connection.close()
        return answered
    except Exception:
        # The log names the method, never its arguments: they hold mail.
        logger.exception("%s failed unexpectedly", name)
        return failed(context, MethodError("serverFail", "Something unforeseen went wrong; the server's log says what"))


def failed(context: Context, error: MethodError) -> Responses:
    context.release()
    return [("error", error.wire)]


def echo(context: Context, arguments: dict[str, Any]) -> Responses:
    """Core/echo (RFC 8620 §4)."""
    return [("Core/echo", arguments)]
