"""This thread's database connection, looked at before a request relies on it."""

import select

from django.db import connection


def drop_dead_connection() -> None:
    """Close a connection that the database ended, so that the next statement makes a new one.

    Costs no round trip: of an idle connection there is nothing to read, save the news that it has ended."""
    held = connection.connection
    if held is not None and (held.closed or has_news(held.fileno())):
        connection.close()


def has_news(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
