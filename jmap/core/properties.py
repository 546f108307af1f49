"""What a data type's property is: its JSON type, who may set it, and where its value lies."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jmap.core import types
from jmap.core.errors import BadValue
from jmap.core.types import Check

if TYPE_CHECKING:
    from jmap.core.context import Context

REQUIRED: Any = object()
Row = dict[str, Any]
Compute = Callable[["Context", int, list[Row]], list[Any]]


@dataclass(frozen=True)
class Property:
    """`default` is what an omitted property becomes, REQUIRED where it may not be omitted. `column` names the row's
    column, None where the value is computed: `compute(context, account_id, rows)` then gives one value a row.
    `refers_to` is the data type whose creation ids ("#x") may stand in it. `update_only`: the server sets it on
    creation, the client may change it later."""

    check: Check
    default: Any = REQUIRED
    server_set: bool = False
    immutable: bool = False
    column: str | None = None
    compute: Compute | None = None
    refers_to: str | None = None
    update_only: bool = False


def text(*, max_bytes: int = 10_000, null: bool = False, lower: bool = False, **more: Any) -> Property:
    """A String of at most `max_bytes` octets of UTF-8; `lower` keeps it in lower case."""

    def check(value: Any) -> str:
        if len(types.string(value).encode()) > max_bytes:
            raise BadValue(f"expected at most {max_bytes} octets")
        return str(value).lower() if lower else str(value)

    return Property(types.nullable(check) if null else check, **more)


def id_of(type_name: str, *, null: bool = False, **more: Any) -> Property:
    """An Id of a record of this type in the same account."""
    check = types.nullable(types.identifier) if null else types.identifier
    return Property(check, refers_to=type_name, **more)


def ids_of(type_name: str, **more: Any) -> Property:
    """A map of Ids to true (Id[Boolean])."""
    return Property(types.set_of(types.identifier), refers_to=type_name, **more)


def uint(*, max_value: int = types.MAX_INT, **more: Any) -> Property:
    def check(value: Any) -> int:
        if types.unsigned(value) > max_value:
            raise BadValue(f"expected at most {max_value}")
        return int(value)

    return Property(check, **more)


def boolean(**more: Any) -> Property:
    return Property(types.boolean, **more)


def utc_date(**more: Any) -> Property:
    return Property(types.utc_date, **more)


def computed(compute: Compute, *, server_set: bool = True, check: Check = types.anything, **more: Any) -> Property:
    """A value that no column holds. Where it is not server-set, the type's own create and update keep it."""
    return Property(check, compute=compute, server_set=server_set, **more)


def snake_case(name: str) -> str:
    """`sortOrder` on the wire is the column `sort_order`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
