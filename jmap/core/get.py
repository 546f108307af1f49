"""Foo/get (RFC 8620 §5.1)."""

from typing import TYPE_CHECKING, Any

from django.conf import settings

from jmap.core import arguments as tables
from jmap.core import limits
from jmap.core.arguments import check_arguments
from jmap.core.context import Context
from jmap.core.errors import BadValue, MethodError, invalid_arguments

if TYPE_CHECKING:
    from jmap.core.capabilities import Responses
    from jmap.core.datatype import DataType


def get(kind: "DataType", context: Context, raw_arguments: dict[str, Any]) -> "Responses":
    extra = kind.arguments.get("get", {})
    arguments = check_arguments(raw_arguments, {**tables.GET, **extra})
    account_id = context.right(arguments["accountId"]).account_id
    names = checked_names(kind, arguments["properties"])
    asked: list[str] | None = arguments["ids"]
    if asked is not None and len(set(asked)) > settings.MAX_OBJECTS_IN_GET:
        raise MethodError("requestTooLarge", f"At most {settings.MAX_OBJECTS_IN_GET} ids")
    numbers = None if asked is None else kind.numbers(asked)
    clock = context.clock(account_id)
    options = {name: arguments[name] for name in extra}
    found = kind.fetch(context, account_id, None if numbers is None else list(numbers), names, options)
    if numbers is None and len(found) > settings.MAX_OBJECTS_IN_GET:
        raise MethodError("requestTooLarge", f"More than {settings.MAX_OBJECTS_IN_GET} records; name the ids")
    response = {
        "accountId": arguments["accountId"],
        "state": clock.state(kind.name),
        "list": list(found.values()) if numbers is None else [found[number] for number in numbers if number in found],
        "notFound": not_found(asked or [], {wire for number, wire in (numbers or {}).items() if number in found}),
    }
    return [(f"{kind.name}/get", response)]


def checked_names(kind: "DataType", names: list[str] | None) -> list[str]:
    """The property names to return, without repeats; raises MethodError invalidArguments."""
    if names is None:
        return list(kind.default_names())
    if len(names) > limits.MAX_PROPERTIES:
        raise invalid_arguments(f"properties: at most {limits.MAX_PROPERTIES} names")
    try:
        kind.check_names(names)
    except BadValue as error:
        raise invalid_arguments(f"properties: {error}") from None
    return list(dict.fromkeys(names))


def not_found(asked: list[str], found: set[str]) -> list[str]:
    return [wire for wire in dict.fromkeys(asked) if wire not in found]
