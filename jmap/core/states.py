"""State strings and the way back through the change log (RFC 8620 §5.2)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jmap.core import sql
from jmap.core.errors import MethodError

STATE = re.compile(r"1-([0-9a-f]{1,16})-(0|[1-9][0-9]{0,18})\Z")  # format version, epoch, modseq

LOG_BATCH = 100  # transactions read from the log at once
CREATED, UPDATED, COUNTED, DESTROYED = "c", "u", "n", "d"  # COUNTED: nothing but a Mailbox's counts changed
# Data type -> the type without objects whose state moves when one is new (RFC 8621 §1.5 EmailDelivery).
heralds: dict[str, str] = {}


def state_text(epoch: int, modseq: int) -> str:
    return f"1-{epoch:x}-{modseq}"


@dataclass(slots=True)
class Clock:
    """An account's modseq, and for each type the modseq of its newest change and the oldest one still known."""

    account_id: int
    modseq: int
    epoch: int
    states: dict[str, int]
    floors: dict[str, int]

    def state(self, type: str) -> str:
        """The state string of a type (RFC 8620 §5.1)."""
        return state_text(self.epoch, self.states.get(type, 0))

    def state_at(self, modseq: int) -> str:
        return state_text(self.epoch, modseq)

    def since(self, type: str, state: str) -> int:
        """The modseq in a state string; raises cannotCalculateChanges for a foreign, future or trimmed one."""
        match = STATE.match(state)
        if match and int(match[1], 16) == self.epoch:
            modseq = int(match[2])
            if self.floors.get(type, 0) <= modseq <= self.states.get(type, 0):
                return modseq
        raise MethodError("cannotCalculateChanges", "That state is too old or not one of this account's")


def read_clock(account_id: int) -> Clock:
    found = sql.row("SELECT modseq, epoch, states, floors FROM accounts_account WHERE id = %s", account_id)
    if found is None:
        raise MethodError("accountNotFound")
    modseq, epoch, states, floors = found
    return Clock(account_id, modseq, epoch, states, floors)


@dataclass(slots=True)
class Entry:
    """One change of one object. `before` is its image before the change, as its type made it."""

    modseq: int
    op: str
    id: int
    before: dict[str, Any] | None


def read_log(account_id: int, type: str, since: int) -> Iterator[Entry]:
    """The entries after a modseq, oldest first; read in batches, as far as the caller goes on."""
    while True:
        found = sql.rows(
            "SELECT last, entries FROM core_change WHERE account_id = %s AND type = %s AND last > %s"
            " ORDER BY last LIMIT %s",
            account_id, type, since, LOG_BATCH,
        )  # fmt: skip
        for last, entries in found:
            yield from (entry for entry in unpack(last, entries) if entry.modseq > since)
        if len(found) < LOG_BATCH:
            return
        since = found[-1][0]


def unpack(last: int, entries: list[list[Any]]) -> Iterable[Entry]:
    first = last - len(entries) + 1
    return (Entry(first + at, op, id, before) for at, (op, id, before) in enumerate(entries))


@dataclass(slots=True)
class Net:
    """What a stretch of the log did to one object in all."""

    existed: bool  # before the stretch
    exists: bool  # after it
    counts_only: bool
    before: dict[str, Any] | None  # the image before the stretch; None where it did not exist
    images: list[dict[str, Any]]  # all later images, for what an update's image leaves out


def net_changes(entries: Iterable[Entry]) -> dict[int, Net]:
    """Create, update and destroy of one object collapse into one net change; in order of first appearance."""
    found: dict[int, Net] = {}
    for entry in entries:
        net = found.get(entry.id)
        if net is None:
            existed = entry.op != CREATED
            net = found[entry.id] = Net(existed, True, True, entry.before if existed else None, [])
        elif entry.before:
            net.images.append(entry.before)
        net.exists = entry.op != DESTROYED
        net.counts_only = net.counts_only and entry.op == COUNTED
    return found


def past_record(id: int, net: Net, now: Mapping[str, Any] | None) -> dict[str, Any]:
    """The record as it was: its image, completed by what later images and the present row say of fixed columns."""
    record: dict[str, Any] = {**(now or {}), "id": id}
    for image in reversed(net.images):
        record.update(image)
    return record | (net.before or {})
