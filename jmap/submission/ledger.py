"""What became of each recipient, written down at once: the shorter the moment between a peer's word and this, the fewer
messages are sent twice when a worker dies. Telling others comes after (jmap.submission.news)."""

import random
from collections.abc import Mapping

from django.conf import settings

from jmap.core import sql
from jmap.submission.claims import Claim
from jmap.submission.relay.letter import Addressee
from jmap.submission.relay.replies import Outcome

JITTER = (0.85, 1.15)  # so that what failed together does not come back together

# A delivery is a fact, whoever made it; of other results only those of the attempt under way count.
SETTLE = """
UPDATE submission_queued SET
    state = CASE WHEN %(state)s = 'waiting' AND expires_at <= now() THEN 'failed' ELSE %(state)s END,
    due_at = CASE WHEN %(state)s = 'waiting'
             THEN greatest(least(now() + make_interval(secs => %(wait)s), expires_at), now()) ELSE due_at END,
    lease_until = NULL, reply = %(reply)s, host = %(host)s, action = %(action)s, news = true
WHERE id = %(id)s AND state = 'waiting' AND (attempts = %(attempts)s OR %(state)s = 'delivered')
"""


def settle(claim: Claim, outcomes: Mapping[Addressee, Outcome]) -> None:
    """One transaction; may be repeated."""
    rows = [values(claim, addressee, outcome) for addressee, outcome in outcomes.items()]
    sql.cursor().executemany(SETTLE, rows)


def values(claim: Claim, addressee: Addressee, outcome: Outcome) -> dict[str, object]:
    attempts = claim.attempts[addressee.id]
    return {
        "id": addressee.id,
        "attempts": attempts,
        "state": outcome.state,
        "wait": 0.0 if outcome.soon else pause(attempts),
        "reply": outcome.reply.text,
        "host": outcome.host,
        "action": outcome.action if outcome.state == "delivered" else "",
    }


def pause(attempts: int) -> float:
    """Seconds until the next attempt after so many."""
    schedule = settings.RETRY_SCHEDULE
    wait: float = schedule[min(attempts, len(schedule)) - 1]
    return wait * random.uniform(*JITTER)  # noqa: S311
