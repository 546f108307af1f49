"""Tag lists, `a=rsa-sha256; d=example.org`: of signatures, seals, keys and policies (RFC 6376 §3.2)."""

import base64
import binascii
import re
from typing import Final

from jmap.mailauth.dns import spelled, wire_name

TAG: Final = re.compile(r"[ \t\r\n]*+([A-Za-z][A-Za-z0-9_]*+)[ \t\r\n]*+=(.*)\Z", re.S)
SPACE: Final = re.compile(r"[ \t\r\n]++")
DIGITS: Final = re.compile(r"[0-9]{1,18}\Z")


class BadTags(ValueError):  # noqa: N818
    """A tag list that breaks its rules; the message says how."""


def parse_tags(text: str) -> dict[str, str]:
    """Tag -> value without the space around it. Raises BadTags for what is no tag list, and for a tag twice."""
    tags: dict[str, str] = {}
    pieces = text.split(";")
    if not pieces[-1].strip():
        pieces.pop()
    for piece in pieces:
        match = TAG.match(piece)
        if match is None:
            raise BadTags("it is not a list of tags")
        if match[1] in tags:
            raise BadTags(f"{match[1]}= stands twice")
        tags[match[1]] = match[2].strip(" \t\r\n")
    return tags


def without_space(text: str) -> str:
    return SPACE.sub("", text)


def decode_base64(text: str) -> bytes:
    """Base64 with white space anywhere. Raises BadTags."""
    try:
        return base64.b64decode(without_space(text), validate=True)
    except (binascii.Error, ValueError):
        raise BadTags("it is not base64") from None


def whole_number(tags: dict[str, str], name: str) -> int | None:
    """Raises BadTags for what is no number of up to 18 digits."""
    value = tags.get(name)
    if value is None:
        return None
    if not DIGITS.match(value):
        raise BadTags(f"{name}= is no number")
    return int(value)


def ascii_domain(text: str) -> str:
    """A domain in lower case with A-labels (RFC 8616 §5). Raises BadTags."""
    name = wire_name(text)
    if name is None:
        raise BadTags(f"{text[:60]!r} is no domain")
    return spelled(name)
