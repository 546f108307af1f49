"""What a peer said, or what happened instead, and what that makes of a recipient (RFC 5321 §4.2, RFC 3463)."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from jmap.submission.results import reply_text

STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9.])")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
LONGEST = 1_000  # characters
State = Literal["delivered", "failed", "waiting"]


@dataclass(frozen=True, slots=True)
class Reply:
    """`text` is one line with the code in front; `status` the enhanced status code."""

    code: int
    status: str
    text: str

    @property
    def state(self) -> State:
        """What it makes of a recipient when it is the last word of an attempt."""
        if self.code < 400:
            return "delivered"
        return "failed" if self.code >= 500 else "waiting"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one attempt for one recipient. `host` gave the reply ("" = this server). `action` is what a DSN of success has
    to say (RFC 3464 §2.3.3), "" where the peer reports itself. `soon`: no need to wait for the next attempt."""

    reply: Reply
    host: str = ""
    action: str = ""
    soon: bool = False

    @property
    def state(self) -> State:
        return self.reply.state


def heard(code: int, message: str) -> Reply:
    """A peer's reply; `message` has its lines without the code. A code that SMTP doesn't know is trouble (RFC 5321
    §4.3.2)."""
    if not 200 <= code < 600:
        return made(451, "4.5.0", f"The peer answered {code}, which is no reply of SMTP")
    *others, last = message.split("\n")
    text = reply_text([*(f"{code}-{line}" for line in others), f"{code} {last}"])
    text = UNPRINTABLE.sub(" ", text).strip()[:LONGEST]
    found = STATUS.match(text[4:])
    status = found[0] if found and found[0][0] == str(code)[0] else f"{code // 100}.0.0"
    return Reply(code, status, text)


def made(code: int, status: str, words: str) -> Reply:
    """What this server says for itself."""
    return Reply(code, status, UNPRINTABLE.sub(" ", f"{code} {status} {words}")[:LONGEST])


def as_temporary(reply: Reply) -> Reply:
    """What a host refuses for itself is not the last word for a recipient; the text stays as it was said."""
    return replace(reply, code=451, status=f"4{reply.status[1:]}") if reply.code >= 500 else reply


class Trouble(Exception):  # noqa: N818
    """This host won't do now; another might, or the same later."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply


class Unreachable(Trouble):
    """Nobody answers at this address."""


class TlsTrouble(Trouble):
    """TLS was to be had, but not made."""


class Refused(Exception):  # noqa: N818
    """The last word for every recipient that has none yet."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.text)
        self.reply = reply
