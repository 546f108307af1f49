"""Taking arrivals to work on, for a while, and putting back those that could not be filed."""

import logging
import traceback
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from jmap.core import sql
from jmap.core.doorbell import ring_now
from jmap.mail.arrivals import BELL

logger = logging.getLogger("jmap")

MESSAGES, OCTETS = 50, 8_000_000  # of one claim: what fits into memory and a short transaction
LEASE = 120  # seconds for which nobody else takes what was claimed
LONGEST_WAIT = 3600  # seconds between two attempts
RUNG = 3  # seconds after which nobody seems to have heard the bell
WITHOUT_ROOM = 600  # seconds until a full account is tried again


@dataclass(frozen=True, slots=True)
class Arrival:
    """A row of mail_arrival; `attempts` counts this one."""

    id: int
    account_id: int
    blob: bytes
    size: int
    sender: str
    recipient: str
    notify: str | None
    orcpt: str | None
    ret: str | None
    envid: str | None
    verdict: dict[str, Any]
    received_at: datetime
    attempts: int

    @property
    def is_junk(self) -> bool:
        return bool(self.verdict.get("junk"))

    @property
    def may_be_answered(self) -> bool:
        """Whether its sender is probably who they say; else answers would go to somebody who has nothing to do with it
        (RFC 3834 §2)."""
        results = {name: (self.verdict.get(name) or {}).get("result") for name in ("spf", "dmarc")}
        return not self.is_junk and (results["spf"] != "fail" or results["dmarc"] == "pass")


# One statement. What failed before comes alone, so that the worker it may kill holds nothing else.
CLAIM = """
WITH waiting AS (
    SELECT id, CASE WHEN attempts > 0 THEN %(octets)s ELSE size + 1 END AS weight FROM mail_arrival
    WHERE account_id = %(account)s AND due_at <= now() AND (lease_until IS NULL OR lease_until < now())
    ORDER BY id LIMIT %(messages)s FOR UPDATE SKIP LOCKED
), weighed AS (
    SELECT id, weight, sum(weight) OVER (ORDER BY id) AS up_to FROM waiting
)
UPDATE mail_arrival a
SET lease_until = now() + make_interval(secs => %(lease)s), attempts = attempts + 1,
    due_at = now() + make_interval(secs => least(power(2, least(attempts, 20)), %(longest)s))
FROM weighed w WHERE a.id = w.id AND (w.up_to <= %(octets)s OR w.up_to = w.weight)
RETURNING a.id, a.account_id, a.blob, a.size, a.sender, a.recipient, a.notify, a.orcpt, a.ret, a.envid, a.verdict,
    a.received_at, a.attempts
"""


def claim(account_id: int) -> list[Arrival]:
    """The next arrivals of an account, oldest first, that nobody is at work on; none if there are none."""
    values = {"account": account_id, "octets": OCTETS, "messages": MESSAGES, "lease": LEASE, "longest": LONGEST_WAIT}
    rows = sql.cursor().execute(CLAIM, values, binary=True).fetchall()
    return sorted((Arrival(*row) for row in rows), key=lambda arrival: arrival.id)


def give_back(arrivals: list[Arrival]) -> None:
    """Nothing was wrong with them: they wait as before."""
    sql.run(
        "UPDATE mail_arrival SET lease_until = NULL, due_at = now(), attempts = attempts - 1 WHERE id = ANY(%s)",
        [arrival.id for arrival in arrivals],
    )


def fail(arrival: Arrival, error: Exception) -> None:
    """It is tried again when the wait is over that began with the claim."""
    said = place_of(error)
    logger.error("Arrival %s could not be filed in attempt %s: %s", arrival.id, arrival.attempts, said)
    sql.run("UPDATE mail_arrival SET lease_until = NULL, error = %s WHERE id = %s", said, arrival.id)


def is_passing(error: Exception) -> bool:
    """Whether the database was in trouble, and not the message: it will do later. A message that goes beyond one of its
    limits (SQLSTATE class 54) never will."""
    state = getattr(error.__cause__ or error, "sqlstate", None) or ""
    return isinstance(error, sql.UNREACHABLE) and not state.startswith("54")


def place_of(error: Exception) -> str:
    """Kind and place of an error. Not its message: that may hold mail."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def postpone(arrival: Arrival) -> None:
    """There is no room for it in the account."""
    sql.run(
        "UPDATE mail_arrival SET lease_until = NULL, attempts = 0, error = 'The account has no room left',"
        " due_at = now() + make_interval(secs => %s) WHERE id = %s",
        WITHOUT_ROOM, arrival.id,
    )  # fmt: skip


def still_waiting(arrivals: list[Arrival]) -> set[int]:
    """Those that nobody has filed meanwhile, kept from everybody else until the transaction around ends."""
    ids = [arrival.id for arrival in arrivals]
    return {id for (id,) in sql.rows("SELECT id FROM mail_arrival WHERE id = ANY(%s) FOR UPDATE", ids)}


def remove(ids: list[int]) -> None:
    """They are filed, in the transaction around."""
    sql.run("DELETE FROM mail_arrival WHERE id = ANY(%s)", ids)


def sweep() -> int:
    """Ring for arrivals whose bell was lost or which failed before, once for each account; returns how many times."""
    found = sql.rows(
        "SELECT DISTINCT ON (account_id) id FROM mail_arrival WHERE due_at < now() - make_interval(secs => %s)"
        " AND (lease_until IS NULL OR lease_until < now()) ORDER BY account_id, id",
        RUNG,
    )
    for (id,) in found:
        ring_now(BELL, id)
    return len(found)
