"""rspamd over HTTP: what it thinks of a message (https://rspamd.com/doc/developers/protocol.html)."""

import http.client
import logging
import time
from urllib.parse import SplitResult, urlsplit

import orjson
from django.conf import settings

from jmap.delivery.envelope import Message
from jmap.delivery.spam import SpamVerdict

logger = logging.getLogger("jmap.delivery")

MAX_ANSWER = 1024 * 1024  # octets
JUNK = {"add header", "rewrite subject", "reject"}
ADVICE = {"reject": "reject", "soft reject": "defer", "greylist": "defer"}


class Rspamd:
    """A worker at a URL such as http://127.0.0.1:11333. Whatever goes wrong with it is no verdict."""

    def __init__(self, url: str) -> None:
        self.url = urlsplit(url)
        if self.url.scheme not in ("http", "https") or not self.url.hostname:
            raise ValueError(f"RSPAMD_URL={url!r} is no http:// address")

    def judge(self, message: Message, origin: tuple[str, str] | None, deadline: float) -> SpamVerdict | None:
        try:
            answer = self.post("/checkv2", message.octets, facts(message, origin), deadline)
            found = orjson.loads(answer)
            if found.get("is_skipped"):
                return None
            action, score = str(found["action"]), float(found["score"])
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, AttributeError) as error:
            logger.warning("rspamd gave no verdict: %s", type(error).__name__)
            return None
        return SpamVerdict("rspamd", action in JUNK, score, ADVICE.get(action, ""))

    def learn(self, octets: bytes, is_junk: bool, deadline: float) -> None:
        """Ours to ask the controller worker. That it had learned the message already is as good. Raises OSError,
        HTTPException or ValueError."""
        headers = [("Password", settings.RSPAMD_PASSWORD)] if settings.RSPAMD_PASSWORD else []
        self.post("/learnspam" if is_junk else "/learnham", octets, headers, deadline)

    def post(self, path: str, body: bytes, headers: list[tuple[str, str]], deadline: float) -> bytes:
        """Raises OSError, HTTPException or ValueError."""
        connection = connect(self.url, max(0.1, deadline - time.monotonic()))
        try:
            connection.putrequest("POST", self.url.path.rstrip("/") + path, skip_accept_encoding=True)
            connection.putheader("Content-Length", str(len(body)))
            for name, value in headers:
                connection.putheader(name, value.encode())
            connection.endheaders(body)
            answer = connection.getresponse()
            content = answer.read(MAX_ANSWER)
        finally:
            connection.close()
        if not 200 <= answer.status < 300:  # 208: learned before
            raise ValueError(f"status {answer.status}")
        return content


def connect(url: SplitResult, timeout: float) -> http.client.HTTPConnection:
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    return kind(url.hostname or "", url.port, timeout=timeout)


def facts(message: Message, origin: tuple[str, str] | None) -> list[tuple[str, str]]:
    """What the envelope says; origin is where the message came from."""
    found = [("From", message.mail.sender), *(("Rcpt", each.rcpt.recipient) for each in message.admitted)]
    if origin:
        found += [("IP", origin[0]), ("Helo", origin[1])]
    return found
