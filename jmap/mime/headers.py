"""Header field values in the forms of RFC 8621 §4.1.2, and the properties that name them (§4.1.3)."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jmap.mime.addresses import EmailAddress, comment_end, parse_groups
from jmap.mime.charsets import scrub
from jmap.mime.dates import format_date, parse_date
from jmap.mime.encoded_words import decode_text, header_text
from jmap.mime.structure import Header

_ADDRESS_FIELDS = frozenset(["from", "sender", "reply-to", "to", "cc", "bcc"])
_ADDRESS_FIELDS |= {f"resent-{name}" for name in _ADDRESS_FIELDS}
_DATE_FIELDS = frozenset({"date", "resent-date"})
_ID_FIELDS = frozenset({"message-id", "in-reply-to", "references", "resent-message-id"})
_URL_FIELDS = frozenset(f"list-{name}" for name in ["help", "unsubscribe", "subscribe", "post", "owner", "archive"])
_TEXT_FIELDS = frozenset({"subject", "comments", "keywords", "list-id"})
_DEFINED_FIELDS = (  # in RFC 5322 or RFC 2369
    _ADDRESS_FIELDS
    | _DATE_FIELDS
    | _ID_FIELDS
    | _URL_FIELDS
    | {"subject", "comments", "keywords", "return-path", "received"}
)
_FORM_FIELDS = {
    "text": _TEXT_FIELDS,
    "addresses": _ADDRESS_FIELDS,
    "groupedAddresses": _ADDRESS_FIELDS,
    "messageIds": _ID_FIELDS,
    "date": _DATE_FIELDS,
    "urls": _URL_FIELDS,
}
_FORM_NAMES = {
    "asRaw": "raw",
    "asText": "text",
    "asAddresses": "addresses",
    "asGroupedAddresses": "groupedAddresses",
    "asMessageIds": "messageIds",
    "asDate": "date",
    "asURLs": "urls",
}
_FIELD_NAME = re.compile(r"[!-9;-~]+\Z")
_BRACKETED = re.compile(r"<([^<>]*+)>|\(")
_SPACE = re.compile(r"\s+")
CONVENIENCE: dict[str, tuple[str, str]] = {
    "messageId": ("message-id", "messageIds"),
    "inReplyTo": ("in-reply-to", "messageIds"),
    "references": ("references", "messageIds"),
    "sender": ("sender", "addresses"),
    "from": ("from", "addresses"),
    "to": ("to", "addresses"),
    "cc": ("cc", "addresses"),
    "bcc": ("bcc", "addresses"),
    "replyTo": ("reply-to", "addresses"),
    "subject": ("subject", "text"),
    "sentAt": ("date", "date"),
}


@dataclass(frozen=True, slots=True)
class HeaderProperty:
    """A property like `header:List-Unsubscribe:asURLs:all`: `field` in lower case, `form` a key of FORMS."""

    name: str
    field: str
    form: str
    all: bool


@lru_cache(maxsize=1024)
def parse_header_property(name: str) -> HeaderProperty:
    """The meaning of a `header:*` property name (RFC 8621 §4.1.3).

    Raises ValueError if the name is malformed or its form forbidden for the field (§4.1.2).
    """
    prefix, _, rest = name.partition(":")
    field, *suffixes = rest.split(":")
    every = suffixes[-1:] == ["all"]
    suffixes = suffixes[:-1] if every else suffixes
    form = _FORM_NAMES.get(suffixes[0]) if suffixes else "raw"
    if prefix != "header" or not _FIELD_NAME.match(field) or len(suffixes) > 1 or form is None:
        raise ValueError(f"{name!r} is not a header property")
    if not is_form_allowed(field.lower(), form):
        raise ValueError(f"{field} can't be had in the form {suffixes[0]}")
    return HeaderProperty(name, field.lower(), form, every)


def is_form_allowed(field: str, form: str) -> bool:
    """Whether RFC 8621 §4.1.2 allows this form for the field (given in lower case)."""
    return form == "raw" or field in _FORM_FIELDS[form] or field not in _DEFINED_FIELDS


def as_raw(value: bytes) -> str:
    """The value as it stands, folds kept; malformed UTF-8 becomes U+FFFD, NUL is dropped (RFC 8621 §4.1.2.1)."""
    return value.decode("utf-8", "replace").replace("\0", "")


def as_text(value: bytes) -> str:
    """Unfolded, without leading white space, encoded words decoded, in NFC (RFC 8621 §4.1.2.2)."""
    return decode_text(_text_of(value).lstrip(" \t"))


def as_grouped_addresses(value: bytes) -> list[dict[str, Any]]:
    """`[{"name": str | None, "addresses": [{"name", "email"}]}]` (RFC 8621 §4.1.2.4)."""
    return [{"name": group.name, "addresses": group.addresses} for group in parse_groups(_text_of(value))]


def as_addresses(value: bytes) -> list[EmailAddress]:
    """`[{"name": str | None, "email": str}]`, groups dissolved (RFC 8621 §4.1.2.3)."""
    return [address for group in parse_groups(_text_of(value)) for address in group.addresses]


def as_message_ids(value: bytes) -> list[str] | None:
    """The ids without their angle brackets; None if there is none (RFC 8621 §4.1.2.5)."""
    text = _text_of(value)
    ids = [_SPACE.sub("", content) for content in _bracketed(text)]
    if not ids and "<" not in text and "(" not in text:
        ids = [word for word in text.split() if "@" in word]  # written without brackets by some senders
    return [message_id for message_id in ids if message_id] or None


def as_date(value: bytes) -> str | None:
    """The moment in RFC 3339 with the sender's offset; None if it can't be read (RFC 8621 §4.1.2.6)."""
    moment = parse_date(_text_of(value[:1000]))
    return format_date(moment) if moment else None


def as_urls(value: bytes) -> list[str] | None:
    """The URLs in angle brackets, comments left out; None if there is none (RFC 8621 §4.1.2.7, RFC 2369 §2)."""
    urls = [_SPACE.sub("", content) for content in _bracketed(_text_of(value))]
    return [url for url in urls if url] or None


def _text_of(value: bytes) -> str:
    return scrub(header_text(value))


def _bracketed(text: str) -> list[str]:
    """What stands in angle brackets outside comments."""
    found: list[str] = []
    position = 0
    closed = True  # after a comment that never ends, parentheses are ordinary text
    while match := _BRACKETED.search(text, position):
        position = match.end()
        if match[1] is not None:
            found.append(match[1])
        elif closed:
            end = comment_end(text, match.start())
            closed = end > 0
            position = end if closed else position
    return found


FORMS: dict[str, Callable[[bytes], Any]] = {
    "raw": as_raw,
    "text": as_text,
    "addresses": as_addresses,
    "groupedAddresses": as_grouped_addresses,
    "messageIds": as_message_ids,
    "date": as_date,
    "urls": as_urls,
}


def header_value(headers: Iterable[Header], prop: HeaderProperty) -> Any:
    """The value of a header property: of the last such field or None, with `:all` a list of all (RFC 8621 §4.1.3)."""
    convert = FORMS[prop.form]
    values = [header.value for header in headers if header.name.lower() == prop.field]
    if prop.all:
        return [convert(value) for value in values]
    return convert(values[-1]) if values else None


def raw_headers(headers: Iterable[Header]) -> list[dict[str, str]]:
    """The `headers` property: `[{"name": str, "value": str}]`, values raw (RFC 8621 §4.1.3)."""
    return [{"name": header.name, "value": as_raw(header.value)} for header in headers]


def convenience_properties(headers: Iterable[Header]) -> dict[str, Any]:
    """`messageId` … `sentAt`, each None where the field is missing (RFC 8621 §4.1.3)."""
    last = {header.name.lower(): header.value for header in headers}
    return {name: FORMS[form](last[field]) if field in last else None for name, (field, form) in CONVENIENCE.items()}
