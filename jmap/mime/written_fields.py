"""Properties that are header fields, as text for a message (RFC 8621 §4.1.2, §4.6)."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from jmap.mime.headers import CONVENIENCE, parse_header_property
from jmap.mime.spelling import spell_phrase, spell_text

Wire = Mapping[str, Any]
Field = tuple[str, str]  # name, spelled value
_NAMES = {"message-id": "Message-ID", "mime-version": "MIME-Version"}
_BREAK = re.compile(r"[\r\n\0]")
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_NEEDS_ANGLES = re.compile(r"[\s,;:()]")


class BuildError(ValueError):
    """The properties do not make a message; `properties` names those that are wrong."""

    def __init__(self, properties: list[str], description: str) -> None:
        super().__init__(description)
        self.properties = properties


def header_fields(wire: Wire, *, on_message: bool) -> list[Field]:
    """The field of every property that is one; none for an empty list, for RFC 5322 has no field without an address or
    id. Raises BuildError for `headers` and for a field given twice."""
    if wire.get("headers") is not None:
        raise BuildError(["headers"], "each header field must be a property of its own")
    seen: dict[str, str] = {}
    fields: list[Field] = []
    for property, value in wire.items():
        known = field_of(property) if on_message or property.startswith("header:") else None
        if known is None or value is None:
            continue
        name, form, is_list = known
        check_place(property, name.lower(), on_message)
        if name.lower() in seen:
            raise BuildError([property, seen[name.lower()]], f"two properties are the header field {name}")
        seen[name.lower()] = property
        texts = ((item, written(property, form, item)) for item in (value if is_list else [value]))
        fields += [(name, text) for item, text in texts if text or not isinstance(item, list)]
    return fields


def check_place(property: str, field: str, on_message: bool) -> None:
    if on_message and field.startswith("content-"):
        raise BuildError([property], "Content-* header fields belong on a body part")
    if field in ("content-transfer-encoding", "mime-version"):
        raise BuildError([property], f"{field} is the server's to choose")


def field_of(property: str) -> tuple[str, str, bool] | None:
    """(field name, form, whether it is a list of fields) of a property; None for one that is no header field."""
    if property in CONVENIENCE:
        field, form = CONVENIENCE[property]
        return _NAMES.get(field, field.title()), form, False
    if not property.startswith("header:"):
        return None
    known = parse_header_property(property)
    return property.split(":")[1], known.form, known.all


def written(property: str, form: str, value: Any) -> str:
    """A value as the text of a header field. Raises BuildError naming `property` for what no field can hold."""
    try:
        text = _WRITERS[form](value)
    except ValueError as error:
        raise BuildError([property], str(error)) from None
    if _BREAK.search(text):
        raise BuildError([property], "a header field holds no line break")
    return text


def _write_raw(value: str) -> str:
    return _FOLD.sub("", value).strip()  # folded anew later


def _write_text(value: str) -> str:
    if _BREAK.search(value):
        raise ValueError("a header field holds no line break")
    return spell_text(value)


def _write_address(address: Wire) -> str:
    name, email = address.get("name"), str(address["email"])
    if re.search(r"[<>\r\n\0]", email) or _BREAK.search(name or ""):
        raise ValueError("an e-mail address holds no angle brackets and no line breaks")
    phrase = spell_phrase(name) if name else ""
    return f"{phrase} <{email}>" if phrase or _NEEDS_ANGLES.search(email) else email


def _write_group(group: Wire) -> str:
    addresses = ", ".join(_write_address(address) for address in group["addresses"])
    name = group.get("name")
    if _BREAK.search(name or ""):
        raise ValueError("the name of a group holds no line breaks")
    return f"{spell_phrase(name)}: {addresses};" if name else addresses


def _write_bracketed(items: list[str], separator: str) -> str:
    if any(re.search(r"[<>\s\0]", item) for item in items):
        raise ValueError("message ids and URLs hold no white space and no angle brackets")
    return separator.join(f"<{item}>" for item in items)


_WRITERS: dict[str, Callable[[Any], str]] = {
    "raw": _write_raw,
    "text": _write_text,
    "addresses": lambda value: ", ".join(map(_write_address, value)),
    "groupedAddresses": lambda value: ", ".join(map(_write_group, value)),
    "messageIds": lambda value: _write_bracketed(value, " "),
    "date": lambda value: format_datetime(datetime.fromisoformat(value)),
    "urls": lambda value: _write_bracketed(value, ", "),
}
