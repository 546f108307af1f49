"""Checks of JSON values against the types of RFC 8620 §1.1 to §1.4: each returns the value or raises BadValue."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from jmap.core.errors import BadValue

Check = Callable[[Any], Any]
MAX_INT = 2**53 - 1
ID = re.compile(r"[A-Za-z0-9_-]{1,255}\Z")
ID_OR_REFERENCE = re.compile(r"#?[A-Za-z0-9_-]{1,255}\Z")
TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]*[1-9])?"
UTC_DATE = re.compile(TIME + r"Z\Z")
DATE = re.compile(TIME + r"(Z|[+-][0-9]{2}:[0-9]{2})\Z")


def anything(value: Any) -> Any:
    return value


def string(value: Any) -> str:
    if not isinstance(value, str):
        raise BadValue("expected a String")
    if "\0" in value:  # PostgreSQL's text can't hold it, and no property has a use for it
        raise BadValue("expected a String without U+0000")
    return value


def identifier(value: Any) -> str:
    """An Id; a creation id with its "#" passes too and is resolved where references are allowed."""
    if not isinstance(value, str) or not ID_OR_REFERENCE.match(value):
        raise BadValue("expected an Id")
    return value


def any_identifier(value: Any) -> str:
    """An id to look up: a malformed one simply names nothing (the record is "notFound"), so any string passes."""
    return string(value)


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadValue("expected a Boolean")
    return value


def integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_INT:
        raise BadValue("expected an Int")
    return value


def unsigned(value: Any) -> int:
    if integer(value) < 0:
        raise BadValue("expected an UnsignedInt")
    return int(value)


def positive(value: Any) -> int:
    if integer(value) < 1:
        raise BadValue("expected a number above 0")
    return int(value)


def parse_date(value: Any, form: re.Pattern[str]) -> datetime:
    if not isinstance(value, str) or not form.match(value):
        raise BadValue("expected a date")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise BadValue("expected a date that exists") from None


def utc_date(value: Any) -> str:
    parse_date(value, UTC_DATE)
    return str(value)


def date(value: Any) -> str:
    parse_date(value, DATE)
    return str(value)


def utc_text(moment: datetime) -> str:
    """A moment as a UTCDate; without its zone these strings sort by time."""
    text = moment.astimezone(UTC).replace(tzinfo=None).isoformat()
    return f"{text.rstrip('0') if '.' in text else text}Z"


def nullable(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def list_of(check: Check) -> Check:
    def checked(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise BadValue("expected an array")
        return [check(item) for item in value]

    return checked


def map_of(check_key: Check, check_value: Check) -> Check:
    def checked(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise BadValue("expected an object")
        return {check_key(key): check_value(item) for key, item in value.items()}

    return checked


def true(value: Any) -> bool:
    """The value of a set written as a map: it MUST be true."""
    if value is not True:
        raise BadValue("expected true")
    return True


def set_of(check_key: Check) -> Check:
    return map_of(check_key, true)


def json_object(value: Any) -> dict[str, Any]:
    """An object of whatever members that a JSON column can hold: no string inside it has U+0000."""
    stack: list[Any] = [object_of(value)]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            string(item)
        elif isinstance(item, dict):
            stack += [*item, *item.values()]
        elif isinstance(item, list):
            stack += item
    return object_of(value)


def object_of(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadValue("expected an object")
    return value


def members(known: Mapping[str, Check], required: Collection[str] = ()) -> Check:
    """An object with no other members than these."""

    def checked(value: Any) -> dict[str, Any]:
        found = object_of(value)
        if unknown := found.keys() - known.keys():
            raise BadValue(f"there is no member {sorted(unknown)[0]!r}")
        if missing := set(required) - found.keys():
            raise BadValue(f"{sorted(missing)[0]} is missing")
        return {name: known[name](item) for name, item in found.items()}

    return checked
