"""EmailPush objects for mail that was delivered (draft-ietf-jmap-emailpush-03)."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from accounts.access import Caller
from jmap.core import sql
from jmap.core.context import Context
from jmap.core.datatype import registered
from jmap.core.filters import make_sql, parse_filter
from jmap.core.states import CREATED, state_text
from jmap.mail.arrivals import DELIVERED_BY
from jmap.mail.email_filters import FILTERS, Scope
from jmap.mail.email_query import tables
from jmap.push.message import Message
from jmap.push.position import AccountState, Place, Position

MOST = 50  # emails told of at once; of more, the newest
Wire = dict[str, Any]


def email_pushes(
    caller: Caller, configs: Mapping[str, Wire], told: Position, now: Mapping[int, AccountState], room: int
) -> list[Message]:
    """For each account what has been delivered since it was told last. Inside a snapshot that `now` was read in."""
    found: list[Message] = []
    for wire_id, config in configs.items():
        account = int(wire_id[1:])
        if account in now and told.get(account) != now[account].place:
            numbers = delivered_since(account, told.get(account), now[account])
            emails = read_emails(caller, account, matching(account, numbers, config["filter"]), config["properties"])
            found += pack(account, now[account], emails, config["urgency"], room)
    return found


def delivered_since(account: int, place: Place | None, state: AccountState) -> list[int]:
    """The newest emails that delivery has made since a place of this epoch; of a place elsewhere nothing is known."""
    if place is None or place[0] != state.epoch or state.states.get("EmailDelivery", 0) <= place[1]:
        return []
    rows = sql.rows(
        "SELECT last, entries FROM core_change WHERE account_id = %s AND type = 'Email' AND last > %s AND by = %s"
        " ORDER BY last DESC LIMIT %s",
        account, place[1], DELIVERED_BY, MOST,
    )  # fmt: skip
    made = [id for _, entries in rows for op, id, before in reversed(entries) if op == CREATED and before is None]
    return sorted(made[:MOST])


def matching(account: int, numbers: Sequence[int], filter: Any) -> list[int]:
    """Those of the emails that are still there and match."""
    scope = Scope(account, by_mailbox=False)
    conditions = f"e.account_id = {scope.bind(account)} AND e.id = ANY({scope.bind(list(numbers))})"
    node = parse_filter(filter, FILTERS)
    if node is not None:
        conditions += f" AND {make_sql(node, lambda name, value: FILTERS[name].sql(scope, value))}"
    query = f"SELECT e.id FROM {tables(scope)} WHERE {conditions} ORDER BY e.id"
    return [id for (id,) in sql.rows(query, *scope.parameters)] if numbers else []


def read_emails(caller: Caller, account: int, numbers: list[int], names: list[str]) -> list[Wire]:
    """The properties of each email in the order asked for."""
    raw = registered["Email"].fetch(Context(caller), account, numbers, names, {}) if numbers else {}
    wires = [raw[number].value() for number in numbers if number in raw]
    return [{name: wire[name] for name in names} for wire in wires]


def pack(account: int, state: AccountState, emails: list[Wire], urgency: str, room: int) -> list[Message]:
    """Emails that fit together in one object; of one that fits in none, the properties that do (§3)."""

    def wrap(emails: list[Wire]) -> Wire:
        email_state = state_text(state.epoch, state.states.get("Email", 0))
        return {"@type": "EmailPush", "accountId": f"a{account}", "emails": emails, "state": email_state}

    groups: list[list[Wire]] = []
    for email in emails:
        if groups and fits(wrap([*groups[-1], email]), room):
            groups[-1].append(email)
        else:
            groups.append([cut(email, lambda part: fits(wrap([part]), room))])
    done = {account: state.place}
    # Only the last of them says that all have been told.
    return [
        Message(wrap(group), urgency, emails=done if at == len(groups) else {}) for at, group in enumerate(groups, 1)
    ]


def fits(wire: Wire, room: int) -> bool:
    return len(orjson.dumps(wire)) <= room


def cut(email: Wire, accepts: Any) -> Wire:
    """Its properties in their order, without those that would be too much."""
    kept: Wire = {}
    for name, value in email.items():
        if accepts({**kept, name: value}):
            kept[name] = value
    return kept
