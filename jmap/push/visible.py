"""Which accounts a user may see, and their states: the one question that all of push asks."""

from collections.abc import Iterable
from typing import Any

from jmap.core import sql
from jmap.push.position import AccountState

VISIBLE = """
SELECT x.user_id, a.id, a.epoch, a.modseq, a.states FROM accounts_access x
JOIN accounts_user u ON u.id = x.user_id AND u.is_active JOIN accounts_account a ON a.id = x.account_id
WHERE x.user_id = ANY(%s)
"""
VISIBLE_OF = f"{VISIBLE} AND x.account_id = ANY(%s)"  # of these accounts alone

ByUser = dict[int, dict[int, AccountState]]


def by_user(rows: Iterable[tuple[Any, ...]]) -> ByUser:
    """user -> account -> its state; users who see the same account share the object."""
    states: dict[int, AccountState] = {}
    found: ByUser = {}
    for user, account, epoch, modseq, types in rows:
        state = states.setdefault(account, AccountState(epoch, modseq, types))
        found.setdefault(user, {})[account] = state
    return found


def visible_to(user_id: int) -> dict[int, AccountState]:
    """Account -> its state, of all that the user may see now."""
    return by_user(sql.rows(VISIBLE, [user_id])).get(user_id, {})
