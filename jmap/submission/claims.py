"""Taking rows of the queue to send, for a while: one message to one domain at a time, and not too many to any domain.

What a worker holds it holds by lease: renewed while it lives, over soon after it died, so that nothing is lost and only
what was in flight can be sent twice."""

import logging
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.conf import settings
from django.db import transaction

from accounts.recipients import is_local
from jmap.core import sql
from jmap.core.errors import MethodError
from jmap.core.writing import writing
from jmap.submission.relay.letter import Addressee
from jmap.submission.results import finalize

logger = logging.getLogger("jmap")

MOST_RECIPIENTS = 100  # of one transaction: what every server must take (RFC 5321 §4.5.3.1.8)
LOOKED_AT = 200  # rows in one look for work
LOCK_WAIT = 100  # milliseconds
LOCKS = zlib.crc32(b"sending") - 2**31  # the class of our advisory locks
WAITING = "state = 'waiting' AND due_at <= now() AND (lease_until IS NULL OR lease_until <= now())"
# What rows of one message and one domain have in common; who sends the same twice means it twice.
GROUP = ("account_id", "blob", "submission_id", "expires_at", "kind", "sender", "ret", "envid", "domain")


@dataclass(frozen=True, slots=True)
class Claim:
    """One message to recipients of one domain, ours to send until the lease ends. `attempts` has each row's, with this
    one."""

    account_id: int
    blob: bytes
    size: int
    submission_id: int | None
    sender: str
    ret: str | None
    envid: str | None
    domain: str
    addressees: tuple[Addressee, ...]
    attempts: dict[int, int]

    @property
    def ids(self) -> list[int]:
        return list(self.attempts)


@dataclass(frozen=True, slots=True)
class Candidate:
    """The first row of what might be claimed."""

    id: int
    account_id: int
    submission_id: int | None
    domain: str
    attempts: int
    size: int


class Crowded(Exception):  # noqa: N818
    """Enough is in flight to there already."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Where as many messages are in flight as there may be: some domains, or the smart host, which is all that is not
    local."""

    domains: list[str]
    smart_host: bool

    def has(self, domain: str) -> bool:
        return domain in self.domains or (self.smart_host and not is_local(domain))


def claim_due(most: int, octets: int, skip: Collection[int] = ()) -> Iterator[Claim]:
    """Up to `most` claims of together about so many octets, the longest due first; `skip` are ids not to begin with."""
    refused: set[str] = set()
    for candidate in candidates(skip):
        if most <= 0 or octets <= 0:
            return
        if candidate.domain in refused:
            continue
        try:
            claim = try_to_take(candidate)
        except Crowded:
            refused.add(candidate.domain)
            continue
        if claim is not None:
            most, octets = most - 1, octets - claim.size
            yield claim


def candidates(skip: Collection[int]) -> list[Candidate]:
    """One for each message and domain among the rows longest due, without the domains that have enough."""
    columns, crowd = ", ".join(GROUP), find_crowd()
    found = sql.rows(
        f"SELECT DISTINCT ON (first, {columns}) id, account_id, submission_id, domain, attempts, size FROM ("
        f" SELECT *, min(due_at) OVER (PARTITION BY {columns}) AS first FROM ("
        f"  SELECT * FROM submission_queued WHERE {WAITING} AND NOT domain = ANY(%s) AND NOT id = ANY(%s)"
        "   AND (NOT %s OR domain IN (SELECT name FROM accounts_domain))"
        f"  ORDER BY due_at, id LIMIT %s) AS due) AS grouped ORDER BY first, {columns}, id",
        crowd.domains, list(skip), crowd.smart_host, LOOKED_AT,
    )  # fmt: skip
    return [Candidate(*row) for row in found]


def find_crowd() -> Crowd:
    flights = sql.rows(
        "SELECT domain, count(DISTINCT (account_id, blob, submission_id, expires_at)) FROM submission_queued"
        " WHERE state = 'waiting' AND lease_until > now() GROUP BY domain"
    )
    most = settings.SEND_CONNECTIONS_PER_DOMAIN
    return Crowd(
        [domain for domain, count in flights if count >= most],
        bool(settings.SMART_HOST) and sum(count for _, count in flights) >= most,
    )


def try_to_take(candidate: Candidate) -> Claim | None:
    """One row that can't be taken must not hold up all others. Raises Crowded."""
    try:
        return take(candidate)
    except psycopg.errors.LockNotAvailable:
        return None
    except (Crowded, *sql.UNREACHABLE):
        raise
    except MethodError:
        drop(candidate.account_id)
    except Exception:
        logger.exception("Row %s of the queue can't be claimed", candidate.id)
        sql.run("UPDATE submission_queued SET due_at = now() + interval '5 minutes' WHERE id = %s", candidate.id)
    return None


def drop(account_id: int) -> None:
    """The account is gone, and its messages with it."""
    sql.run(
        "UPDATE submission_queued SET state = 'canceled', reply = '554 5.3.0 The account is gone'"
        " WHERE account_id = %s AND state = 'waiting'",
        account_id,
    )


def take(candidate: Candidate) -> Claim | None:
    """Lease its rows in one short transaction; None if somebody else was faster. Raises Crowded."""
    with door(candidate):
        # Who counts the flights to a place must be the only one who does.
        sql.value("SELECT pg_advisory_xact_lock(%s::int, hashtext(%s))", LOCKS, settings.SMART_HOST or candidate.domain)
        if find_crowd().has(candidate.domain):
            raise Crowded
        rows = lock_rows(candidate.id)
        return lease(rows) if rows else None


@contextmanager
def door(candidate: Candidate) -> Iterator[None]:
    """The first attempt makes a submission final, under the lock under which it could be taken back: of a claim and a
    cancel exactly one wins."""
    if candidate.submission_id is None or candidate.attempts:
        with transaction.atomic():
            yield
        return
    with transaction.atomic(), short_wait(), writing(candidate.account_id, "delivery") as log:
        yield
        if sql.row(
            "SELECT 1 FROM submission_queued WHERE id = %s AND state = 'waiting' AND attempts > 0", candidate.id
        ):
            finalize(log, candidate.submission_id)


@contextmanager
def short_wait() -> Iterator[None]:
    """In this transaction nobody waits long for a lock: an account that is being written for a while must not keep the
    mail of others."""
    sql.run(f"SET LOCAL lock_timeout = {LOCK_WAIT}")
    yield


def lock_rows(id: int) -> list[sql.Row]:
    same = " AND ".join(f"q.{column} IS NOT DISTINCT FROM f.{column}" for column in GROUP)
    waiting = WAITING.replace("state", "q.state").replace("due_at", "q.due_at").replace("lease", "q.lease")
    return sql.rows(
        "SELECT q.id, q.account_id, q.blob, q.size, q.submission_id, q.sender, q.ret, q.envid, q.domain, q.recipient,"
        f" q.notify, q.orcpt, q.attempts FROM submission_queued q JOIN submission_queued f ON f.id = %s AND {same}"
        f" WHERE {waiting} ORDER BY q.id LIMIT %s FOR UPDATE OF q SKIP LOCKED",
        id, MOST_RECIPIENTS,
    )  # fmt: skip


def lease(rows: Sequence[sql.Row]) -> Claim:
    attempts = {row[0]: row[12] + 1 for row in rows}
    sql.run(
        "UPDATE submission_queued SET attempts = attempts + 1, tried_at = now(),"
        " lease_until = now() + make_interval(secs => %s) WHERE id = ANY(%s)",
        settings.SEND_LEASE, list(attempts),
    )  # fmt: skip
    _, account, blob, size, submission, sender, ret, envid, domain, *_ = rows[0]
    addressees = tuple(Addressee(row[0], row[9], row[10], row[11]) for row in rows)
    return Claim(account, bytes(blob), size, submission, sender, ret, envid, domain, addressees, attempts)


def renew(ids: list[int]) -> None:
    """We are still at it."""
    sql.run(
        "UPDATE submission_queued SET lease_until = now() + make_interval(secs => %s)"
        " WHERE id = ANY(%s) AND state = 'waiting' AND lease_until IS NOT NULL",
        settings.SEND_LEASE, ids,
    )  # fmt: skip


def release(claim: Claim) -> None:
    """As if it had never been claimed, for nothing has been sent; but it can't be taken back any more."""
    sql.run(
        "UPDATE submission_queued SET lease_until = NULL, due_at = now() WHERE id = ANY(%s) AND state = 'waiting'",
        claim.ids,
    )
