"""What makes two messages belong together (RFC 8621 §3): message ids and the base subject of RFC 5256 §2.1."""

import re
from collections.abc import Iterable

from jmap.mime.headers import as_message_ids
from jmap.mime.structure import Header

_FIELDS = ("message-id", "in-reply-to", "references")
_MAX_SUBJECT = 2_000
_TRAILER = re.compile(r"(?:\(fwd\)|\s)+\Z", re.IGNORECASE)
_BLOB = r"\[[^\[\]]*\]\s*"
_LEADER = re.compile(
    rf"\s+|(?:{_BLOB})*(?:re|fwd?|aw|wg|sv|vs|antw|tr|rv|odp|ynt|r|回复|转发|답장)\s*(?:{_BLOB})?[:：]", re.IGNORECASE
)
_LIST_TAG = re.compile(_BLOB)
_FORWARD = re.compile(r"\[fwd:(.*)\]\Z", re.IGNORECASE | re.DOTALL)


def base_subject(subject: str) -> str:
    """The subject without "Re:", "Fwd:", "[list]" and "(fwd)" (RFC 5256 §2.1, with prefixes of other languages)."""
    text = " ".join(subject[:_MAX_SUBJECT].split())
    while True:
        text = _strip_leaders(_TRAILER.sub("", text))
        inside = _FORWARD.match(text)
        if inside is None:
            return text
        text = inside[1]


def _strip_leaders(text: str) -> str:
    """Leaders go; a "[tag]" goes only where something is left behind it."""
    start = 0
    while True:
        if leader := _LEADER.match(text, start):
            start = leader.end()
        elif (tag := _LIST_TAG.match(text, start)) and tag.end() < len(text) and not _FORWARD.match(text[start:]):
            start = tag.end()
        else:
            return text[start:]


def thread_message_ids(headers: Iterable[Header]) -> list[str]:
    """Every message id in Message-ID, In-Reply-To and References, each once."""
    found: dict[str, None] = {}
    for header in headers:
        if header.name.lower() in _FIELDS:
            found |= dict.fromkeys(as_message_ids(header.value) or ())
    return list(found)
