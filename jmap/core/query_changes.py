"""Foo/queryChanges (RFC 8620 §5.6), exact: applied to the old results it yields the new ones (erratum 6604)."""

from typing import TYPE_CHECKING, Any

from jmap.core import arguments as tables
from jmap.core import limits
from jmap.core.arguments import check_arguments
from jmap.core.changes import first_objects
from jmap.core.context import Context
from jmap.core.errors import MethodError
from jmap.core.query import parse_query
from jmap.core.states import net_changes, read_log

if TYPE_CHECKING:
    from jmap.core.capabilities import Responses
    from jmap.core.datatype import DataType

Keys = dict[int, Any]


def query_changes(kind: "DataType", context: Context, raw_arguments: dict[str, Any]) -> "Responses":
    # The type's own arguments of /query count here too: they decide what the results are.
    arguments = check_arguments(raw_arguments, {**tables.QUERY_CHANGES, **kind.arguments.get("queryChanges", {})})
    account_id = context.right(arguments["accountId"]).account_id
    asked = parse_query(kind, arguments, "queryChanges")
    if not kind.can_calculate_changes(asked):
        raise MethodError("cannotCalculateChanges", "Not for this filter and sort")
    clock = context.clock(account_id)
    since = clock.since(kind.name, arguments["sinceQueryState"])
    entries = first_objects(read_log(account_id, kind.name, since), limits.MAX_QUERY_CHANGES)
    if entries and entries[-1].modseq < clock.states[kind.name]:
        raise MethodError("cannotCalculateChanges", "Too much has changed since")
    changes = net_changes(entries)
    old, new = kind.affected(context, account_id, asked, changes)
    moved = {id for id in old.keys() | new.keys() if id not in old or id not in new or old[id] != new[id]}
    response = {
        "accountId": arguments["accountId"],
        "oldQueryState": arguments["sinceQueryState"],
        "newQueryState": clock.state(kind.name),
    }
    response |= difference(kind, context, account_id, arguments, asked, old, moved)
    count = len(response["removed"]) + len(response["added"])
    if arguments["maxChanges"] is not None and count > arguments["maxChanges"]:
        raise MethodError("tooManyChanges")
    return [(f"{kind.name}/queryChanges", response)]


def difference(
    kind: "DataType",
    context: Context,
    account_id: int,
    arguments: dict[str, Any],
    asked: Any,
    old: Keys,
    moved: set[int],
) -> dict[str, Any]:
    """The arguments removed, added and total."""
    results = kind.results(context, account_id, asked)
    added = []
    if moved:
        last = cut_off(kind, results, arguments["upToId"], moved)
        added = [
            {"id": kind.wire_id(id), "index": index}
            for index, id in enumerate(results.all())
            if id in moved and (last is None or index <= last)
        ]
    removed = [kind.wire_id(id) for id in sorted(moved & old.keys())]
    return {"removed": removed, "added": added} | ({"total": results.total()} if arguments["calculateTotal"] else {})


def cut_off(kind: "DataType", results: Any, up_to: str | None, moved: set[int]) -> int | None:
    """The index of upToId in the new results, beyond which nothing added need be told (erratum 6603). One that moved
    no longer bounds what the client holds, so it is ignored."""
    number = kind.number(up_to) if up_to is not None else None
    return None if number is None or number in moved else results.index(number)
