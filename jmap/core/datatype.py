"""A data type as a table: what it declares here, the six standard methods in this package turn into behaviour."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import Any, ClassVar

from django.db import models

from jmap.core import capabilities, ids, types
from jmap.core.arguments import Table
from jmap.core.context import Context
from jmap.core.errors import BadValue, MethodError
from jmap.core.filters import Comparator, Filter, Sort
from jmap.core.methods import VERBS
from jmap.core.objects import checked_new, created_extras, refuse_missing
from jmap.core.properties import Property, snake_case
from jmap.core.query import FullResults, Query, Results
from jmap.core.set import Outcome, Part, destroy_each, update_each
from jmap.core.states import Net, past_record
from jmap.core.writing import Image, Log

STANDARD_METHODS = ("get", "changes", "set", "copy", "query", "queryChanges")
Wire = dict[str, Any]


class DataType:
    """Subclass, fill in the tables, call `register`. A type whose rows are the model's columns needs no method of its
    own; the methods below are the hooks for what RFC 8620 can't derive.

    `prefix` is the letter of the ids on the wire. `arguments` are extra arguments by method; every one of them is
    handed to a hook. `model` has the columns account_id and id."""

    name: ClassVar[str]
    capability: ClassVar[str]
    prefix: ClassVar[str]
    model: ClassVar[type[models.Model]]
    properties: ClassVar[Mapping[str, Property]]
    filters: ClassVar[Mapping[str, Filter]] = {}
    sorts: ClassVar[Mapping[str, Sort]] = {}
    default_sort: ClassVar[tuple[Comparator, ...]] = ()
    methods: ClassVar[Sequence[str]] = STANDARD_METHODS
    arguments: ClassVar[Mapping[str, Table]] = {}

    # Ids and properties

    def wire_id(self, number: int) -> str:
        return f"{self.prefix}{number}"

    def number(self, wire: str) -> int | None:
        """The reverse of `wire_id`; None where the id can't be one of this type's."""
        return ids.number(self.prefix, wire)

    def numbers(self, wires: Iterable[str]) -> dict[int, str]:
        """Row number -> wire id, in the order given, of those that could be this type's."""
        return {found: wire for wire in wires if (found := self.number(wire)) is not None}

    def column(self, name: str) -> str:
        return self.properties[name].column or snake_case(name)

    def default_names(self) -> Iterable[str]:
        """The properties that /get returns when the client names none."""
        return self.properties

    def check_names(self, names: Iterable[str]) -> None:
        """Raises BadValue where a property asked for does not exist (types with dynamic properties widen this)."""
        for name in names:
            if name != "id" and name not in self.properties:
                raise BadValue(f"there is no property {name!r}")

    # Reading

    def fetch(
        self, context: Context, account_id: int, numbers: Sequence[int] | None, names: Sequence[str], options: Wire
    ) -> dict[int, Any]:
        """The objects with these numbers (None: all) that the caller may see: number -> JSON object or Raw."""
        rows = self.rows(account_id, numbers)
        wires: dict[int, Wire] = {row["id"]: {"id": self.wire_id(row["id"])} for row in rows}
        for name in names:
            if name != "id":
                values = self.values(context, account_id, name, rows)
                for wire, value in zip(wires.values(), values, strict=True):
                    wire[name] = value
        return wires

    def rows(self, account_id: int, numbers: Sequence[int] | None) -> list[dict[str, Any]]:
        """The columns of these rows as JSON values, in order of id."""
        found = self.model._default_manager.filter(account_id=account_id)
        chosen = found if numbers is None else found.filter(id__in=numbers)
        return [
            {name: types.utc_text(value) if isinstance(value, datetime) else value for name, value in row.items()}
            for row in chosen.order_by("id").values()
        ]

    def values(self, context: Context, account_id: int, name: str, rows: list[dict[str, Any]]) -> list[Any]:
        """The JSON value of one property for each row."""
        known = self.properties[name]
        if known.compute:
            return known.compute(context, account_id, rows)
        column = self.column(name)
        if known.refers_to:
            prefix = registered[known.refers_to].prefix
            return [wire_reference(prefix, row[column]) for row in rows]
        return [row[column] for row in rows]

    def more_changes(self, changes: Mapping[int, Net]) -> Wire:
        """Further arguments of the /changes response (Mailbox: updatedProperties)."""
        return {}

    # Writing. Each raises SetError for the one object; the method goes on with the next.

    def prepare(self, context: Context, account_id: int, create: Wire) -> Any:
        """Slow work for one creation, done before the account is locked; the result is handed to `create`."""

    def check_new(self, wire: Any) -> Wire:
        """A new object, checked and with its defaults filled in; raises SetError."""
        return checked_new(self, wire)

    def created_extras(
        self, context: Context, account_id: int, create: Mapping[str, Wire], numbers: Mapping[str, int]
    ) -> dict[str, Wire]:
        """What the `created` argument tells of each new object."""
        return created_extras(self, context, account_id, create, numbers)

    def validate(self, context: Context, log: Log, wire: Wire, number: int | None) -> None:
        """Check an object as it would be after the write; `number` is None for a new one."""

    def create(self, context: Context, log: Log, wire: Wire, prepared: Any) -> int:
        """Insert a checked object whose defaults are filled in; returns its number."""
        refuse_missing(self, context, log.account_id, wire)
        self.validate(context, log, wire, None)
        number = log.new_id()
        self.model._default_manager.create(account_id=log.account_id, id=number, **self.columns(wire))
        log.created(self.name, number)
        return number

    def update(self, context: Context, log: Log, number: int, old: Wire, new: Wire) -> None:
        """Change the row from the JSON object `old` to `new`."""
        changed = {name: value for name, value in new.items() if old.get(name) != value}
        refuse_missing(self, context, log.account_id, changed)
        self.validate(context, log, new, number)
        row = self.rows(log.account_id, [number])[0]
        if columns := self.columns(changed):
            self.model._default_manager.filter(account_id=log.account_id, id=number).update(**columns)
        if changed:
            log.updated(self.name, number, self.image(row))

    def destroy(self, context: Context, log: Log, number: int, options: Wire) -> None:
        row = self.rows(log.account_id, [number])[0]
        self.model._default_manager.filter(account_id=log.account_id, id=number).delete()
        log.destroyed(self.name, number, self.image(row))

    def update_all(
        self, context: Context, log: Log, update: Mapping[str, Any], options: Wire, outcome: Outcome
    ) -> None:
        """Apply all patches of a /set by wire id; a type on the hot path does them in bulk."""
        update_each(self, context, log, update, options, outcome)

    def destroy_all(self, context: Context, log: Log, destroy: list[str], options: Wire, outcome: Outcome) -> None:
        destroy_each(self, context, log, destroy, options, outcome)

    def after_set(self, context: Context, log: Log, arguments: Wire, outcome: Outcome) -> list[Part]:
        """Changes to other types that a /set brings with it, in the same transaction; their responses follow its own
        (EmailSubmission: onSuccessUpdateEmail)."""
        return []

    def resolve(self, context: Context, wire: Wire) -> Wire:
        """The object with its creation ids replaced; an unknown one stays and fails as any id that does not exist."""
        found = dict(wire)
        for name, known in self.properties.items():
            value = wire.get(name)
            if known.refers_to and isinstance(value, dict):
                found[name] = {context.resolve_id(id): item for id, item in value.items()}
            elif known.refers_to and isinstance(value, str):
                found[name] = context.resolve_id(value)
        return found

    # Copying

    def read_originals(self, context: Context, account_id: int, numbers: Sequence[int]) -> dict[int, Any]:
        """What `create_copy` needs of each record in the account that is copied from."""
        names = [name for name, known in self.properties.items() if not known.server_set]
        return self.fetch(context, account_id, numbers, names, {})

    def prepare_copy(self, context: Context, account_id: int, original: Any) -> Any:
        """Slow work for one copy into this account, done before it is locked. Raises SetError."""
        return original

    def create_copy(self, context: Context, log: Log, original: Any, overrides: Wire) -> int:
        """Create the copy from what `prepare_copy` returned; returns its number. Raises SetError."""
        wire = {name: value for name, value in original.items() if name != "id"} | overrides
        return self.create(context, log, self.resolve(context, self.check_new(wire)), None)

    def copied_extras(
        self, context: Context, account_id: int, overrides: Mapping[str, Wire], numbers: Mapping[str, int]
    ) -> dict[str, Any]:
        """What the `created` argument of /copy tells of each copy: its id and all else that the server set."""
        names = ["id", *(name for name, known in self.properties.items() if known.server_set)]
        found = self.fetch(context, account_id, list(numbers.values()), names, {}) if numbers else {}
        return {creation_id: found[number] for creation_id, number in numbers.items()}

    def columns(self, wire: Wire) -> dict[str, Any]:
        """The columns to write for these properties."""
        found = {}
        for name, value in wire.items():
            known = self.properties.get(name)
            if known and not known.compute and not known.server_set:
                found[self.column(name)] = numbers_of(value) if known.refers_to else value
        return found

    def image(self, row: Mapping[str, Any]) -> Image:
        """What the log keeps of a row: the columns that filters and sorts may read."""
        return {name: row[name] for name in self.record_columns if name != "id"}

    @cached_property
    def record_columns(self) -> list[str]:
        names = {self.column(name) for name, known in self.properties.items() if not known.compute}
        return ["id", *sorted(names - {"id"})]

    # Querying

    def records(self, context: Context, account_id: int, numbers: Sequence[int] | None = None) -> list[dict[str, Any]]:
        """These objects, or all, as filters and sorts see them."""
        return self.rows(account_id, numbers)

    def results(self, context: Context, account_id: int, query: Query) -> Results:
        """The results of a query. This reads every record of the account, which suits types with few; one with many
        answers from SQL instead."""
        test, key = query.test(), query.key()
        if test is None or key is None:
            raise MethodError("unsupportedFilter")
        found = sorted((record for record in self.records(context, account_id) if test(record)), key=key)
        return FullResults(self.arrange(context, account_id, query, [record["id"] for record in found]))

    def arrange(self, context: Context, account_id: int, query: Query, numbers: list[int]) -> list[int]:
        """Rearrange sorted results (Mailbox: sortAsTree, filterAsTree)."""
        return numbers

    def can_calculate_changes(self, query: Query) -> bool:
        """Whether queryChanges is exact for this query."""
        return query.test() is not None and query.key() is not None

    def affected(
        self, context: Context, account_id: int, query: Query, changes: Mapping[int, Net]
    ) -> tuple[dict[int, Any], dict[int, Any]]:
        """Of the results before and after these changes, every id that may differ: id -> sort key."""
        test, key = query.test(), query.key()
        if test is None or key is None:
            raise MethodError("cannotCalculateChanges")
        now = {record["id"]: record for record in self.records(context, account_id, list(changes))}
        past = {id: past_record(id, net, now.get(id)) for id, net in changes.items() if net.existed}
        return (
            {id: key(record) for id, record in past.items() if test(record)},
            {id: key(record) for id, record in now.items() if test(record)},
        )


def wire_reference(prefix: str, stored: Any) -> Any:
    """An Id or a map of Ids from what the column holds: a number, or a list of them."""
    return {f"{prefix}{each}": True for each in stored} if isinstance(stored, list) else stored and f"{prefix}{stored}"


def numbers_of(wire: Any) -> Any:
    """The reverse of `wire_reference`, for ids that are known to exist."""
    return sorted(int(each[1:]) for each in wire) if isinstance(wire, dict) else wire and int(wire[1:])


registered: dict[str, DataType] = {}


def register(kind: DataType) -> None:
    """Announce a data type: its methods appear under its capability."""
    if unknown := set(kind.arguments) - set(kind.methods):
        raise TypeError(f"{kind.name} declares arguments for {unknown}, which it does not offer")
    registered[kind.name] = kind
    for method in kind.methods:
        capabilities.register_method(kind.capability, f"{kind.name}/{method}", partial(VERBS[method], kind))
