"""The one door through which an account is changed: one transaction, one lock, one log (DESIGN: the write door)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import transaction
from psycopg.types.json import Jsonb

from jmap.core import sql
from jmap.core.errors import MethodError, SetError
from jmap.core.notices import announce_on_commit
from jmap.core.states import COUNTED, CREATED, DESTROYED, UPDATED, Clock, heralds

Image = dict[str, Any]
Mark = tuple[int, int, int, int]
LogEntry = tuple[str, Image | None]  # the operation and the object's image before it


class Log(Clock):
    """What one transaction changes in one account. Hands out ids, keeps the net change of each object, and writes all
    of it with the account's row when the door closes."""

    def __init__(self, clock: Clock, by: str, next_id: int, used: int, quota: int | None) -> None:
        super().__init__(clock.account_id, clock.modseq, clock.epoch, clock.states, clock.floors)
        self.by, self.next_id, self.used, self.quota = by, next_id, used, quota
        self.replaced: dict[tuple[str, int], int] = {}  # objects that came back under another id
        self.entries: dict[str, dict[int, LogEntry]] = {}
        self.undo: list[tuple[str, int, LogEntry | None]] = []  # what each note took the place of, for `rewind`

    def new_id(self) -> int:
        """The next id of this account: ids rise with time and are never used twice."""
        self.next_id += 1
        return self.next_id - 1

    def latest(self, type: str, id: int) -> int:
        """The id that an object made in this transaction has at its end."""
        while (type, id) in self.replaced:
            id = self.replaced[type, id]
        return id

    def note(self, type: str, id: int, entry: LogEntry | None) -> None:
        """Put an entry in place of what is noted of an object; None: nothing has happened to it."""
        entries = self.entries.setdefault(type, {})
        self.undo.append((type, id, entries.get(id)))
        if entry is None:
            entries.pop(id, None)
        else:
            entries[id] = entry

    def noted(self, type: str, id: int) -> LogEntry | None:
        return self.entries.get(type, {}).get(id)

    def created(self, type: str, id: int, replaces: int | None = None) -> None:
        """`replaces` is the id under which an object was there before: then it is not a new one."""
        self.note(type, id, (CREATED, None if replaces is None else {"replaces": replaces}))

    def updated(self, type: str, id: int, before: Image | None = None, *, counts_only: bool = False) -> None:
        """Note an update with the object's image before it; only the first image of a transaction counts."""
        op, first = self.noted(type, id) or (COUNTED if counts_only else UPDATED, before)
        if op != CREATED:
            op = UPDATED if op == COUNTED and not counts_only else op
            self.note(type, id, (op, before if first is None else first))

    def destroyed(self, type: str, id: int, before: Image | None = None) -> None:
        """Note a destruction with all columns that filters and sorts read; what was created here leaves no trace."""
        op, first = self.noted(type, id) or (DESTROYED, None)
        self.note(type, id, None if op == CREATED else (DESTROYED, {**(before or {}), **(first or {})}))

    def changed(self, type: str) -> bool:
        return bool(self.entries.get(type))

    def charge(self, octets: int) -> None:
        """Add to (or take from) the account's bytes used; raises SetError overQuota."""
        if octets > 0 and self.quota is not None and self.used + octets > self.quota:
            raise SetError("overQuota", "The account has no room left")
        self.used += octets

    def mark(self) -> Mark:
        """What `rewind` needs to forget everything noted from here on (one object of a /set that failed)."""
        return self.next_id, self.used, len(self.undo), len(self.replaced)

    def rewind(self, mark: Mark) -> None:
        self.next_id, self.used, notes, replaced = mark
        while len(self.undo) > notes:
            self.note(*self.undo.pop())
            self.undo.pop()
        while len(self.replaced) > replaced:
            self.replaced.popitem()

    def close(self) -> None:
        """Write the log and the account's row."""
        rows = []
        for type, entries in self.entries.items():
            if entries:
                self.modseq += len(entries)
                self.states[type] = self.modseq
                if type in heralds and (CREATED, None) in entries.values():
                    self.states[heralds[type]] = self.modseq
                packed = Jsonb([[op, id, before] for id, (op, before) in entries.items()])
                rows.append((self.account_id, type, self.modseq, self.by, packed))
        sql.run_many("INSERT INTO core_change (account_id, type, last, by, entries) VALUES (%s, %s, %s, %s, %s)", rows)
        sql.run(
            "UPDATE accounts_account SET modseq = %s, next_id = %s, used_bytes = %s, states = %s WHERE id = %s",
            self.modseq, self.next_id, self.used, Jsonb(self.states), self.account_id,
        )  # fmt: skip


door_open: ContextVar[bool] = ContextVar("door_open", default=False)


@contextmanager
def only_door() -> Iterator[None]:
    """Two account locks in one transaction could deadlock, and two logs of one account would overwrite each other."""
    if door_open.get():
        raise RuntimeError("An account is open for writing already")
    token = door_open.set(True)
    try:
        yield
    finally:
        door_open.reset(token)


@contextmanager
def writing(account_id: int, by: str) -> Iterator[Log]:
    """One transaction that changes one account. Locks the account's row first, so writers of an account are serial;
    no second door opens inside. `by` names the credential. Raises MethodError accountNotFound."""
    with only_door(), transaction.atomic():
        found = sql.row(
            "SELECT modseq, epoch, states, floors, next_id, used_bytes, quota_bytes"
            " FROM accounts_account WHERE id = %s FOR NO KEY UPDATE",
            account_id,
        )
        if found is None:
            raise MethodError("accountNotFound")
        modseq, epoch, states, floors, next_id, used, quota = found
        clock = Clock(account_id, modseq, epoch, states, floors)
        log = Log(clock, by, next_id, used, quota)
        yield log
        log.close()
        if log.modseq > modseq:
            announce_on_commit(account_id)
