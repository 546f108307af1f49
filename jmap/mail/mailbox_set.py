"""Updating and destroying several mailboxes in one Mailbox/set (RFC 8620 §5.3: the final state must be valid)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jmap.core import ids, sql
from jmap.core.context import Context
from jmap.core.errors import SetError
from jmap.core.objects import checked_patch
from jmap.core.patch import apply_patch
from jmap.core.set import Outcome, destroy_each
from jmap.core.writing import Log
from jmap.mail.batch import Batch
from jmap.mail.mailbox_rules import conflict
from jmap.mail.mailbox_tree import Forest, Place, ancestors

if TYPE_CHECKING:
    from jmap.mail.mailbox import Mailbox

Wire = dict[str, Any]
Row = dict[str, Any]

RELATIVES = """
WITH RECURSIVE above AS (
    SELECT id, parent_id, name, role FROM mail_mailbox WHERE account_id = %s AND id = %s
    UNION SELECT m.id, m.parent_id, m.name, m.role FROM above a
    JOIN mail_mailbox m ON m.account_id = %s AND m.id = a.parent_id
)
SELECT * FROM above
UNION SELECT id, parent_id, name, role FROM mail_mailbox
WHERE account_id = %s AND (parent_id IS NOT DISTINCT FROM %s::bigint AND name = %s OR role = %s::text)
"""


@dataclass(slots=True)
class Update:
    """One mailbox before its patch, the patch, and after it."""

    number: int
    old: Wire
    patch: Wire
    new: Wire


def update_together(kind: "Mailbox", context: Context, log: Log, update: Mapping[str, Any], outcome: Outcome) -> None:
    """All patches are laid on a picture of the account, what does not fit is refused, and the rest is written at once:
    so mailboxes may change places, names and roles with each other."""
    if not update:
        return
    rows = {row["id"]: row for row in kind.rows(log.account_id, None)}
    updates = checked_updates(kind, context, log, update, outcome)
    refuse_conflicts(rows, updates, outcome)
    changed = [each for each in updates.values() if each.old != each.new]
    write_rows(log.account_id, changed)
    subscribe(
        context, log.account_id, {each.number: each.new["isSubscribed"] for each in changed if resubscribed(each)}
    )
    for each in changed:
        log.updated(kind.name, each.number, kind.image(rows[each.number]))
    move_trash(log, next((id for id, row in rows.items() if row["role"] == "trash"), None))
    report(kind, context, log, updates, outcome)


def checked_updates(
    kind: "Mailbox", context: Context, log: Log, update: Mapping[str, Any], outcome: Outcome
) -> dict[str, Update]:
    """Each mailbox with its patch applied, checked by itself."""
    numbers = {wire_id: number for number, wire_id in ids.numbers("m", update).items()}
    present = kind.fetch(context, log.account_id, list(numbers.values()), list(kind.properties), {})
    updates = {}
    for wire_id, patch in update.items():
        try:
            old = present.get(numbers.get(wire_id, 0))
            if old is None:
                raise SetError("notFound")
            updates[wire_id] = Update(numbers[wire_id], old, patch, checked_patch(kind, context, old, patch))
        except SetError as error:
            outcome.not_updated[wire_id] = error.wire
    return updates


def refuse_conflicts(rows: Mapping[int, Row], updates: dict[str, Update], outcome: Outcome) -> None:
    """Take back, the last first, every update that leaves the account invalid, until none does."""
    forest = Forest({id: place_of_row(row) for id, row in rows.items()})
    moved = {id: each for id, each in updates.items() if place_of(each.new) != forest.places[each.number]}
    for each in moved.values():
        forest.put(each.number, place_of(each.new))
    again = True
    while again:
        again = False
        for wire_id in reversed(list(moved)):
            if error := conflict(forest, moved[wire_id].number):
                outcome.not_updated[wire_id] = error.wire
                number = moved.pop(wire_id).number
                forest.put(number, place_of_row(rows[number]))
                del updates[wire_id]
                again = True


def relatives(account_id: int, place: Place) -> Forest:
    """The mailboxes that a new one could get into conflict with: its ancestors, its namesake, who has its role."""
    found = sql.rows(
        RELATIVES, account_id, place.parent, account_id, account_id, place.parent, place.name, place.role
    )  # fmt: skip
    return Forest({id: Place(parent, name, role) for id, parent, name, role in found})


def place_of(wire: Wire) -> Place:
    return Place(parent_number(wire["parentId"]), wire["name"], wire["role"])


def place_of_row(row: Row) -> Place:
    return Place(row["parent_id"], row["name"], row["role"])


def parent_number(wire: str | None) -> int | None:
    """The number in a parentId; an id that can't be ours becomes the number of none."""
    return None if wire is None else ids.number("m", wire) or 0


def resubscribed(update: Update) -> bool:
    return bool(update.old["isSubscribed"] != update.new["isSubscribed"])


def write_rows(account_id: int, changed: Collection[Update]) -> None:
    """Roles are let go of before they are given, for no two rows may have one at any moment."""
    if not changed:
        return
    numbers = [each.number for each in changed]
    if released := [each.number for each in changed if each.old["role"] != each.new["role"]]:
        sql.run("UPDATE mail_mailbox SET role = NULL WHERE account_id = %s AND id = ANY(%s)", account_id, released)
    sql.run(
        "UPDATE mail_mailbox m SET parent_id = c.parent, name = c.name, role = c.role, sort_order = c.sort_order"
        " FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::bigint[])"
        " c(id, parent, name, role, sort_order) WHERE m.account_id = %s AND m.id = c.id",
        numbers,
        [parent_number(each.new["parentId"]) for each in changed],
        [each.new["name"] for each in changed],
        [each.new["role"] for each in changed],
        [each.new["sortOrder"] for each in changed],
        account_id,
    )


def subscribe(context: Context, account_id: int, subscribed: Mapping[int, bool]) -> None:
    """What the caller says of these mailboxes: number -> isSubscribed."""
    if subscribed:
        sql.run(
            "INSERT INTO mail_subscription (account_id, mailbox_id, user_id, is_subscribed)"
            " SELECT %s, mailbox, %s, said FROM unnest(%s::bigint[], %s::boolean[]) c(mailbox, said)"
            " ON CONFLICT (account_id, mailbox_id, user_id) DO UPDATE SET is_subscribed = excluded.is_subscribed",
            account_id, context.caller.user_id, list(subscribed), list(subscribed.values()),
        )  # fmt: skip


def move_trash(log: Log, before: int | None) -> None:
    """Where the role trash went elsewhere, unreadThreads counts by other rules (RFC 8621 §2) in every mailbox that
    shares a thread with the old trash or the new."""
    batch = Batch(log)
    after = batch.trash
    if before != after:
        batch.trash = before
        for mailbox in {before, after} - {None}:
            batch.load_mailbox(mailbox or 0)
        batch.trash = after
        batch.write_counts()


def report(kind: "Mailbox", context: Context, log: Log, updates: Mapping[str, Update], outcome: Outcome) -> None:
    """`updated`: what changed otherwise than asked for, or null."""
    found = kind.fetch(context, log.account_id, [each.number for each in updates.values()], list(kind.properties), {})
    for wire_id, each in updates.items():
        asked = apply_patch(each.old, each.patch, kind.properties)
        asked["parentId"] = each.new["parentId"]  # a creation id resolved is what was asked for
        now = found[each.number]
        outcome.updated[wire_id] = {name: value for name, value in now.items() if asked.get(name) != value} or None


def destroy_ordered(
    kind: "Mailbox", context: Context, log: Log, destroy: list[str], options: Wire, outcome: Outcome
) -> None:
    """Children before their parents, whatever the order given."""
    parents = {row["id"]: row["parent_id"] for row in kind.rows(log.account_id, None)}
    deepest_first = sorted(destroy, key=lambda wire: -len(ancestors(ids.number("m", wire) or 0, parents)))
    destroy_each(kind, context, log, deepest_first, options, outcome)
