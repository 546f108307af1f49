"""Foo/query (RFC 8620 §5.5)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from jmap.core import arguments as tables
from jmap.core import limits
from jmap.core.arguments import check_arguments
from jmap.core.context import Context
from jmap.core.errors import MethodError
from jmap.core.filters import (
    Comparator,
    Filter,
    Node,
    Record,
    Sort,
    Test,
    make_key,
    make_test,
    parse_filter,
    parse_sort,
)

if TYPE_CHECKING:
    from jmap.core.capabilities import Responses
    from jmap.core.datatype import DataType


@dataclass(frozen=True)
class Query:
    """A checked filter and sort of one type, with the values of the type's own arguments."""

    filter: Node | None
    sort: tuple[Comparator, ...]
    options: Mapping[str, Any]
    filters: Mapping[str, Filter]
    sorts: Mapping[str, Sort]

    def test(self) -> Test | None:
        """The filter as a predicate over records; None where a condition can't be one."""
        return make_test(self.filter, self.filters)

    def key(self) -> Callable[[Record], Any] | None:
        """The sort as a key function over records; None where a sort has none."""
        return make_key(self.sort, self.sorts)


class Results(Protocol):
    """The ordered list of numbers that a query finds, of which as little is computed as is asked for."""

    def slice(self, position: int, limit: int) -> Sequence[int]: ...

    def index(self, number: int) -> int | None: ...

    def total(self) -> int: ...

    def all(self) -> Sequence[int]: ...


class FullResults:
    """Results that lie in memory."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self.numbers = numbers

    def slice(self, position: int, limit: int) -> Sequence[int]:
        return self.numbers[position : position + limit]

    def index(self, number: int) -> int | None:
        try:
            return self.numbers.index(number)
        except ValueError:
            return None

    def total(self) -> int:
        return len(self.numbers)

    def all(self) -> Sequence[int]:
        return self.numbers


def parse_query(kind: "DataType", arguments: Mapping[str, Any], method: str) -> Query:
    """The Query in checked arguments; raises MethodError invalidArguments, unsupportedFilter or unsupportedSort."""
    options = {name: arguments[name] for name in kind.arguments.get(method, {})}
    parsed = parse_filter(arguments["filter"], kind.filters)
    comparators = parse_sort(arguments["sort"], kind.sorts) or kind.default_sort
    return Query(parsed, comparators, options, kind.filters, kind.sorts)


def query(kind: "DataType", context: Context, raw_arguments: dict[str, Any]) -> "Responses":
    arguments = check_arguments(raw_arguments, {**tables.QUERY, **kind.arguments.get("query", {})})
    account_id = context.right(arguments["accountId"]).account_id
    asked = parse_query(kind, arguments, "query")
    state = context.clock(account_id).state(kind.name)
    results = kind.results(context, account_id, asked)
    position = first_position(kind, results, arguments)
    limit = min(limits.MAX_QUERY_LIMIT if arguments["limit"] is None else arguments["limit"], limits.MAX_QUERY_LIMIT)
    response = {
        "accountId": arguments["accountId"],
        "queryState": state,
        "canCalculateChanges": kind.can_calculate_changes(asked),
        "position": position,
        "ids": [kind.wire_id(number) for number in results.slice(position, limit)],
    }
    if arguments["calculateTotal"]:
        response["total"] = results.total()
    if limit != arguments["limit"]:
        response["limit"] = limit
    return [(f"{kind.name}/query", response)]


def first_position(kind: "DataType", results: Results, arguments: Mapping[str, Any]) -> int:
    """The index of the first result to return; raises MethodError anchorNotFound."""
    if arguments["anchor"] is not None:
        number = kind.number(arguments["anchor"])
        index = None if number is None else results.index(number)
        if index is None:
            raise MethodError("anchorNotFound")
        return int(max(0, index + arguments["anchorOffset"]))
    position: int = arguments["position"]
    return max(0, results.total() + position) if position < 0 else position
