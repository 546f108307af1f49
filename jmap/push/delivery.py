"""Delivering to push subscriptions. The rows say what is due; this claims them, asks the push services, many at a
time, and writes down what came of it. Losing a process or a bell loses nothing (jmap.push.upkeep)."""

import asyncio
import logging
import random
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
from django.utils import timezone

from accounts.auth import caller_of
from accounts.standing import Standing, good
from jmap.core import sql
from jmap.push import webpush
from jmap.push.emailpush import email_pushes
from jmap.push.message import Message, state_changes, verification
from jmap.push.models import Subscription
from jmap.push.position import Place, decode, encode
from jmap.push.vapid import application_server_key
from jmap.push.visible import visible_to
from jmap.push.webpush import Outcome, Result, Target

logger = logging.getLogger("jmap")

LOCK = zlib.crc32(b"push delivery")
AT_ONCE = 100  # subscriptions
LEASE = 60  # seconds; after them, what a dead worker was at goes to another
LONGEST_JOB = 40.0  # seconds that all messages to one subscription may take
TURN = 20.0  # seconds; then the worker may stop, if it was asked to
LOOK_EVERY = 0.2  # seconds between looks for what has become due
SOON = 2.0  # seconds; it stays for what is due so soon

SHORTEST_GAP, LONGEST_GAP = 1.0, 3600.0  # seconds between two pushes to one subscription
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0  # seconds after failures
MOST_FAILURES = 60  # in a row, about two days: then nobody is there any more
VERIFYING = 3  # attempts to reach the host; one that was reached is asked once (RFC 8620 §7.2)
LONGEST_TTL = 28 * 86400  # seconds

CLAIM = """
UPDATE push_subscription SET due_at = NULL, lease_until = now() + make_interval(secs => %s) WHERE id IN (
    SELECT id FROM push_subscription WHERE due_at <= now() AND (lease_until IS NULL OR lease_until < now())
    ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING id
"""
NEXT_DUE = (
    "SELECT extract(epoch FROM min(due_at) - now())::float8 FROM push_subscription"
    " WHERE lease_until IS NULL OR lease_until < now()"
)
SUCCESS = """
UPDATE push_subscription SET lease_until = NULL, failures = 0, error = '', position = %s, gap = %s,
    email_position = CASE WHEN email_position = %s THEN %s ELSE email_position END,
    pushed_at = CASE WHEN %s THEN now() ELSE pushed_at END,
    due_at = CASE WHEN due_at IS NOT NULL AND %s THEN now() + make_interval(secs => %s) ELSE due_at END
WHERE id = %s
"""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be delivered to one subscription, and how far it has then been told."""

    row: Subscription
    target: Target
    messages: list[Message]
    states: Mapping[int, Place]


@dataclass(frozen=True, slots=True)
class Report:
    """How many messages were delivered, and what came of the last that was tried."""

    delivered: int
    outcome: Outcome


def deliver_due() -> bool:
    """Deliver until nothing is due, or the turn is over; whether it must go on. One process does it at a time; what
    becomes due meanwhile it finds itself."""
    end = time.monotonic() + TURN
    while has_work():
        with only_one() as alone:
            if not alone:
                return False
            if time.monotonic() >= end:
                return True
            with network() as (loop, session):
                work(loop, session, end)
    return False


def has_work() -> bool:
    due = sql.value(NEXT_DUE)
    return due is not None and due < SOON


@contextmanager
def only_one() -> Iterator[bool]:
    """Whether this is the only one that delivers, of all processes."""
    alone = bool(sql.value("SELECT pg_try_advisory_lock(%s)", LOCK))
    try:
        yield alone
    finally:
        if alone:
            sql.value("SELECT pg_advisory_unlock(%s)", LOCK)


@contextmanager
def network() -> Iterator[tuple[asyncio.AbstractEventLoop, aiohttp.ClientSession]]:
    """An event loop in a thread of its own, with a client: this thread has the database."""
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(AT_ONCE, "names"))  # a slow name server keeps others from no name
    thread = threading.Thread(target=loop.run_forever, name="push", daemon=True)
    thread.start()
    opened = webpush.client()
    try:
        yield loop, asyncio.run_coroutine_threadsafe(opened.__aenter__(), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(opened.__aexit__(None, None, None), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def work(loop: asyncio.AbstractEventLoop, session: aiohttp.ClientSession, end: float) -> None:
    running: dict[Future[Report], Job] = {}
    while running or (time.monotonic() < end and has_work()):
        room = AT_ONCE - len(running) if time.monotonic() < end else 0
        for (id,) in sql.rows(CLAIM, LEASE, room):
            if (job := prepare_or_postpone(id)) is not None:
                running[asyncio.run_coroutine_threadsafe(deliver(session, job), loop)] = job
        if not running:
            time.sleep(LOOK_EVERY)
        for future in wait(running, LOOK_EVERY, FIRST_COMPLETED).done:
            finish(running.pop(future), future.result())


async def deliver(session: aiohttp.ClientSession, job: Job) -> Report:
    """Its messages one after the other, up to the first that is not taken."""
    delivered, outcome = 0, Outcome(Result.DELIVERED)
    try:
        async with asyncio.timeout(LONGEST_JOB):
            for delivered, message in enumerate(job.messages):
                outcome = await webpush.push(session, job.target, message)
                if outcome.result is not Result.DELIVERED:
                    return Report(delivered, outcome)
    except TimeoutError:
        return Report(delivered, Outcome(Result.FAILED, "too slow"))
    except Exception:
        logger.exception("A push to subscription %d failed unexpectedly", job.row.pk)
        return Report(delivered, Outcome(Result.FAILED, "see the log"))
    return Report(len(job.messages), outcome)


# Before: from the row to the job


def prepare_or_postpone(id: int) -> Job | None:
    """One subscription that makes trouble does not keep the others waiting."""
    try:
        return prepare(id)
    except sql.UNREACHABLE:
        raise
    except Exception:
        logger.exception("Nothing could be made ready for push subscription %d", id)
        later = timezone.now() + timedelta(seconds=LONGEST_PAUSE)
        Subscription.objects.filter(pk=id).update(lease_until=None, due_at=later, error="see the log")
        return None


def prepare(id: int) -> Job | None:
    """What to deliver; None where there is nothing, or the subscription is no more."""
    row = Subscription.objects.select_related("user").filter(pk=id).first()
    if row is None:
        return None
    if not is_alive(row):
        row.delete()
        return None
    if not row.verified:
        return Job(row, target_of(row), [verification(row.pk, row.code)], {}) if begin_verification(row) else None
    job = read_news(row, target_of(row))
    if not job.messages:
        note_success(job)
    return job if job.messages else None


def is_alive(row: Subscription) -> bool:
    """RFC 8620 §7.2: it ends with its time and with its login; RFC 9749 §5: and with the key it was made for."""
    standing = Standing(row.user_id, row.credential, row.proof)
    is_expired = row.expires_at is not None and row.expires_at <= timezone.now()
    return not is_expired and row.application_server_key == application_server_key() and bool(good([standing]))


def read_news(row: Subscription, target: Target) -> Job:
    caller = caller_of(row.user, row.credential, row.proof)
    types = None if row.types is None else frozenset(row.types)
    with sql.snapshot():
        now = visible_to(row.user_id)
        emails = email_pushes(caller, row.email_push or {}, decode(row.email_position), now, target.room)
        states = state_changes(decode(row.position), now, types, target.room)
    return Job(row, target, [*emails, *states], {account: state.place for account, state in now.items()})


def target_of(row: Subscription) -> Target:
    left = LONGEST_TTL if row.expires_at is None else int((row.expires_at - timezone.now()).total_seconds())
    key, secret = (bytes(row.p256dh), bytes(row.auth)) if row.p256dh and row.auth else (None, None)
    return Target(row.url, key, secret, max(0, min(left, LONGEST_TTL)))


def begin_verification(row: Subscription) -> bool:
    """RFC 8620 §7.2: it is asked once. That is written down first, so that not even a crash makes it twice."""
    begun = Subscription.objects.filter(pk=row.pk, pushed_at=None).update(pushed_at=timezone.now())
    if not begun:
        Subscription.objects.filter(pk=row.pk).update(lease_until=None)
    return bool(begun)


# After: from the report to the row


def finish(job: Job, report: Report) -> None:
    if report.outcome.result is Result.GONE:
        Subscription.objects.filter(pk=job.row.pk).delete()
    elif not job.row.verified:
        finish_verification(job.row, report.outcome)
    elif report.outcome.result is Result.DELIVERED:
        note_success(job)
    else:
        note_failure(job, report)


def finish_verification(row: Subscription, outcome: Outcome) -> None:
    changed: dict[str, object] = {"lease_until": None, "error": outcome.detail}
    failures = row.failures + 1
    if outcome.result is Result.UNREACHED and failures < VERIFYING:
        due = timezone.now() + timedelta(seconds=FIRST_PAUSE * failures)
        changed |= {"pushed_at": None, "due_at": due, "failures": failures}
    Subscription.objects.filter(pk=row.pk).update(**changed)


def note_success(job: Job) -> None:
    """All is told. What came up meanwhile is due again after the gap."""
    row, pushed = job.row, bool(job.messages)
    gap = max(SHORTEST_GAP, row.gap / 2) if pushed else row.gap
    position = encode(job.states)
    sql.run(SUCCESS, position, gap, row.email_position, position, pushed, pushed, gap, row.pk)


def note_failure(job: Job, report: Report) -> None:
    """Try again later, from after what was delivered; give up where nobody has answered for long."""
    row, failures = job.row, job.row.failures + 1
    if failures > MOST_FAILURES:
        row.delete()
        return
    told, emails = decode(row.position), decode(row.email_position)
    for message in job.messages[: report.delivered]:
        told.update(message.states)
        emails.update(message.emails)
    slower = report.outcome.result is Result.SLOWER
    Subscription.objects.filter(pk=row.pk).update(
        lease_until=None, failures=failures, error=report.outcome.detail, position=encode(told),
        email_position=encode(emails), due_at=next_attempt(failures, report.outcome),
        gap=min(LONGEST_GAP, max(row.gap * 2, FIRST_PAUSE)) if slower else row.gap,
    )  # fmt: skip


def next_attempt(failures: int, outcome: Outcome) -> datetime:
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (failures - 1)) * random.uniform(0.8, 1.2)  # noqa: S311
    return timezone.now() + timedelta(seconds=max(pause, outcome.retry_after))
