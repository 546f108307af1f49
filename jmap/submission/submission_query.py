"""EmailSubmission/query in SQL (RFC 8621 §7.3), and the same over records of now and of the past."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from jmap.core import ids, sql, types
from jmap.core.filters import Filter, Record, Sort, Test, make_sql
from jmap.core.query import Query

COLUMNS = ("id", "identity_id", "email_id", "thread_id", "send_at", "undo_status")
TABLE = "submission_emailsubmission"


def any_of(prefix: str, column: str) -> Filter:
    """The column is one of these ids; what can't be an id of this type is none."""

    def check(value: Any) -> list[int]:
        return list(ids.numbers(prefix, types.list_of(types.any_identifier)(value)))

    def test(wanted: list[int]) -> Test:
        numbers = frozenset(wanted)
        return lambda record: record[column] in numbers

    return Filter(check, test, f"{column} = ANY(%s)")


def moment(value: Any) -> datetime:
    return types.parse_date(value, types.UTC_DATE).astimezone(UTC)


def time_of(record: Record) -> str:
    """sendAt of a record as a text that sorts by time."""
    return str(record["send_at"]).removesuffix("Z")


def compared(operator: str, compare: Callable[[str, str], bool]) -> Filter:
    def test(wanted: datetime) -> Test:
        limit = types.utc_text(wanted).removesuffix("Z")
        return lambda record: compare(time_of(record), limit)

    return Filter(moment, test, f"send_at {operator} %s")


def by_id(prefix: str, column: str) -> Sort:
    """An Id is a String and sorts as one."""
    return Sort(
        lambda comparator: lambda record: f"{prefix}{record[column]}", sql=f'{column}::text COLLATE "C"', is_text=True
    )


by_time = Sort(lambda comparator: time_of, sql="send_at")

FILTERS = {
    "identityIds": any_of("i", "identity_id"),
    "emailIds": any_of("e", "email_id"),
    "threadIds": any_of("t", "thread_id"),
    "undoStatus": Filter(
        types.string, lambda wanted: lambda record: bool(record["undo_status"] == wanted), "undo_status = %s"
    ),
    "before": compared("<", lambda time, limit: time < limit),
    "after": compared(">=", lambda time, limit: time >= limit),
}
# RFC 8621 §7.3 says "sentAt"; the property that it means is sendAt.
SORTS = {
    "emailId": by_id("e", "email_id"),
    "threadId": by_id("t", "thread_id"),
    "sentAt": by_time,
    "sendAt": by_time,
}


def records(account_id: int, numbers: Sequence[int] | None) -> list[dict[str, Any]]:
    """These submissions, or all, as filters and sorts see them."""
    query = f"SELECT {', '.join(COLUMNS)} FROM {TABLE} WHERE account_id = %s"
    if numbers is None:
        found = sql.rows(query, account_id)
    else:
        found = sql.rows(f"{query} AND id = ANY(%s)", account_id, list(numbers))
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in found]
    return [row | {"send_at": types.utc_text(row["send_at"])} for row in rows]


def find(account_id: int, query: Query) -> list[int]:
    """The results in order."""
    parameters: list[Any] = [account_id]

    def leaf(name: str, value: Any) -> str:
        parameters.append(value)
        return str(FILTERS[name].sql)

    condition = make_sql(query.filter, leaf) if query.filter else "true"
    found = sql.rows(
        f"SELECT id FROM {TABLE} WHERE account_id = %s AND {condition} ORDER BY {order_by(query)}", *parameters
    )
    return [id for (id,) in found]


def order_by(query: Query) -> str:
    """The comparators, then the id in the direction of the last of them (as in jmap.core.filters.make_key)."""
    terms, direction = [], ""
    for comparator in query.sort:
        direction = "" if comparator.ascending else " DESC"
        terms.append(f"{SORTS[comparator.property].sql}{direction}")
    return ", ".join([*terms, f"id{direction}"])
