"""Mail for the pages to show."""

import base64
import io
from typing import Any

from jmap.client import Client

RED_DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)


def mailbox(jmap: Client, role: str) -> str:
    found = jmap.call("Mailbox/query", filter={"role": role})
    return str(found["ids"][0])


def put(jmap: Client, octets: bytes, role: str = "inbox", **properties: Any) -> dict[str, Any]:
    """Import a message; the created object: id, threadId, blobId, size."""
    blob = jmap.upload(io.BytesIO(octets))["blobId"]
    email = {"blobId": blob, "mailboxIds": {mailbox(jmap, role): True}, **properties}
    created: dict[str, Any] = jmap.call("Email/import", emails={"new": email})["created"]["new"]
    return created


def text(
    subject: str = "Lunch?", body: str = "Are you free?", sender: str = "Ben <ben@example.net>", **more: str
) -> bytes:
    headers = {"From": sender, "To": "ana@example.org", "Subject": subject, "Date": "Tue, 3 Mar 2026 12:00:00 +0000"}
    return message({**headers, **more}, "text/plain; charset=utf-8", body)


def html(body: str, subject: str = "News") -> bytes:
    return message({"From": "ben@example.net", "Subject": subject}, "text/html; charset=utf-8", body)


def message(headers: dict[str, str], kind: str, body: str) -> bytes:
    lines = [*(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()), f"Content-Type: {kind}"]
    return ("\r\n".join(lines) + "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + body).encode()


def with_parts(html: str, *parts: tuple[str, str, bytes]) -> bytes:
    """An HTML body and parts (media type, further headers, octets)."""
    pieces = [f"Content-Type: text/html; charset=utf-8\r\n\r\n{html}"]
    for kind, more, octets in parts:
        encoded = base64.b64encode(octets).decode()
        pieces.append(f"Content-Type: {kind}\r\n{more}\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}")
    body = "".join(f"--x\r\n{piece}\r\n" for piece in pieces)
    head = "From: ben@example.net\r\nSubject: Parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x"
    return f"{head}\r\n\r\n{body}--x--\r\n".encode()
