"""Filters and comparators (RFC 8620 §5.5): declared once, usable in SQL and on images of the past."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jmap.core import limits, types
from jmap.core.collation import KEYS, UNICODE_CASEMAP
from jmap.core.errors import BadValue, MethodError, invalid_arguments
from jmap.core.types import Check

Record = Mapping[str, Any]
Test = Callable[[Record], bool]


@dataclass(frozen=True)
class Filter:
    """One property of a FilterCondition. `test` makes a predicate over a record from the value; None where a record
    of the past can't tell, so that queryChanges is refused. `sql` is the type's own way to ask the database."""

    check: Check
    test: Callable[[Any], Test] | None = None
    sql: Any = None


@dataclass(frozen=True)
class Sort:
    """One property to sort by. `key` makes the sort key function of a comparator; `extra` are its further members."""

    key: Callable[["Comparator"], Callable[[Record], Any]] | None
    extra: Mapping[str, Check] = field(default_factory=dict)
    sql: Any = None
    is_text: bool = False


@dataclass(frozen=True)
class Comparator:
    property: str
    ascending: bool
    collation: str
    extra: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Condition:
    """A leaf: every (name, value) must match."""

    items: tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Operator:
    operator: str
    conditions: tuple["Node", ...]


Node = Condition | Operator


def parse_filter(value: Any, filters: Mapping[str, Filter]) -> Node | None:
    """A checked filter; raises MethodError invalidArguments or unsupportedFilter."""
    if value is None:
        return None
    count = [0]
    return parse_node(value, filters, 0, count)


def parse_node(value: Any, filters: Mapping[str, Filter], depth: int, count: list[int]) -> Node:
    if not isinstance(value, dict):
        raise invalid_arguments("a filter is a FilterOperator or a FilterCondition")
    count[0] += 1
    if depth > limits.MAX_FILTER_DEPTH or count[0] > limits.MAX_FILTER_CONDITIONS:
        raise MethodError("unsupportedFilter", "The filter is too complex; simplify the search")
    if "operator" not in value:
        return Condition(tuple(parse_condition(name, item, filters) for name, item in value.items()))
    if value["operator"] not in ("AND", "OR", "NOT") or not isinstance(value.get("conditions"), list):
        raise invalid_arguments("a FilterOperator has an operator (AND, OR, NOT) and an array of conditions")
    if value.keys() != {"operator", "conditions"}:
        raise invalid_arguments("a FilterOperator has nothing but operator and conditions")
    nodes = tuple(parse_node(item, filters, depth + 1, count) for item in value["conditions"])
    return Operator(value["operator"], nodes)


def parse_condition(name: str, value: Any, filters: Mapping[str, Filter]) -> tuple[str, Any]:
    if name not in filters:
        raise MethodError("unsupportedFilter", f"There is no filter condition {name!r}")
    try:
        return name, filters[name].check(value)
    except BadValue as error:
        raise invalid_arguments(f"filter {name}: {error}") from None


def leaves(node: Node | None) -> Iterator[tuple[str, Any]]:
    """Every (name, value) of the conditions below a node."""
    if isinstance(node, Condition):
        yield from node.items
    elif node is not None:
        for child in node.conditions:
            yield from leaves(child)


def make_test(node: Node | None, filters: Mapping[str, Filter]) -> Test | None:
    """The filter as a predicate over records; None where one of its conditions can't be one."""
    if any(filters[name].test is None for name, _ in leaves(node)):
        return None
    return (lambda record: True) if node is None else test_node(node, filters)


def test_node(node: Node, filters: Mapping[str, Filter]) -> Test:
    if isinstance(node, Condition):
        tests = [make(value) for name, value in node.items if (make := filters[name].test)]
        return lambda record: all(test(record) for test in tests)
    tests = [test_node(child, filters) for child in node.conditions]
    if node.operator == "AND":
        return lambda record: all(test(record) for test in tests)
    if node.operator == "OR":
        return lambda record: any(test(record) for test in tests)
    return lambda record: not any(test(record) for test in tests)


def make_sql(node: Node, leaf: Callable[[str, Any], str]) -> str:
    """A filter as an SQL condition that can stand beside any other: what AND and OR join is in parentheses. `leaf`
    writes one property of a FilterCondition; it is called in the order in which they stand in the text."""
    if isinstance(node, Condition):
        return f"({' AND '.join(leaf(name, value) for name, value in node.items) or 'true'})"
    parts = [make_sql(child, leaf) for child in node.conditions]
    if node.operator == "AND":
        return f"({' AND '.join(parts) or 'true'})"
    either = f"({' OR '.join(parts) or 'false'})"
    return either if node.operator == "OR" else f"NOT {either}"


def parse_sort(value: Any, sorts: Mapping[str, Sort]) -> tuple[Comparator, ...]:
    """Checked comparators; raises MethodError invalidArguments or unsupportedSort."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise invalid_arguments("sort must be an array of Comparators")
    if len(value) > limits.MAX_COMPARATORS:
        raise MethodError("unsupportedSort", f"At most {limits.MAX_COMPARATORS} comparators")
    return tuple(parse_comparator(item, sorts) for item in value)


def parse_comparator(value: Any, sorts: Mapping[str, Sort]) -> Comparator:
    if not isinstance(value, dict) or not isinstance(value.get("property"), str):
        raise invalid_arguments("a Comparator is an object with a property")
    sort = sorts.get(value["property"])
    if sort is None:
        raise MethodError("unsupportedSort", f"Can't sort by {value['property']!r}")
    ascending, collation = value.get("isAscending", True), value.get("collation", UNICODE_CASEMAP)
    if not isinstance(ascending, bool) or not isinstance(collation, str):
        raise invalid_arguments("isAscending must be a Boolean, collation a String")
    if sort.is_text and collation not in KEYS:
        raise MethodError("unsupportedSort", f"No collation {collation!r}")
    if unknown := value.keys() - {"property", "isAscending", "collation"} - sort.extra.keys():
        raise invalid_arguments(f"a Comparator for {value['property']} has no {sorted(unknown)[0]}")
    return Comparator(value["property"], ascending, collation, checked_extra(value, sort))


def checked_extra(value: Any, sort: Sort) -> tuple[tuple[str, Any], ...]:
    try:
        return tuple((name, check(value.get(name))) for name, check in sort.extra.items())
    except BadValue as error:
        raise invalid_arguments(f"sort by {value['property']}: {error}") from None


class Descending:
    """Turns the order of a key round, for keys that can't be negated."""

    __slots__ = ("key",)

    def __init__(self, key: Any) -> None:
        self.key = key

    def __lt__(self, other: "Descending") -> bool:
        return bool(other.key < self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Descending) and bool(self.key == other.key)

    __hash__ = None  # type: ignore[assignment]


def make_key(comparators: tuple[Comparator, ...], sorts: Mapping[str, Sort]) -> Callable[[Record], Any] | None:
    """The total order as a key function over records: the comparators, then the id in the direction of the last of
    them. None where a sort has no key."""
    makers = [(sorts[comparator.property].key, comparator) for comparator in comparators]
    if any(maker is None for maker, _ in makers):
        return None
    parts = [(maker(comparator), comparator.ascending) for maker, comparator in makers if maker]

    ascending = not comparators or comparators[-1].ascending

    def key(record: Record) -> Any:
        found = [part(record) if rising else Descending(part(record)) for part, rising in parts]
        return (*found, record["id"] if ascending else -record["id"])

    return key


# Declarations that serve most types. `column` is the record's column.


def equals(column: str, check: Check) -> Filter:
    return Filter(check, lambda value: lambda record: bool(record[column] == value))


def contains(column: str) -> Filter:
    """The text holds the value, case-insensitively."""

    def test(value: str) -> Test:
        wanted = KEYS[UNICODE_CASEMAP](value)
        return lambda record: wanted in KEYS[UNICODE_CASEMAP](record[column] or "")

    return Filter(types.string, test)


def is_set(column: str) -> Filter:
    """A Boolean: whether the column has a value."""
    return Filter(types.boolean, lambda value: lambda record: (record[column] is not None) is value)


def by(column: str) -> Sort:
    """By a Boolean, number or string of ASCII; null comes before every value."""
    return Sort(lambda comparator: lambda record: (record[column] is not None, record[column]))


def by_date(column: str) -> Sort:
    """By a UTCDate; null comes before every date."""
    return Sort(lambda comparator: lambda record: (record[column] or "").removesuffix("Z"))


def by_text(column: str) -> Sort:
    def key(comparator: Comparator) -> Callable[[Record], Any]:
        collate = KEYS[comparator.collation]
        return lambda record: collate(record[column] or "")

    return Sort(key, is_text=True)
