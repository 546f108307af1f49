"""How far a client has been told: for each account a place in its change log, written as one short string.

It is the event id of RFC 8620 §7.3, the pushState of RFC 8887 §4.3.5 and what a push subscription remembers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from jmap.core.states import state_text

Place = tuple[int, int]  # an account's epoch and modseq
Position = Mapping[int, Place]  # by account
Types = frozenset[str] | None  # names of data types; None: all of them
Changed = dict[str, dict[str, str]]  # RFC 8620 §7.1 `changed`

ACCOUNTS = 10_000  # in one position that is read
ENTRY = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,16})-([0-9a-f]{1,16})\Z")


@dataclass(frozen=True, slots=True)
class AccountState:
    """An account's row as far as push needs it; `states` has the modseq of each type's newest change."""

    epoch: int
    modseq: int
    states: Mapping[str, int]

    @property
    def place(self) -> Place:
        return self.epoch, self.modseq

    def since(self, place: Place | None, types: Types) -> dict[str, str]:
        """The TypeState of what has changed since a place; all types where that is unknown, or of another epoch."""
        epoch, modseq = place or (self.epoch, -1)
        known = modseq if epoch == self.epoch and modseq <= self.modseq else -1
        return {
            name: state_text(self.epoch, at)
            for name, at in self.states.items()
            if at > known and (types is None or name in types)
        }


def encode(position: Position) -> str:
    """Of digits, letters, "-" and "."."""
    return ".".join(f"{account:x}-{epoch:x}-{modseq:x}" for account, (epoch, modseq) in position.items())


def decode(text: str) -> dict[int, Place]:
    """What can't be read counts as never told."""
    entries = text.split(".", ACCOUNTS)[:ACCOUNTS]
    found = (ENTRY.match(entry) for entry in entries)
    return {int(match[1], 16): (int(match[2], 16), int(match[3], 16)) for match in found if match}


def changes(position: Position, now: Mapping[int, AccountState], types: Types) -> Changed:
    """All that has changed since a position; accounts without any of it are left out."""
    found = ((account, state.since(position.get(account), types)) for account, state in now.items())
    return {f"a{account}": states for account, states in found if states}
