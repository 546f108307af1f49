"""The Mailbox data type (RFC 8621 §2)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from jmap.core import sql, types
from jmap.core.arguments import Table, flag
from jmap.core.context import Context
from jmap.core.datatype import DataType
from jmap.core.errors import MethodError, SetError
from jmap.core.filters import by, by_text, contains, equals, is_set, leaves
from jmap.core.properties import Property, Row, computed, id_of, uint
from jmap.core.query import Query
from jmap.core.set import Outcome
from jmap.core.states import Net
from jmap.core.writing import Log
from jmap.mail import limits, models
from jmap.mail.batch import Batch
from jmap.mail.capability import MAIL
from jmap.mail.mailbox_rules import conflict, mailbox_name, role
from jmap.mail.mailbox_set import destroy_ordered, parent_number, place_of, relatives, subscribe, update_together
from jmap.mail.mailbox_tree import keep_whole_branches, sort_as_tree
from jmap.mail.rows import insert_mailbox

Wire = dict[str, Any]
COUNTS = ("totalEmails", "unreadEmails", "totalThreads", "unreadThreads")
WRITE_RIGHTS = (
    "mayAddItems", "mayRemoveItems", "maySetSeen", "maySetKeywords", "mayCreateChild", "mayRename", "mayDelete",
    "maySubmit",
)  # fmt: skip
COLUMNS = (
    "id", "parent_id", "name", "role", "sort_order", "total_emails", "unread_emails", "total_threads", "unread_threads",
)  # fmt: skip


def rights(context: Context, account_id: int, rows: list[Row]) -> list[Any]:
    """MailboxRights: all of them, or reading alone; the inbox can't be deleted, for mail must arrive somewhere."""
    may_write = not context.caller.rights[account_id].read_only
    return [
        {"mayReadItems": True, **dict.fromkeys(WRITE_RIGHTS, may_write)}
        | ({"mayDelete": False} if row["role"] == "inbox" else {})
        for row in rows
    ]


def subscriptions(context: Context, account_id: int, rows: list[Row]) -> list[Any]:
    """isSubscribed, per user: what they said, else true in their own account and false in a shared one."""
    query = "SELECT mailbox_id, is_subscribed FROM mail_subscription WHERE account_id = %s AND user_id = %s"
    said: dict[int, bool] = dict(sql.rows(query, account_id, context.caller.user_id))
    by_default = context.caller.rights[account_id].is_personal
    return [said.get(row["id"], by_default) for row in rows]


def parent(value: Any) -> int | None:
    """A parentId to filter by."""
    return parent_number(types.nullable(types.any_identifier)(value))


class Mailbox(DataType):
    name, capability, prefix, model = "Mailbox", MAIL, "m", models.Mailbox
    properties: ClassVar[Mapping[str, Property]] = {
        "id": Property(types.identifier, server_set=True),
        "name": Property(mailbox_name),
        "parentId": id_of("Mailbox", null=True, default=None),
        "role": Property(types.nullable(role), default=None),
        "sortOrder": uint(default=0, max_value=2**31 - 1),
        **{name: uint(server_set=True) for name in COUNTS},
        "myRights": computed(rights),
        "isSubscribed": computed(subscriptions, server_set=False, check=types.boolean, default=True),
    }
    filters = {
        "parentId": equals("parent_id", parent),
        "name": contains("name"),
        "role": equals("role", types.nullable(types.string)),
        "hasAnyRole": is_set("role"),
        "isSubscribed": equals("is_subscribed", types.boolean),
    }
    sorts = {"sortOrder": by("sort_order"), "name": by_text("name")}
    methods = ("get", "changes", "set", "query", "queryChanges")
    arguments: ClassVar[Mapping[str, Table]] = {
        "set": {"onDestroyRemoveEmails": flag},
        "query": {"sortAsTree": flag, "filterAsTree": flag},
        "queryChanges": {"sortAsTree": flag, "filterAsTree": flag},
    }

    def values(self, context: Context, account_id: int, name: str, rows: list[dict[str, Any]]) -> list[Any]:
        if name == "id":
            return [self.wire_id(row["id"]) for row in rows]
        return super().values(context, account_id, name, rows)

    def rows(self, account_id: int, numbers: Sequence[int] | None) -> list[dict[str, Any]]:
        query = f"SELECT {', '.join(COLUMNS)} FROM mail_mailbox WHERE account_id = %s"
        if numbers is None:
            found = sql.rows(f"{query} ORDER BY id", account_id)
        else:
            found = sql.rows(f"{query} AND id = ANY(%s) ORDER BY id", account_id, list(numbers))
        return [dict(zip(COLUMNS, row, strict=True)) for row in found]

    def records(self, context: Context, account_id: int, numbers: Sequence[int] | None = None) -> list[dict[str, Any]]:
        rows = self.rows(account_id, numbers)
        for row, subscribed in zip(rows, subscriptions(context, account_id, rows), strict=True):
            row["is_subscribed"] = subscribed
        return rows

    def arrange(self, context: Context, account_id: int, query: Query, numbers: list[int]) -> list[int]:
        if not (query.options["sortAsTree"] or query.options["filterAsTree"]):
            return numbers
        parents = {row["id"]: row["parent_id"] for row in self.rows(account_id, None)}
        if query.options["filterAsTree"]:
            numbers = keep_whole_branches(numbers, parents)
        if query.options["sortAsTree"]:
            found = set(numbers)
            # What the filter leaves out still takes part in the order of the tree.
            numbers = [id for id in sort_as_tree(self.sorted_all(context, account_id, query), parents) if id in found]
        return numbers

    def sorted_all(self, context: Context, account_id: int, query: Query) -> list[int]:
        key = query.key()
        if key is None:
            raise MethodError("unsupportedSort")
        return [record["id"] for record in sorted(self.records(context, account_id), key=lambda record: key(record))]

    def can_calculate_changes(self, query: Query) -> bool:
        """Not where a mailbox's place depends on others, nor on isSubscribed, which is another table's."""
        by_tree = query.options["sortAsTree"] or query.options["filterAsTree"]
        return not by_tree and "isSubscribed" not in dict(leaves(query.filter))

    def more_changes(self, changes: Mapping[int, Net]) -> Wire:
        """RFC 8621 §2.2: updatedProperties, where nothing but counts changed."""
        counts_only = bool(changes) and all(net.existed and net.exists and net.counts_only for net in changes.values())
        return {"updatedProperties": list(COUNTS) if counts_only else None}

    # Writing

    def create(self, context: Context, log: Log, wire: Wire, prepared: Any) -> int:
        if sql.value("SELECT count(*) FROM mail_mailbox WHERE account_id = %s", log.account_id) >= limits.MAILBOXES:
            raise SetError("overQuota", f"An account has {limits.MAILBOXES} mailboxes at most")
        number, place = log.new_id(), place_of(wire)
        forest = relatives(log.account_id, place)
        forest.put(number, place)
        if error := conflict(forest, number):
            raise error
        columns = {"parent": place.parent, "role": place.role, "sort_order": wire["sortOrder"]}
        insert_mailbox(log.account_id, number, place.name, **columns)
        log.created(self.name, number)
        subscribe(context, log.account_id, {number: wire["isSubscribed"]})
        return number

    def update_all(
        self, context: Context, log: Log, update: Mapping[str, Any], options: Wire, outcome: Outcome
    ) -> None:
        update_together(self, context, log, update, outcome)

    def destroy_all(self, context: Context, log: Log, destroy: list[str], options: Wire, outcome: Outcome) -> None:
        destroy_ordered(self, context, log, destroy, options, outcome)

    def destroy(self, context: Context, log: Log, number: int, options: Wire) -> None:
        row = self.rows(log.account_id, [number])[0]
        if sql.row("SELECT 1 FROM mail_mailbox WHERE account_id = %s AND parent_id = %s", log.account_id, number):
            raise SetError("mailboxHasChild")
        if row["role"] == "inbox":
            raise SetError("forbidden", "The inbox can't be deleted")
        self.remove_emails(log, number, options["onDestroyRemoveEmails"])
        sql.run("DELETE FROM mail_subscription WHERE account_id = %s AND mailbox_id = %s", log.account_id, number)
        super().destroy(context, log, number, options)

    def remove_emails(self, log: Log, number: int, allowed: bool) -> None:
        """RFC 8621 §2.5: those that are in no other mailbox go with it."""
        batch = Batch(log)
        emails = batch.load_mailbox(number)
        if emails and not allowed:
            raise SetError("mailboxHasEmail")
        for email in emails:
            batch.move(email, batch.entries[email].mailbox_ids - {number})
        batch.flush()
