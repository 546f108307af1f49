"""How much one user may send, over every way of sending: JMAP and SMTP submission fill the same budgets.

with transaction.atomic():                 # or the write door: what is charged goes with what is queued
    charge(user_id, recipients=len(envelope.recipients))
    enqueue(…)
"""

import math

from django.conf import settings
from django.db import transaction

from jmap.core import sql

HOUR, DAY = 3600.0, 86_400.0
# What was used, less what has been forgotten since: a budget empties evenly over its period.
LEFT = "greatest(0, b.level - extract(epoch FROM clock_timestamp() - b.at)::float8 * %s)"


class OverRate(Exception):  # noqa: N818
    """The user has sent too much of late; nothing was counted. `retry_after` seconds from now it fits."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"You have sent too much mail of late; try again in {retry_after} seconds")
        self.retry_after = retry_after


def charge(user_id: int, recipients: int) -> None:
    """Count one message to so many recipients. Raises OverRate (RFC 8620 rateLimit, 450 4.7.1 in SMTP).

    Locks the user's budgets until the transaction around ends: call it when all else is checked."""
    with transaction.atomic():
        spend(user_id, "messages", 1, settings.MAX_MESSAGES_PER_HOUR, HOUR)
        spend(user_id, "recipients", recipients, settings.MAX_RECIPIENTS_PER_DAY, DAY)


def spend(user_id: int, kind: str, amount: int, limit: int, period: float) -> None:
    """Of one budget; a limit of 0 is none."""
    if not limit:
        return
    rate = limit / period
    if amount > limit:
        raise OverRate(math.ceil(period))
    spent = sql.run(
        "INSERT INTO submission_sendbudget AS b (user_id, kind, level, at)"
        " VALUES (%s, %s, %s, clock_timestamp()) ON CONFLICT (user_id, kind) DO UPDATE"
        f" SET level = {LEFT} + excluded.level, at = excluded.at WHERE {LEFT} + excluded.level <= %s",
        user_id, kind, float(amount), rate, rate, float(limit),
    )  # fmt: skip
    if not spent:
        left = sql.value(
            f"SELECT {LEFT} FROM submission_sendbudget b WHERE user_id = %s AND kind = %s", rate, user_id, kind
        )
        raise OverRate(max(1, math.ceil((left + amount - limit) / rate)))
