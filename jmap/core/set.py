"""Foo/set (RFC 8620 §5.3)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from jmap.core import arguments as tables
from jmap.core.arguments import check_arguments
from jmap.core.context import Context
from jmap.core.errors import MethodError, SetError
from jmap.core.objects import checked_patch, references_in, updated_extras
from jmap.core.patch import apply_patch
from jmap.core.writing import Log, writing

if TYPE_CHECKING:
    from jmap.core.capabilities import Responses
    from jmap.core.datatype import DataType

Wire = dict[str, Any]


@dataclass
class Outcome:
    """What happened to each object; becomes the arguments of the response."""

    created: dict[str, Any] = field(default_factory=dict)
    updated: dict[str, Any] = field(default_factory=dict)
    destroyed: list[str] = field(default_factory=list)
    not_created: dict[str, Any] = field(default_factory=dict)
    not_updated: dict[str, Any] = field(default_factory=dict)
    not_destroyed: dict[str, Any] = field(default_factory=dict)

    def wire(self) -> Wire:
        return {
            "created": self.created or None,
            "updated": self.updated or None,
            "destroyed": self.destroyed or None,
            "notCreated": self.not_created or None,
            "notUpdated": self.not_updated or None,
            "notDestroyed": self.not_destroyed or None,
        }


@dataclass(frozen=True)
class Part:
    """What one transaction did to the objects of one type; becomes a response."""

    type: str
    old_state: str
    outcome: Outcome

    def response(self, account: str, log: Log) -> tuple[str, Wire]:
        """Once the door is closed, for only then the new state is known."""
        states = {"accountId": account, "oldState": self.old_state, "newState": log.state(self.type)}
        return f"{self.type}/set", states | self.outcome.wire()


def set_(kind: "DataType", context: Context, raw_arguments: dict[str, Any]) -> "Responses":
    extra = kind.arguments.get("set", {})
    arguments = check_arguments(raw_arguments, {**tables.SET, **extra})
    account_id = context.right_to_write(arguments["accountId"]).account_id
    refuse_too_many(arguments)
    context.release()
    options = {name: arguments[name] for name in extra}
    outcome = Outcome()
    prepared = prepare_all(kind, context, account_id, arguments["create"] or {}, outcome.not_created)
    with created_ids_kept(context), writing(account_id, context.caller.credential) as log:
        parts = [Part(kind.name, log.state(kind.name), outcome)]
        check_state(arguments["ifInState"], parts[0].old_state)
        create_all(kind, context, log, arguments["create"] or {}, prepared, outcome)
        kind.update_all(context, log, resolved_keys(context, arguments["update"] or {}), options, outcome)
        kind.destroy_all(context, log, resolved_ids(context, arguments["destroy"] or []), options, outcome)
        parts += kind.after_set(context, log, arguments, outcome)
    return [part.response(arguments["accountId"], log) for part in parts]


def refuse_too_many(arguments: Mapping[str, Any]) -> None:
    if sum(len(arguments[name] or ()) for name in ("create", "update", "destroy")) > settings.MAX_OBJECTS_IN_SET:
        raise MethodError("requestTooLarge", f"At most {settings.MAX_OBJECTS_IN_SET} objects")


def check_state(expected: str | None, state: str) -> None:
    if expected is not None and expected != state:
        raise MethodError("stateMismatch")


@contextmanager
def created_ids_kept(context: Context) -> Iterator[None]:
    """Creation ids of a method that fails as a whole are forgotten again."""
    before = dict(context.created_ids)
    try:
        yield
    except BaseException:
        context.created_ids = before
        raise


def resolved_keys(context: Context, update: Mapping[str, Any]) -> dict[str, Any]:
    """Erratum to §5.3: what this request created may be updated in it, by its creation id."""
    return {context.resolve_id(wire): patch for wire, patch in update.items()}


def resolved_ids(context: Context, destroy: list[str]) -> list[str]:
    return list(dict.fromkeys(context.resolve_id(wire) for wire in destroy))


def prepare_all(
    kind: "DataType", context: Context, account_id: int, create: Mapping[str, Any], failed: dict[str, Any]
) -> dict[str, Any]:
    """The slow work for each creation, before the account is locked."""
    prepared = {}
    for creation_id, wire in create.items():
        try:
            checked = kind.check_new(wire)
            prepared[creation_id] = (checked, kind.prepare(context, account_id, checked))
        except SetError as error:
            failed[creation_id] = error.wire
    return prepared


@contextmanager
def one_object(log: Log, report: Callable[[Wire], None]) -> Iterator[None]:
    """One object of a /set is atomic: where it fails, nothing of it stays and its siblings go on."""
    mark = log.mark()
    try:
        with transaction.atomic():
            yield
    except SetError as error:
        log.rewind(mark)
        report(error.wire)


def create_all(
    kind: "DataType",
    context: Context,
    log: Log,
    create: Mapping[str, Wire],
    prepared: dict[str, Any],
    outcome: Outcome,
) -> None:
    """Create in an order in which each creation id is known before it is referred to."""
    numbers: dict[str, int] = {}
    for creation_id in in_order(kind, {creation_id: wire for creation_id, (wire, _) in prepared.items()}):
        wire, ready = prepared[creation_id]
        with one_object(log, lambda error, id=creation_id: outcome.not_created.__setitem__(id, error)):  # type: ignore[misc]
            numbers[creation_id] = kind.create(context, log, kind.resolve(context, wire), ready)
            context.created_ids[creation_id] = kind.wire_id(numbers[creation_id])
    for creation_id, number in numbers.items():
        numbers[creation_id] = log.latest(kind.name, number)
        context.created_ids[creation_id] = kind.wire_id(numbers[creation_id])
    outcome.created |= kind.created_extras(context, log.account_id, create, numbers)


def in_order(kind: "DataType", create: Mapping[str, Wire]) -> list[str]:
    """Creation ids, each after those it refers to; a circle is left in the order given and fails at its first."""
    ordered: dict[str, None] = {}
    waiting = {creation_id: references_in(kind, wire) & create.keys() for creation_id, wire in create.items()}
    while waiting:
        ready = [creation_id for creation_id, needs in waiting.items() if needs <= ordered.keys()]
        for creation_id in ready or list(waiting):
            ordered[creation_id] = None
            del waiting[creation_id]
    return list(ordered)


def update_each(
    kind: "DataType", context: Context, log: Log, update: Mapping[str, Any], options: Wire, outcome: Outcome
) -> None:
    """Update one object after the other, each from its present value."""
    asked: dict[str, tuple[int, Wire]] = {}
    for wire_id, patch in update.items():
        with one_object(log, lambda error, id=wire_id: outcome.not_updated.__setitem__(id, error)):  # type: ignore[misc]
            number, old = existing(kind, context, log, wire_id)
            new = checked_patch(kind, context, old, patch)
            kind.update(context, log, number, old, new)
            asked[wire_id] = number, apply_patch(old, patch, kind.properties)
    outcome.updated |= updated_extras(kind, context, log.account_id, asked)


def destroy_each(
    kind: "DataType", context: Context, log: Log, destroy: list[str], options: Wire, outcome: Outcome
) -> None:
    for wire_id in destroy:
        with one_object(log, lambda error, id=wire_id: outcome.not_destroyed.__setitem__(id, error)):  # type: ignore[misc]
            number, _ = existing(kind, context, log, wire_id)
            kind.destroy(context, log, number, options)
            outcome.destroyed.append(wire_id)


def existing(kind: "DataType", context: Context, log: Log, wire_id: str) -> tuple[int, Wire]:
    """The number and present value of the object with this id; raises SetError notFound."""
    number = kind.number(wire_id)
    found = {} if number is None else kind.fetch(context, log.account_id, [number], list(kind.properties), {})
    if number is None or number not in found:
        raise SetError("notFound")
    return number, found[number]
