"""Foo/changes (RFC 8620 §5.2)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jmap.core import arguments as tables
from jmap.core.arguments import check_arguments
from jmap.core.context import Context
from jmap.core.limits import MAX_CHANGES
from jmap.core.states import Entry, net_changes, read_log

if TYPE_CHECKING:
    from jmap.core.capabilities import Responses
    from jmap.core.datatype import DataType


def changes(kind: "DataType", context: Context, raw_arguments: dict[str, Any]) -> "Responses":
    arguments = check_arguments(raw_arguments, tables.CHANGES)
    account_id = context.right(arguments["accountId"]).account_id
    clock = context.clock(account_id)
    since = clock.since(kind.name, arguments["sinceState"])
    limit = min(arguments["maxChanges"] or MAX_CHANGES, MAX_CHANGES)
    entries = first_objects(read_log(account_id, kind.name, since), limit)
    reached = entries[-1].modseq if entries else since
    more = bool(entries) and reached < clock.states[kind.name]
    net = net_changes(entries)
    response = {
        "accountId": arguments["accountId"],
        "oldState": arguments["sinceState"],
        "newState": clock.state_at(reached) if more else clock.state(kind.name),
        "hasMoreChanges": more,
        "created": [kind.wire_id(id) for id, change in net.items() if change.exists and not change.existed],
        "updated": [kind.wire_id(id) for id, change in net.items() if change.exists and change.existed],
        "destroyed": [kind.wire_id(id) for id, change in net.items() if change.existed and not change.exists],
    }
    return [(f"{kind.name}/changes", response | kind.more_changes(net))]


def first_objects(entries: Iterable[Entry], limit: int) -> list[Entry]:
    """The longest start of the log that touches at most `limit` objects; it may end inside a transaction."""
    seen: set[int] = set()
    found: list[Entry] = []
    for entry in entries:
        seen.add(entry.id)
        if len(seen) > limit:
            break
        found.append(entry)
    return found
