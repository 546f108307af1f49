"""The filters and sorts of Email/query (RFC 8621 §4.4.1, §4.4.2): each in SQL, and as a predicate over records.

An SQL condition is made for a `Scope`, the statement's way to name what it reads: the base table is email_mailbox (one
mailbox, listed by its index) or email. Records also have "thread", the records of all emails of the thread."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from jmap.core import ids, types
from jmap.core.collation import KEYS, UNICODE_CASEMAP
from jmap.core.errors import BadValue
from jmap.core.filters import Comparator, Filter, Record, Sort, Test
from jmap.mail import search
from jmap.mail.keywords import BITS, keyword
from jmap.mail.records import microseconds

ASCII_UPPER = "translate({}, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')"


@dataclass
class Scope:
    """How the statement names its columns. Asking for a column of `e` or `v` joins that table."""

    account_id: int
    by_mailbox: bool
    joins: set[str] = field(default_factory=set)
    parameters: list[Any] = field(default_factory=list)

    def bind(self, value: Any, cast: str = "") -> str:
        self.parameters.append(value)
        return f"%s{cast}"

    def column(self, name: str) -> str:
        """A column of email; those that email_mailbox has too are read there."""
        if self.by_mailbox and name in ("id", "thread_id", "received_at", "flags"):
            return "m.email_id" if name == "id" else f"m.{name}"
        self.joins.add("e")
        return f"e.{name}"

    def envelope(self, name: str) -> str:
        self.joins.add("v")
        return f"v.{name}"


Sql = Callable[[Scope, Any], str]


def mailbox(value: Any) -> int:
    """A Mailbox id as its number; one that can't be ours is 0, the number of none."""
    return ids.number("m", types.any_identifier(value)) or 0


def moment(value: Any) -> datetime:
    return types.parse_date(value, types.UTC_DATE).astimezone(UTC)


def has_keyword_sql(scope: Scope, word: str) -> str:
    if bit := BITS.get(word):
        return f"({scope.column('flags')} & {bit}) <> 0"
    return f"{scope.column('keywords')} @> ARRAY[{scope.bind(word, '::text')}]"


def thread_sql(scope: Scope, word: str, *, holds: bool) -> str:
    """Whether some email of the thread has (or lacks) the keyword."""
    source = f"SELECT 1 FROM mail_email s WHERE s.account_id = {scope.bind(scope.account_id)}"
    same_thread = f"s.thread_id = {scope.column('thread_id')}"
    if bit := BITS.get(word):
        condition = f"(s.flags & {bit}) {'<>' if holds else '='} 0"
    else:
        condition = f"{'' if holds else 'NOT '}s.keywords @> ARRAY[{scope.bind(word, '::text')}]"
    return f"EXISTS ({source} AND {same_thread} AND {condition})"


def has(record: Record, word: str) -> bool:
    bit = BITS.get(word)
    return bool(record["flags"] & bit) if bit else word in record["keywords"]


def compare(column: str, operator: str, python: Callable[[Any, Any], bool], check: types.Check) -> Filter:
    def test(value: Any) -> Test:
        wanted = microseconds(value) if isinstance(value, datetime) else value
        return lambda record: python(record[column], wanted)

    return Filter(check, test, lambda scope, value: f"{scope.column(column)} {operator} {scope.bind(value)}")


def in_mailbox_sql(scope: Scope, value: int) -> str:
    return f"{scope.column('mailbox_ids')} @> ARRAY[{scope.bind(value, '::bigint')}]"


def other_than_sql(scope: Scope, value: list[int]) -> str:
    return f"NOT {scope.column('mailbox_ids')} <@ {scope.bind(value, '::bigint[]')}"


def text(name: str, check: types.Check = types.string) -> Filter:
    """Answered by the search index alone; the past has none."""

    def sql(scope: Scope, value: Any) -> str:
        condition, parameters = search.condition(scope.account_id, name, value, scope.column("id"))
        scope.parameters.extend(parameters)
        return f"({condition})"

    return Filter(check, None, sql)


def header(value: Any) -> list[str]:
    found: list[str] = types.list_of(types.string)(value)
    if len(found) not in (1, 2) or not found[0]:
        raise BadValue("expected [name] or [name, text]")
    return found


def negate(sql: Sql) -> Sql:
    return lambda scope, value: f"NOT {sql(scope, value)}"


FILTERS: Mapping[str, Filter] = {
    "inMailbox": Filter(mailbox, lambda value: lambda record: value in record["mailbox_ids"], in_mailbox_sql),
    "inMailboxOtherThan": Filter(
        types.list_of(mailbox),
        lambda value: lambda record: not set(record["mailbox_ids"]) <= set(value),
        other_than_sql,
    ),
    "before": compare("received_at", "<", lambda a, b: a < b, moment),
    "after": compare("received_at", ">=", lambda a, b: a >= b, moment),
    "minSize": compare("size", ">=", lambda a, b: a >= b, types.unsigned),
    "maxSize": compare("size", "<", lambda a, b: a < b, types.unsigned),
    "hasAttachment": compare("has_attachment", "=", lambda a, b: a is b, types.boolean),
    "hasKeyword": Filter(keyword, lambda value: lambda record: has(record, value), has_keyword_sql),
    "notKeyword": Filter(keyword, lambda value: lambda record: not has(record, value), negate(has_keyword_sql)),
    "allInThreadHaveKeyword": Filter(
        keyword,
        lambda value: lambda record: all(has(other, value) for other in record["thread"]),
        lambda scope, value: f"NOT {thread_sql(scope, value, holds=False)}",
    ),
    "someInThreadHaveKeyword": Filter(
        keyword,
        lambda value: lambda record: any(has(other, value) for other in record["thread"]),
        lambda scope, value: thread_sql(scope, value, holds=True),
    ),
    "noneInThreadHaveKeyword": Filter(
        keyword,
        lambda value: lambda record: not any(has(other, value) for other in record["thread"]),
        lambda scope, value: f"NOT {thread_sql(scope, value, holds=True)}",
    ),
    **{name: text(name) for name in search.SEARCHED},
    "header": text("header", header),
}


# Sorts: `sql(scope, comparator)` is the expression to order by.


def plain(column: str) -> Sort:
    return Sort(lambda _: lambda record: record[column], sql=lambda scope, _: scope.column(column))


def nullable_time(column: str) -> Sort:
    """Emails without the date come first, as if it were the beginning of time."""
    least = -(2**63)
    return Sort(
        lambda _: lambda record: least if record[column] is None else record[column],
        sql=lambda scope, _: f"coalesce({scope.envelope(column)}, '-infinity'::timestamptz)",
    )


def collated(name: str) -> Sort:
    def sql(scope: Scope, comparator: Comparator) -> str:
        if comparator.collation == UNICODE_CASEMAP:
            return f'{scope.envelope(f"{name}_key")} COLLATE "C"'
        column = scope.envelope(f"{name}_sort")
        return f'{column if comparator.collation == "i;octet" else ASCII_UPPER.format(column)} COLLATE "C"'

    def key(comparator: Comparator) -> Callable[[Record], Any]:
        collate = KEYS[comparator.collation]
        return lambda record: collate(record[f"{name}_sort"])[:255]

    return Sort(key, is_text=True, sql=sql)


def by_keyword(test: Callable[[Record, str], bool], sql: Sql) -> Sort:
    return Sort(
        lambda comparator: lambda record: test(record, dict(comparator.extra)["keyword"]),
        {"keyword": keyword},
        lambda scope, comparator: f"({sql(scope, dict(comparator.extra)['keyword'])})",
    )


SORTS: Mapping[str, Sort] = {
    "receivedAt": plain("received_at"),
    "size": plain("size"),
    "from": collated("from"),
    "to": collated("to"),
    "subject": collated("subject"),
    "sentAt": nullable_time("sent_at"),
    "hasKeyword": by_keyword(has, has_keyword_sql),
    "allInThreadHaveKeyword": by_keyword(
        lambda record, word: all(has(other, word) for other in record["thread"]),
        lambda scope, word: f"NOT {thread_sql(scope, word, holds=False)}",
    ),
    "someInThreadHaveKeyword": by_keyword(
        lambda record, word: any(has(other, word) for other in record["thread"]),
        lambda scope, word: thread_sql(scope, word, holds=True),
    ),
}
