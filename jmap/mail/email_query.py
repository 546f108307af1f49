"""Email/query in SQL (RFC 8621 §4.4): pages from the listing index, threads collapsed on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jmap.core import sql
from jmap.core.filters import Condition, Node, Operator, make_sql
from jmap.core.query import Query
from jmap.core.states import Net, past_record
from jmap.mail.email_filters import FILTERS, SORTS, Scope
from jmap.mail.records import COLUMNS, TABLES, Record, record_of


def mailbox_of(node: Node | None) -> tuple[int | None, Node | None]:
    """If every result must be in one mailbox: that mailbox, and the filter that is left."""
    if isinstance(node, Condition):
        items = dict(node.items)
        if "inMailbox" in items:
            found = items.pop("inMailbox")
            return found, Condition(tuple(items.items())) if items else None
    elif node is not None and node.operator == "AND":
        for at, child in enumerate(node.conditions):
            found, rest = mailbox_of(child)
            if found is not None:
                kept = (*node.conditions[:at], *([rest] if rest else []), *node.conditions[at + 1 :])
                return found, Operator("AND", kept) if kept else None
    return None, node


@dataclass
class EmailResults:
    """The results of one query, fetched as far as they are asked for."""

    account_id: int
    query: Query

    @property
    def collapsed(self) -> bool:
        return bool(self.query.options["collapseThreads"])

    @cached_property
    def mailbox(self) -> tuple[int | None, Node | None]:
        return mailbox_of(self.query.filter)

    @cached_property
    def source(self) -> tuple[Scope, str]:
        """FROM and WHERE, with the scope that holds their parameters."""
        mailbox_id, rest = self.mailbox
        scope = Scope(self.account_id, mailbox_id is not None)
        conditions = [f"{'m' if scope.by_mailbox else 'e'}.account_id = {scope.bind(self.account_id)}"]
        if scope.by_mailbox:
            conditions.append(f"m.mailbox_id = {scope.bind(mailbox_id)}")
        if rest is not None:
            conditions.append(make_sql(rest, lambda name, value: FILTERS[name].sql(scope, value)))
        return scope, " AND ".join(conditions)

    def fetch(self, limit: int | None, offset: int = 0) -> list[tuple[int, int]]:
        """(email, thread) of the uncollapsed list."""
        searched, conditions = self.source
        scope = Scope(self.account_id, searched.by_mailbox, set(searched.joins), list(searched.parameters))
        order = order_by(scope, self.query)
        found = sql.rows(
            f"SELECT {scope.column('id')}, {scope.column('thread_id')} FROM {tables(scope)} WHERE {conditions}"
            f" ORDER BY {order} LIMIT %s OFFSET %s",
            *scope.parameters, limit, offset,
        )  # fmt: skip
        return [(email, thread) for email, thread in found]

    def slice(self, position: int, limit: int) -> Sequence[int]:
        if not self.collapsed:
            return [email for email, _ in self.fetch(limit, position)] if limit else []
        wanted = position + limit
        size = 2 * wanted + 20
        while True:
            found = self.fetch(size)
            firsts = collapse(found)
            if len(firsts) >= wanted or len(found) < size:
                return firsts[position:wanted]
            size *= 4

    def all(self) -> Sequence[int]:
        return self.everything

    @cached_property
    def everything(self) -> list[int]:
        found = self.fetch(None)
        return collapse(found) if self.collapsed else [email for email, _ in found]

    def index(self, number: int) -> int | None:
        try:
            return self.everything.index(number)
        except ValueError:
            return None

    def total(self) -> int:
        """From the mailbox's counts where they say it (RFC 8621 §4.4), else counted."""
        mailbox_id, rest = self.mailbox
        if mailbox_id is not None and rest is None:
            column = "total_threads" if self.collapsed else "total_emails"
            found = sql.value(
                f"SELECT {column} FROM mail_mailbox WHERE account_id = %s AND id = %s", self.account_id, mailbox_id
            )
            return int(found or 0)
        if "everything" in self.__dict__:
            return len(self.everything)
        scope, conditions = self.source
        what = f"DISTINCT {scope.column('thread_id')}" if self.collapsed else "*"
        return int(sql.value(f"SELECT count({what}) FROM {tables(scope)} WHERE {conditions}", *scope.parameters))


def order_by(scope: Scope, query: Query) -> str:
    """The comparators, then the id in the direction of the last of them (as in jmap.core.filters.make_key)."""
    terms, direction = [], ""
    for comparator in query.sort:
        direction = "" if comparator.ascending else " DESC"
        terms.append(SORTS[comparator.property].sql(scope, comparator) + direction)
    return ", ".join([*terms, scope.column("id") + direction])


def tables(scope: Scope) -> str:
    base, key = ("mail_emailmailbox m", "m.email_id") if scope.by_mailbox else ("mail_email e", "e.id")
    alias = base[-1]
    if scope.by_mailbox and "e" in scope.joins:
        base += f" JOIN mail_email e ON e.account_id = {alias}.account_id AND e.id = {key}"
    if "v" in scope.joins:
        base += f" JOIN mail_emailenvelope v ON v.account_id = {alias}.account_id AND v.email_id = {key}"
    return base


def collapse(found: Sequence[tuple[int, int]]) -> list[int]:
    """The first email of each thread (RFC 8621 §4.4.3)."""
    firsts: dict[int, int] = {}
    for email, thread in found:
        firsts.setdefault(thread, email)
    return list(firsts.values())


# What queryChanges needs: the results among the threads that changed, then and now.


def affected(account_id: int, query: Query, changes: Mapping[int, Net]) -> tuple[dict[int, Any], dict[int, Any]]:
    """Old and new results among all emails of the threads that changed: id -> sort key."""
    now = load_threads(account_id, changes)
    past = {id: record for id, record in now.items() if id not in changes}
    for id, net in changes.items():
        if net.existed:
            past[id] = past_record(id, net, now.get(id))
    return matches(query, past), matches(query, now)


def load_threads(account_id: int, changes: Mapping[int, Net]) -> dict[int, Record]:
    """Every present email of the threads that the changed emails are or were in."""
    threads = {image["thread_id"] for net in changes.values() for image in (net.before, *net.images) if image}
    found = sql.rows(
        f"SELECT {COLUMNS} FROM {TABLES} WHERE e.account_id = %s AND e.thread_id IN"
        " (SELECT unnest(%s::bigint[]) UNION SELECT thread_id FROM mail_email WHERE account_id = %s AND id = ANY(%s))",
        account_id, list(threads), account_id, list(changes),
    )  # fmt: skip
    return {record["id"]: record for record in map(record_of, found)}


def matches(query: Query, records: dict[int, Record]) -> dict[int, Any]:
    """The records that match, collapsed if asked: id -> sort key."""
    test, key = query.test(), query.key()
    if test is None or key is None:
        raise ValueError("a query that the past can't answer")
    members: dict[int, list[Record]] = {}
    for record in records.values():
        record = dict(record)
        members.setdefault(record["thread_id"], []).append(record)
    for thread in members.values():
        for record in thread:
            record["thread"] = thread
    found = {record["id"]: key(record) for thread in members.values() for record in thread if test(record)}
    if not query.options["collapseThreads"]:
        return found
    firsts: dict[int, int] = {}
    for id in sorted(found, key=found.__getitem__):
        firsts.setdefault(records[id]["thread_id"], id)
    return {id: found[id] for id in firsts.values()}
