"""Waking whoever does the work that a transaction left behind, once it has committed.

A ring is a hint: the work itself is a row, and a sweep finds every row whose ring was lost."""

import logging
from collections.abc import Callable

from django.db import transaction

logger = logging.getLogger("jmap")

# Name of the work -> what to call with the row's id; floors above announce theirs.
bells: dict[str, Callable[[int], None]] = {}


def ring(name: str, id: int) -> None:
    """Announce a row of work when the transaction around commits (at once outside of one)."""
    transaction.on_commit(lambda: ring_now(name, id))


def ring_now(name: str, id: int) -> None:
    """Trouble with the broker must not fail what has been committed already."""
    try:
        if name in bells:
            bells[name](id)
    except Exception:
        logger.exception("The bell %s could not be rung; the sweep will find the work", name)
