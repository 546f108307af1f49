"""Keywords (RFC 8621 §4.1.1): the common ones are bits of `flags`, the others a sorted array of strings."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import orjson

from jmap.core import types
from jmap.core.errors import BadValue

# The position of a keyword here is its bit, for ever: rows hold it.
BITS = {
    keyword: 1 << bit
    for bit, keyword in enumerate(
        (
            "$seen", "$flagged", "$draft", "$answered", "$forwarded", "$junk", "$notjunk", "$phishing", "$mdnsent",
            "$important", "$muted", "$followed", "$submitpending", "$submitted", "$canunsubscribe", "$notify",
        )
    )
}  # fmt: skip
SEEN, FLAGGED, DRAFT = BITS["$seen"], BITS["$flagged"], BITS["$draft"]
READ = SEEN | DRAFT  # an Email with neither is unread (RFC 8621 §2)
KEYWORD = re.compile(r"[\x21-\x7e]{1,255}\Z")
FORBIDDEN = frozenset('(){]%*"\\')


def keyword(value: Any) -> str:
    """Check one keyword; in lower case, as RFC 8621 §4.1.1 wants it returned."""
    if not isinstance(value, str) or not KEYWORD.match(value) or not FORBIDDEN.isdisjoint(value):
        raise BadValue("expected a keyword (RFC 8621 §4.1.1)")
    return value.lower()


keyword_set = types.set_of(keyword)


def pack(keywords: Iterable[str]) -> tuple[int, list[str]]:
    """The columns flags and keywords."""
    flags, others = 0, []
    for word in keywords:
        if bit := BITS.get(word):
            flags |= bit
        else:
            others.append(word)
    return flags, sorted(others)


def unpack(flags: int, others: Iterable[str]) -> dict[str, bool]:
    """The value of the property `keywords`."""
    return {word: True for word, bit in BITS.items() if flags & bit} | dict.fromkeys(others, True)


@lru_cache(maxsize=1024)
def flags_json(flags: int) -> bytes:
    """The property `keywords` as JSON for an email without other keywords."""
    return orjson.dumps(unpack(flags, ()))
