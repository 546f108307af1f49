"""What an administrator does with mail that waits: try it now, give it back to its senders, or drop it.

What is being sent at this moment is left alone."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from django.db import transaction

from jmap.core import sql
from jmap.core.doorbell import ring
from jmap.core.writing import writing
from jmap.submission import news
from jmap.submission.queue import BELL
from jmap.submission.results import finalize

GIVEN_BACK = "554 5.7.1 The administrator of this server has stopped the delivery"
FREE = "state = 'waiting' AND (lease_until IS NULL OR lease_until < now())"


@transaction.atomic
def retry(ids: Collection[int]) -> int:
    """Make rows due now, those too that were held until later; returns how many."""
    found = sql.rows(
        f"UPDATE submission_queued SET due_at = now() WHERE id = ANY(%s) AND {FREE} RETURNING id", list(ids)
    )
    if found:
        ring(BELL, found[0][0])
    return len(found)


def give_back(ids: Collection[int]) -> int:
    """End the delivery as a failure, of which the senders get a report; returns of how many rows."""
    return stop(ids, "failed")


def cancel(ids: Collection[int]) -> int:
    """End the delivery without a report; a submission shows it all the same. Returns of how many rows."""
    return stop(ids, "canceled")


def stop(ids: Collection[int], state: str) -> int:
    by_account: dict[int, list[int]] = defaultdict(list)
    for account_id, id in sql.rows("SELECT account_id, id FROM submission_queued WHERE id = ANY(%s)", list(ids)):
        by_account[account_id].append(id)
    stopped = [row for account_id, rows in by_account.items() for row in stop_in(account_id, rows, state)]
    for group in messages_of(stopped):
        news.tell(group)
    return len(stopped)


def stop_in(account_id: int, ids: Sequence[int], state: str) -> list[int]:
    """Under the account's lock, for what is stopped can't be taken back by its sender any more."""
    with writing(account_id, "administrator") as log:
        found = sql.rows(
            f"SELECT id, submission_id FROM submission_queued WHERE id = ANY(%s) AND {FREE} FOR UPDATE SKIP LOCKED",
            list(ids),
        )
        sql.run(
            "UPDATE submission_queued SET state = %s, reply = %s, host = '', news = true, lease_until = NULL,"
            " tried_at = coalesce(tried_at, now()) WHERE id = ANY(%s)",
            state, GIVEN_BACK, [id for id, _ in found],
        )  # fmt: skip
        for submission_id in {submission for _, submission in found if submission is not None}:
            finalize(log, submission_id)
    return [id for id, _ in found]


def messages_of(ids: Sequence[int]) -> Iterable[list[int]]:
    """The rows of each message."""
    for (group,) in sql.rows(
        "SELECT array_agg(id) FROM submission_queued WHERE id = ANY(%s)"
        " GROUP BY account_id, blob, submission_id, sender, ret, envid, expires_at",
        list(ids),
    ):
        yield group
