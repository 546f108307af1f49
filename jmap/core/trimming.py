"""The change log is kept for a while and then cut off from its beginning: who was away for longer fetches everything
anew (RFC 8620 §5.2 wants 30 days at least)."""

from django.conf import settings
from psycopg.types.json import Jsonb

from jmap.core import sql
from jmap.core.writing import writing

AT_ONCE = 1000  # rows that go in one transaction: no writer waits for long

OLDEST = """
SELECT max(last) FROM (
    SELECT last, at FROM core_change WHERE account_id = %s AND type = %s ORDER BY last LIMIT %s
) oldest WHERE at < now() - make_interval(days => %s::int)
"""


def trim() -> int:
    """Cut the logs of all accounts; returns how many rows went. Once a day is enough."""
    accounts = sql.rows("SELECT id, states FROM accounts_account")
    return sum(trim_account(account_id) for account_id, states in accounts if old_rows(account_id, states))


def trim_account(account_id: int) -> int:
    count = 0
    while gone := cut(account_id):
        count += gone
    return count


def cut(account_id: int) -> int:
    """Delete some of the oldest rows, and note from where /changes can still start."""
    count = 0
    with writing(account_id, "trim") as log:
        reached = old_rows(account_id, log.states)
        for type, last in reached.items():
            count += sql.run(
                "DELETE FROM core_change WHERE account_id = %s AND type = %s AND last <= %s", account_id, type, last
            )
        if reached:
            floors = Jsonb(log.floors | reached)
            sql.run("UPDATE accounts_account SET floors = %s WHERE id = %s", floors, account_id)
    return count


def old_rows(account_id: int, types: dict[str, int]) -> dict[str, int]:
    """For each type with rows that are old enough: the last of the first of them."""
    found = {type: sql.value(OLDEST, account_id, type, AT_ONCE, settings.CHANGE_LOG_DAYS) for type in types}
    return {type: last for type, last in found.items() if last is not None}
