"""Saying that an account has changed, once its transaction has committed.

A notice is a hint without content: whoever hears it looks at the account's row. It is sent after the commit and not
within it: PostgreSQL lets transactions that notify commit one after the other (docs/decisions/0012)."""

from collections.abc import Callable
from functools import partial

from django.db import transaction

from jmap.core import sql

CHANNEL = "changed"  # the payload: numbers of accounts, separated by spaces


def notify(account_id: int) -> None:
    sql.run("SELECT pg_notify(%s, %s)", CHANNEL, str(account_id))


# How this process says it; one that listens itself puts something quicker here.
announcers: list[Callable[[int], None]] = [notify]


def announce_on_commit(account_id: int) -> None:
    """Trouble with saying it must not fail what has been committed: who listens also looks from time to time."""
    transaction.on_commit(partial(announce, account_id), robust=True)


def announce(account_id: int) -> None:
    announcers[-1](account_id)
