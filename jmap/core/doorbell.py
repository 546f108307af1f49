"""Waking whoever does the work that a transaction left behind, once it has committed.

A ring is a hint: the work itself is a row, and a sweep finds every row whose ring was lost."""

import logging
import time
from collections.abc import Callable

from django.db import transaction

logger = logging.getLogger("jmap")

Bell = Callable[[int], object]
QUIET_FOR = 10.0  # seconds that a bell is left alone after it failed: a broker that hangs would take its time each time

# Name of the work -> what to call with the row's id; floors above announce theirs.
bells: dict[str, Bell] = {}
_broken: dict[Bell, float] = {}  # until when


def ring(name: str, id: int) -> None:
    """Announce a row of work when the transaction around commits (at once outside of one)."""
    transaction.on_commit(lambda: ring_now(name, id))


def ring_now(name: str, id: int) -> None:
    """Trouble with the broker must not fail what has been committed already, nor slow it down for long."""
    bell = bells.get(name)
    if bell is None or time.monotonic() < _broken.get(bell, 0.0):
        return
    try:
        bell(id)
        _broken.pop(bell, None)
    except Exception:
        _broken[bell] = time.monotonic() + QUIET_FOR
        logger.exception("The bell %s could not be rung; sweeps will find the work", name)
