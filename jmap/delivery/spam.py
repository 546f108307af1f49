"""What others think of a message: is it unwanted? Each filter says so, or that it does not know."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from jmap.delivery.envelope import Message
from jmap.mime.fields import parse_fields

FIELDS = ("x-spam-flag", "x-spam-status", "x-spam")
_YES = re.compile(rb"\s*(yes|true)\b", re.I)
_SCORE = re.compile(rb"\b(?:score|hits)=(-?\d{1,6}(?:\.\d{1,6})?)", re.I)


@dataclass(frozen=True, slots=True)
class SpamVerdict:
    """`advice` beyond the junk mailbox: "reject", "defer" (come again later), or "". `source` names the filter."""

    source: str
    is_junk: bool
    score: float | None = None
    advice: str = ""

    def to_stored(self) -> dict[str, Any]:
        return {"source": self.source, "score": self.score}


class SpamFilter(Protocol):
    """Called in a thread; takes its time until `deadline` (time.monotonic()). None: no verdict, of trouble too."""

    def judge(self, message: Message, origin: tuple[str, str] | None, deadline: float) -> SpamVerdict | None: ...


class HeaderFilter:
    """What a filter that the message has passed already wrote into its header: SpamAssassin's and rspamd's fields. To
    be asked about messages from relays of our own only, for anybody may write such fields."""

    def judge(self, message: Message, origin: tuple[str, str] | None, deadline: float) -> SpamVerdict | None:
        fields = [each for each in parse_fields(message.octets, 0, head(message.octets)) if each.name.lower() in FIELDS]
        if not fields:
            return None
        scores = [float(match[1]) for each in fields if (match := _SCORE.search(each.value))]
        return SpamVerdict("header", any(_YES.match(each.value) for each in fields), scores[0] if scores else None)


def head(octets: bytes) -> int:
    """Where the header ends."""
    end = octets.find(b"\r\n\r\n")
    return len(octets) if end < 0 else end + 2


def ask(
    filters: Iterable[SpamFilter], message: Message, origin: tuple[str, str] | None, deadline: float
) -> SpamVerdict | None:
    """The first verdict."""
    return next((found for each in filters if (found := each.judge(message, origin, deadline))), None)
