"""Checking a method's arguments against a table (RFC 8620 §3.5, §3.6.2 invalidArguments)."""

from collections.abc import Mapping
from typing import Any

from jmap.core import types
from jmap.core.errors import BadValue, invalid_arguments
from jmap.core.types import Check

REQUIRED: Any = object()
Table = Mapping[str, tuple[Check, Any]]  # name -> (check, default or REQUIRED)

nullable_string: tuple[Check, Any] = (types.nullable(types.string), None)
ids: tuple[Check, Any] = (types.nullable(types.list_of(types.any_identifier)), None)
flag: tuple[Check, Any] = (types.boolean, False)


def check_arguments(arguments: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """Every argument of the table, checked, defaults filled in; raises MethodError invalidArguments by name."""
    if unknown := arguments.keys() - table.keys():
        raise invalid_arguments(f"there is no argument {sorted(unknown)[0]!r}")
    checked = {}
    for name, (check, default) in table.items():
        if name not in arguments:
            if default is REQUIRED:
                raise invalid_arguments(f"{name} is missing")
            checked[name] = default
            continue
        try:
            checked[name] = check(arguments[name])
        except BadValue as error:
            raise invalid_arguments(f"{name}: {error}") from None
    return checked


ACCOUNT: Table = {"accountId": (types.any_identifier, REQUIRED)}
GET: Table = {**ACCOUNT, "ids": ids, "properties": (types.nullable(types.list_of(types.string)), None)}
CHANGES: Table = {
    **ACCOUNT,
    "sinceState": (types.string, REQUIRED),
    "maxChanges": (types.nullable(types.positive), None),
}
SET: Table = {
    **ACCOUNT,
    "ifInState": nullable_string,
    "create": (types.nullable(types.map_of(types.string, types.anything)), None),
    "update": (types.nullable(types.map_of(types.any_identifier, types.anything)), None),
    "destroy": ids,
}
COPY: Table = {
    **ACCOUNT,
    "fromAccountId": (types.any_identifier, REQUIRED),
    "ifFromInState": nullable_string,
    "ifInState": nullable_string,
    "create": (types.map_of(types.string, types.anything), REQUIRED),
    "onSuccessDestroyOriginal": flag,
    "destroyFromIfInState": nullable_string,
}
QUERY: Table = {
    **ACCOUNT,
    "filter": (types.anything, None),
    "sort": (types.anything, None),
    "position": (types.integer, 0),
    "anchor": (types.nullable(types.any_identifier), None),
    "anchorOffset": (types.integer, 0),
    "limit": (types.nullable(types.unsigned), None),
    "calculateTotal": flag,
}
QUERY_CHANGES: Table = {
    **ACCOUNT,
    "filter": (types.anything, None),
    "sort": (types.anything, None),
    "sinceQueryState": (types.string, REQUIRED),
    "maxChanges": (types.nullable(types.unsigned), None),
    "upToId": (types.nullable(types.any_identifier), None),
    "calculateTotal": flag,
}
