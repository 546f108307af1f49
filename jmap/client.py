"""A JMAP client that happens to be near: the webmail and tests speak JMAP through it, without HTTP."""

from collections.abc import Mapping
from typing import Any, BinaryIO

import orjson
from django.db import transaction

from accounts.access import Caller
from jmap.core import blobs, dispatch
from jmap.core.capabilities import capabilities
from jmap.core.errors import RequestError as RequestError
from jmap.core.ids import account_number
from jmap.core.request import parse
from jmap.core.session import session
from jmap.mime.html import html_to_text as html_to_text  # for clients that build mail

Wire = dict[str, Any]
Call = tuple[str, Mapping[str, Any]] | tuple[str, Mapping[str, Any], str]


class MethodFailed(Exception):  # noqa: N818
    """A method answered "error"; `wire` holds its arguments (RFC 8620 §3.6.2)."""

    def __init__(self, method: str, wire: Wire) -> None:
        super().__init__(f"{method}: {wire['type']}: {wire.get('description', '')}")
        self.method, self.wire = method, wire


def ref(call_id: str, method: str, path: str) -> Wire:
    """A ResultReference; use it as the value of "#argument"."""
    return {"resultOf": call_id, "name": method, "path": path}


class Client:
    """Speaks for one caller. Calls go through the same octets as any other client's, so what the webmail shows is what
    the API says. Where a call names no accountId it is the one given here, by default the personal account."""

    def __init__(self, caller: Caller, account_id: str | None = None) -> None:
        self.caller = caller
        personal = next((f"a{right.account_id}" for right in caller.rights.values() if right.is_personal), "")
        self.account_id = account_id or personal

    def session(self, base_url: str = "") -> Wire:
        return session(self.caller, base_url)

    def respond(self, *calls: Call) -> list[list[Any]]:
        """The methodResponses of one request; a call without an id gets its index as one."""
        filled = [
            [name, {**self.account_of(name), **arguments}, rest[0] if rest else str(at)]
            for at, (name, arguments, *rest) in enumerate(calls)
        ]
        body = orjson.dumps({"using": list(capabilities), "methodCalls": filled})
        answer = orjson.loads(dispatch.answer(self.caller, parse(body)))
        responses: list[list[Any]] = answer["methodResponses"]
        return responses

    def account_of(self, method: str) -> Wire:
        """RFC 8620 §7.2: push subscriptions belong to no account."""
        return {} if method.startswith("PushSubscription/") else {"accountId": self.account_id}

    def batch(self, *calls: Call) -> dict[str, Wire]:
        """The response arguments of one request by call id; raises MethodFailed if any call answers an error."""
        answers: dict[str, Wire] = {}
        names = {rest[0] if rest else str(at): name for at, (name, _, *rest) in enumerate(calls)}
        for name, arguments, call_id in self.respond(*calls):
            if name == "error":
                raise MethodFailed(names[call_id], arguments)
            answers.setdefault(call_id, arguments)
        return answers

    def call(self, method: str, **arguments: Any) -> Wire:
        """One method; its response arguments. Raises MethodFailed."""
        return self.batch((method, arguments))["0"]

    def upload(self, file: BinaryIO) -> Wire:
        """Store a file: {"blobId", "size"}. Raises RequestError."""
        number = account_number(self.account_id)
        right = self.caller.rights.get(number) if number is not None else None
        if right is None or right.read_only:
            raise RequestError("forbidden", "This account can't be written", 403)
        with transaction.atomic():
            blob_id, size = blobs.store(right.account_id, self.caller.user_id, file)
        return {"blobId": blob_id, "size": size}

    def download(self, blob_id: str) -> blobs.Located | None:
        """A blob or part that the caller may read."""
        number = account_number(self.account_id)
        return None if number is None else blobs.locate(self.caller, number, blob_id)
