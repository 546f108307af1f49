"""From a change to the push subscriptions it may concern: their rows become due, and the worker is rung."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg

from jmap.core.connection import drop_dead_connection
from jmap.core.doorbell import ring_now
from jmap.push.subscription import BELL

# Those that wait for nothing yet: of several processes one makes them due. Which types are wanted is seen later.
MAKE_DUE = """
UPDATE push_subscription SET due_at = greatest(now(), pushed_at + make_interval(secs => gap)) WHERE id IN (
    SELECT s.id FROM push_subscription s JOIN accounts_access x ON x.user_id = s.user_id
    WHERE x.account_id = ANY(%s) AND s.verified AND s.due_at IS NULL FOR UPDATE OF s SKIP LOCKED)
RETURNING id
"""
# Sending a task message takes a database connection of Django's, and one thread keeps one.
executor = ThreadPoolExecutor(1, thread_name_prefix="bell")


async def wake(connection: psycopg.AsyncConnection[Any], accounts: list[int]) -> None:
    """These accounts have changed."""
    if not accounts:
        return
    due = await (await connection.execute(MAKE_DUE, [accounts])).fetchone()
    if due is not None:
        await asyncio.get_running_loop().run_in_executor(executor, ring_bell, due[0])


def ring_bell(id: int) -> None:
    drop_dead_connection()
    ring_now(BELL, id)
