"""Checking the objects of a /set or /copy against their type's properties, and telling what the client can't know."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from jmap.core.errors import BadValue, InvalidProperties
from jmap.core.patch import apply_patch
from jmap.core.properties import REQUIRED
from jmap.core.types import Check

if TYPE_CHECKING:
    from jmap.core.context import Context
    from jmap.core.datatype import DataType

Wire = dict[str, Any]


def checked_new(kind: "DataType", wire: Any) -> Wire:
    """A new object with its defaults filled in; raises InvalidProperties naming every property that is wrong."""
    if not isinstance(wire, dict):
        raise InvalidProperties([], "an object to create must be a JSON object")
    wrong = {name: "does not exist" for name in wire if name not in kind.properties}
    checked = {}
    for name, known in kind.properties.items():
        if name in wire and (known.server_set or known.update_only):
            wrong[name] = "is set by the server"
        elif name in wire:
            checked[name] = check_value(name, known.check, wire[name], wrong)
        elif not known.server_set and known.default is REQUIRED:
            wrong[name] = "is missing"
        elif not known.server_set:
            checked[name] = known.default
    refuse(wrong)
    return checked


def check_value(name: str, check: Check, value: Any, wrong: dict[str, str]) -> Any:
    """The checked value; where it is wrong, `wrong` says why under this name."""
    try:
        return check(value)
    except BadValue as error:
        wrong[name] = str(error)


def refuse(wrong: Mapping[str, str]) -> None:
    if wrong:
        raise InvalidProperties(wrong, "; ".join(f"{name}: {why}" for name, why in sorted(wrong.items())))


def checked_patch(kind: "DataType", context: "Context", old: Wire, patch: Any) -> Wire:
    """The whole object after the patch, its references resolved; raises invalidPatch or InvalidProperties."""
    new = apply_patch(old, patch, kind.properties)
    wrong: dict[str, str] = {}
    for name in {path.split("/")[0].replace("~1", "/").replace("~0", "~") for path in patch}:
        known = kind.properties.get(name)
        if known is None or known.server_set or known.immutable:
            if not same(new.get(name), old.get(name)):
                wrong[name] = "can't be changed"
        else:
            new[name] = check_value(name, known.check, new[name], wrong)
    refuse(wrong)
    return kind.resolve(context, new)


def same(one: Any, other: Any) -> bool:
    """Equal as JSON, where true is not 1."""
    return one == other and orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(
        other, option=orjson.OPT_SORT_KEYS
    )


def refuse_missing(kind: "DataType", context: "Context", account_id: int, wire: Wire) -> None:
    """Raises InvalidProperties for references to records that do not exist, or that the caller can't see."""
    wrong = {}
    for name, known in kind.properties.items():
        if known.refers_to and wire.get(name) and not known.server_set:
            wanted = set(wire[name]) if isinstance(wire[name], dict) else {wire[name]}
            if wanted - existing_ids(known.refers_to, context, account_id, wanted):
                wrong[name] = "there is no such record"
    refuse(wrong)


def existing_ids(type_name: str, context: "Context", account_id: int, wires: set[str]) -> set[str]:
    from jmap.core.datatype import registered

    kind = registered[type_name]
    numbers = kind.numbers(wires)
    found = kind.fetch(context, account_id, list(numbers), [], {}) if numbers else {}
    return {wire for number, wire in numbers.items() if number in found}


def references_in(kind: "DataType", wire: Wire) -> set[str]:
    """The creation ids that an object refers to, without their "#"."""
    found: set[str] = set()
    for name, known in kind.properties.items():
        if known.refers_to and wire.get(name):
            values = wire[name] if isinstance(wire[name], dict) else [wire[name]]
            found |= {value[1:] for value in values if isinstance(value, str) and value.startswith("#")}
    return found


def created_extras(
    kind: "DataType", context: "Context", account_id: int, create: Mapping[str, Wire], numbers: Mapping[str, int]
) -> dict[str, Wire]:
    """For each creation id the properties that the client did not send, or not so (RFC 8620 §5.3 `created`)."""
    found = kind.fetch(context, account_id, list(numbers.values()), list(kind.properties), {}) if numbers else {}
    return {
        creation_id: {
            name: value
            for name, value in found[number].items()
            if name not in create[creation_id] or create[creation_id][name] != value
        }
        for creation_id, number in numbers.items()
    }


def updated_extras(
    kind: "DataType", context: "Context", account_id: int, asked: Mapping[str, tuple[int, Wire]]
) -> dict[str, Wire | None]:
    """For each id what changed in a way that was not asked for (RFC 8620 §5.3 `updated`), or null. `asked` holds the
    number and the object as the patch alone would make it."""
    numbers = [number for number, _ in asked.values()]
    found = kind.fetch(context, account_id, numbers, list(kind.properties), {}) if numbers else {}
    return {
        wire_id: {name: value for name, value in found[number].items() if wanted.get(name) != value} or None
        for wire_id, (number, wanted) in asked.items()
    }
