"""One API request on its way through the methods: who calls, the created ids, the snapshot that reads share."""

import os
import pickle
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Any

from accounts.access import Caller, Right
from jmap.core import ids, limits, sql
from jmap.core.capabilities import Capability
from jmap.core.errors import MethodError, invalid_arguments
from jmap.core.states import Clock, read_clock

STOWED = 8_000_000  # octets that `stow` keeps in memory


@dataclass
class Context:
    """Reads of consecutive methods share one REPEATABLE READ snapshot; a write ends it, the next read opens another,
    so that each method's `state` belongs to what it returned."""

    caller: Caller
    using: frozenset[str] = frozenset()
    created_ids: dict[str, str] = field(default_factory=dict)
    responses: list[tuple[str, Any, str]] = field(default_factory=list)
    snapshot: ExitStack | None = None
    clocks: dict[int, Clock] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)
    capability: Capability | None = None  # of the method that runs; an account may lack it
    reference_room: int = limits.MAX_REFERENCE_WEIGHT
    stowage: "SpooledTemporaryFile[bytes] | None" = None
    response_room: int = field(default_factory=lambda: limits.MAX_RESPONSE)

    def right(self, account: Any, error: str = "accountNotFound") -> Right:
        """The caller's right on the account with this wire id; raises accountNotFound, also where they have none, and
        accountNotSupportedByMethod where the account lacks the method's capability."""
        if not isinstance(account, str):
            raise invalid_arguments("accountId must be an Id")
        number = ids.account_number(account)
        right = self.caller.rights.get(number) if number is not None else None
        if right is None:
            raise MethodError(error)
        if self.capability and self.capability.account and self.capability.account(right) is None:
            raise MethodError(error.replace("NotFound", "NotSupportedByMethod"))
        return right

    def right_to_write(self, account: Any) -> Right:
        right = self.right(account)
        if right.read_only:
            raise MethodError("accountReadOnly")
        return right

    def read(self) -> None:
        """Make sure that a snapshot is open."""
        if self.snapshot is None:
            self.snapshot = ExitStack()
            self.snapshot.enter_context(sql.snapshot())

    def stow(self, value: Any) -> Callable[[], Any]:
        """Put aside what is prepared for a write, in a file beyond STOWED octets: a call may bring a thousand large
        messages. What is returned brings it back, until the method ends."""
        if self.stowage is None:
            self.stowage = SpooledTemporaryFile(STOWED)  # noqa: SIM115
        file = self.stowage
        start = file.seek(0, os.SEEK_END)
        pickle.dump(value, file)

        def bring() -> Any:
            file.seek(start)
            return pickle.load(file)  # noqa: S301 nobody but `stow` writes this file

        return bring

    def drop_stowage(self) -> None:
        stowage, self.stowage = self.stowage, None
        if stowage is not None:
            stowage.close()

    def release(self) -> None:
        """End the snapshot, if one is open: before a write, after an error and at the end of the request."""
        snapshot, self.snapshot = self.snapshot, None
        self.clocks.clear()
        if snapshot is not None:
            snapshot.close()

    def take_room(self, octets: int) -> None:
        """Bound what the response holds in memory, however many calls ask for how many large objects; one object is
        never too large. Raises MethodError requestTooLarge."""
        if self.response_room <= 0:
            raise MethodError("requestTooLarge", "The response would be too large; ask for less at a time")
        self.response_room -= octets

    def clock(self, account_id: int) -> Clock:
        """The account's states as of this snapshot."""
        self.read()
        if account_id not in self.clocks:
            self.clocks[account_id] = read_clock(account_id)
        return self.clocks[account_id]

    def resolve_id(self, wire: str) -> str:
        """A creation id "#x" becomes the id it was given, if it is known (RFC 8620 §5.3)."""
        return self.created_ids.get(wire[1:], wire) if wire.startswith("#") else wire
