"""Telling rspamd what users moved into Junk or out of it."""

import http.client
import logging
import time
from dataclasses import dataclass

from jmap.core import blobs, sql
from jmap.core.doorbell import ring_now
from jmap.delivery.rspamd import Rspamd
from jmap.mail.junk import BELL

logger = logging.getLogger("jmap.delivery")

TURN = 30.0  # seconds for one account
SECONDS = 10.0  # for one message
MOST_ATTEMPTS = 8  # the last about a day after the first
LATE = 10  # seconds after which nobody seems to have heard the bell


@dataclass(frozen=True, slots=True)
class JunkReport:
    """A row of mail_junkreport; `attempts` counts this one."""

    id: int
    account_id: int
    blob: bytes
    is_junk: bool
    attempts: int


CLAIM = """
UPDATE mail_junkreport SET attempts = attempts + 1, due_at = now() + make_interval(mins => power(3, attempts)::int)
WHERE id = (SELECT id FROM mail_junkreport WHERE account_id = %s AND due_at <= now()
            ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, account_id, blob, is_junk, attempts
"""


def send_reports(id: int, rspamd: Rspamd) -> None:
    """Send a report, and what else is to be told of its account. Stops where rspamd does not answer: a sweep goes on
    later."""
    account_id = sql.value("SELECT account_id FROM mail_junkreport WHERE id = %s", id)
    end = time.monotonic() + TURN
    while account_id is not None and time.monotonic() < end and (row := sql.row(CLAIM, account_id)):
        if not send(JunkReport(*row), rspamd):
            return


def send(report: JunkReport, rspamd: Rspamd) -> bool:
    """Whether the report is done with, sent or given up."""
    located = blobs.open_blob(report.account_id, report.blob)
    try:
        if located is not None:
            rspamd.learn(located.octets(), report.is_junk, time.monotonic() + SECONDS)
    except (OSError, http.client.HTTPException, ValueError) as error:
        logger.warning("rspamd did not learn: %s", type(error).__name__)
        if report.attempts < MOST_ATTEMPTS:
            return False
    forget(report)
    return True


def forget(report: JunkReport) -> None:
    """Unless the user has changed their mind since."""
    sql.run("DELETE FROM mail_junkreport WHERE id = %s AND attempts = %s", report.id, report.attempts)


def sweep() -> int:
    """Ring for reports whose bell was lost or which could not be sent, once for each account."""
    found = sql.rows(
        "SELECT DISTINCT ON (account_id) id FROM mail_junkreport"
        " WHERE due_at < now() - make_interval(secs => %s) ORDER BY account_id, id",
        LATE,
    )
    for (id,) in found:
        ring_now(BELL, id)
    return len(found)
