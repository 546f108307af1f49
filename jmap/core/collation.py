"""Comparing strings as the collation registry says (RFC 4790, RFC 5051)."""

import unicodedata
from collections.abc import Callable

UNICODE_CASEMAP = "i;unicode-casemap"
ASCII_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


def unicode_casemap(text: str) -> str:
    """The key of i;unicode-casemap: simple titlecase of each character, then decomposed (RFC 5051 §2)."""
    if text.isascii():
        return text.upper()
    titled = (upper if len(upper := letter.title()) == 1 else letter for letter in text)
    return unicodedata.normalize("NFKD", "".join(titled))


def ascii_casemap(text: str) -> str:
    """The key of i;ascii-casemap: a to z count as A to Z (RFC 4790 §9.2)."""
    return text.translate(ASCII_UPPER)


KEYS: dict[str, Callable[[str], str]] = {
    UNICODE_CASEMAP: unicode_casemap,
    "i;ascii-casemap": ascii_casemap,
    "i;octet": str,
}
