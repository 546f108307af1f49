"""Foo/copy (RFC 8620 §5.4): three phases that are not atomic together, and never two account locks at once."""

from typing import TYPE_CHECKING, Any

from django.conf import settings

from jmap.core import arguments as tables
from jmap.core.arguments import check_arguments
from jmap.core.context import Context
from jmap.core.dispatch import call
from jmap.core.errors import InvalidProperties, MethodError, SetError, invalid_arguments
from jmap.core.set import check_state, created_ids_kept, one_object
from jmap.core.writing import writing

if TYPE_CHECKING:
    from jmap.core.capabilities import Responses
    from jmap.core.datatype import DataType

Wire = dict[str, Any]


def copy(kind: "DataType", context: Context, raw_arguments: dict[str, Any]) -> "Responses":
    arguments = check_arguments(raw_arguments, tables.COPY)
    source = context.right(arguments["fromAccountId"], "fromAccountNotFound")
    target = context.right_to_write(arguments["accountId"])
    if source.account_id == target.account_id:
        raise invalid_arguments("fromAccountId and accountId must differ")
    if len(arguments["create"]) > settings.MAX_OBJECTS_IN_SET:
        raise MethodError("requestTooLarge", f"At most {settings.MAX_OBJECTS_IN_SET} objects")
    originals, not_created = read_originals(kind, context, source.account_id, target.account_id, arguments)
    numbers: dict[str, int] = {}
    with created_ids_kept(context), writing(target.account_id, context.caller.credential) as log:
        old_state = log.state(kind.name)
        check_state(arguments["ifInState"], old_state)
        for creation_id, (original, overrides) in originals.items():
            with one_object(log, lambda error, id=creation_id: not_created.__setitem__(id, error)):  # type: ignore[misc]
                numbers[creation_id] = kind.create_copy(context, log, original, overrides)
                context.created_ids[creation_id] = kind.wire_id(numbers[creation_id])
        numbers = {creation_id: log.latest(kind.name, number) for creation_id, number in numbers.items()}
        context.created_ids |= {creation_id: kind.wire_id(number) for creation_id, number in numbers.items()}
        given = {creation_id: overrides for creation_id, (_, overrides) in originals.items()}
        created = kind.copied_extras(context, target.account_id, given, numbers)
    response = {
        "fromAccountId": arguments["fromAccountId"],
        "accountId": arguments["accountId"],
        "oldState": old_state,
        "newState": log.state(kind.name),
        "created": created or None,
        "notCreated": not_created or None,
    }
    return [(f"{kind.name}/copy", response), *destroy_originals(kind, context, arguments, created)]


def read_originals(
    kind: "DataType", context: Context, account_id: int, target_id: int, arguments: Wire
) -> tuple[dict[str, tuple[Any, Wire]], dict[str, Any]]:
    """Phase one, in one snapshot: creation id -> (original as the type prepares it, overrides), and what can't be."""
    check_state(arguments["ifFromInState"], context.clock(account_id).state(kind.name))
    wanted = {creation_id: original_number(kind, wire) for creation_id, wire in arguments["create"].items()}
    numbers = [number for number in wanted.values() if number is not None]
    found = kind.read_originals(context, account_id, numbers)
    context.release()
    originals, failed = {}, {}
    for creation_id, number in wanted.items():
        wire = arguments["create"][creation_id]
        try:
            if number not in found or number is None:
                raise missing(wire)
            overrides = {name: value for name, value in wire.items() if name != "id"}
            originals[creation_id] = (kind.prepare_copy(context, target_id, found[number]), overrides)
        except SetError as error:
            failed[creation_id] = error.wire
    return originals, failed


def original_number(kind: "DataType", wire: Any) -> int | None:
    id = wire.get("id") if isinstance(wire, dict) else None
    return kind.number(id) if isinstance(id, str) else None


def missing(wire: Any) -> SetError:
    if isinstance(wire, dict) and isinstance(wire.get("id"), str):
        return SetError("notFound", "There is no such record in the account to copy from")
    return InvalidProperties(["id"], "the id of the record to copy is missing")


def destroy_originals(kind: "DataType", context: Context, arguments: Wire, created: Wire) -> "Responses":
    """The implicit Foo/set of onSuccessDestroyOriginal; its errors are its own, for the copies are made."""
    if not arguments["onSuccessDestroyOriginal"] or not created:
        return []
    destroy = list(dict.fromkeys(arguments["create"][creation_id]["id"] for creation_id in created))
    arguments_of_set = {
        "accountId": arguments["fromAccountId"],
        "ifInState": arguments["destroyFromIfInState"],
        "destroy": destroy,
    }
    return call(context, f"{kind.name}/set", arguments_of_set)
