"""A JMAP client over a real socket that trusts nothing: it fails on whatever a server must never answer."""

import time
from collections.abc import Iterable
from typing import Any, Self

import httpx
import orjson

Wire = dict[str, Any]
USING = [f"urn:ietf:params:jmap:{name}" for name in ("core", "mail", "submission")]
BODY = ["partId", "blobId", "size", "headers", "name", "type", "charset", "disposition", "cid", "language", "location"]
EVERYTHING: Wire = {
    "properties": [
        "id", "blobId", "threadId", "mailboxIds", "keywords", "size", "receivedAt", "headers", "messageId", "inReplyTo",
        "references", "sender", "from", "to", "cc", "bcc", "replyTo", "subject", "sentAt", "bodyStructure",
        "bodyValues", "textBody", "htmlBody", "attachments", "hasAttachment", "preview", "header:Subject:asText:all",
        "header:From:asAddresses", "header:To:asGroupedAddresses:all", "header:Date:asDate:all",
        "header:Message-ID:asMessageIds:all", "header:List-Post:asURLs", "header:Received:asRaw:all",
    ],
    "bodyProperties": [*BODY, "subParts", "header:Content-Type:asRaw"],
    "fetchAllBodyValues": True,
}  # fmt: skip


class Unavailable(Exception):  # noqa: N818
    """The server says that it can't answer now; outside an outage it never should."""


class Line:
    """One user's connection."""

    def __init__(self, url: str, account_id: str, authorization: str, patience: float = 10) -> None:
        self.account_id, self.patience = account_id, patience
        self.http = httpx.Client(base_url=url, timeout=60, headers={"Authorization": authorization})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def post(self, body: bytes, headers: Wire, seconds: float) -> httpx.Response:
        """Any octets to the API; the answer must be in time, and anything but the server's own fault."""
        started = time.monotonic()
        response = self.http.post("/jmap/api", content=body, headers=headers)
        took = time.monotonic() - started
        if response.status_code == 503 or b'"serverUnavailable"' in response.content:
            raise Unavailable(response.text[:500], body[:5000])
        assert response.status_code < 500, (response.status_code, response.text[:500], body[:5000])
        assert b'"serverFail"' not in response.content, (failures(response.content), body[:5000])
        assert took < seconds, (took, body[:5000])
        return response

    def attempt(self, name: str, arguments: Wire) -> tuple[str, Wire]:
        """One method's response, which may be an error: its name and arguments."""
        call = [name, {"accountId": self.account_id, **arguments}, "0"]
        body = orjson.dumps({"using": USING, "methodCalls": [call]})
        response = self.post(body, {"Content-Type": "application/json"}, self.patience)
        answered = orjson.loads(response.content)["methodResponses"][0]
        return answered[0], answered[1]

    def batch(self, *calls: tuple[str, Wire], seconds: float | None = None) -> list[Wire]:
        """The response arguments of each call; none of them may be an error."""
        filled = [
            [name, {"accountId": self.account_id, **arguments}, str(at)] for at, (name, arguments) in enumerate(calls)
        ]
        body = orjson.dumps({"using": USING, "methodCalls": filled})
        response = self.post(body, {"Content-Type": "application/json"}, seconds or self.patience)
        assert response.status_code == 200, response.text
        answers = orjson.loads(response.content)["methodResponses"]
        assert all(name != "error" for name, _, _ in answers), (answers, body[:2000])
        return [arguments for _, arguments, _ in answers]

    def call(self, method: str, *, seconds: float | None = None, **arguments: Any) -> Wire:
        return self.batch((method, arguments), seconds=seconds)[0]

    def upload(self, octets: bytes) -> str:
        """The blob id."""
        response = self.http.post(f"/jmap/upload/{self.account_id}", content=octets)
        if response.status_code == 503:
            raise Unavailable(response.text[:500])
        assert response.status_code == 201, response.text
        return str(response.json()["blobId"])

    def inbox(self) -> str:
        found = self.call("Mailbox/get", ids=None)["list"]
        return next(str(each["id"]) for each in found if each["role"] == "inbox")

    def put(self, messages: Iterable[bytes], mailbox_id: str, seconds: float | None = None) -> Wire:
        """Import messages in one call; its response."""
        wanted = {mailbox_id: True}
        emails = {f"n{at}": {"blobId": self.upload(raw), "mailboxIds": wanted} for at, raw in enumerate(messages)}
        return self.call("Email/import", emails=emails, seconds=seconds)


def failures(content: bytes) -> list[Any]:
    """What in an answer is a failure of the server."""
    return [each for each in orjson.loads(content)["methodResponses"] if b'"serverFail"' in orjson.dumps(each)]
