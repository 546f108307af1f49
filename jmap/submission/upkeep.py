"""What the queue needs every so often: rings for what is due, and an end of what is done."""

from django.conf import settings

from jmap.core import sql
from jmap.core.doorbell import ring_now
from jmap.submission.claims import WAITING
from jmap.submission.queue import BELL


def ring_for_due() -> bool:
    """For retries, for what was held until now, for lost bells, and for what a dead worker held; whether it rang."""
    id = sql.value(f"SELECT id FROM submission_queued WHERE {WAITING} ORDER BY due_at LIMIT 1")
    if id is not None:
        ring_now(BELL, id)
    return id is not None


def forget() -> int:
    """Delete what has been done for some days; returns how many rows."""
    return sql.run(
        "DELETE FROM submission_queued WHERE state <> 'waiting' AND NOT news"
        " AND coalesce(tried_at, due_at) < now() - make_interval(days => %s::int)",
        settings.QUEUE_HISTORY,
    )
