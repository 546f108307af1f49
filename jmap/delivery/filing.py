"""From an arrival to an Email: each is filed exactly once, for its row goes in the transaction that files it."""

import logging
import time

from jmap.core import sql
from jmap.core.errors import SetError
from jmap.core.writing import Log, writing
from jmap.delivery import notices, vacation_reply
from jmap.delivery.claims import Arrival, claim, fail, give_back, is_passing, postpone, remove, still_waiting
from jmap.delivery.letters import Letter, read_letters
from jmap.delivery.places import Places
from jmap.delivery.reports import note_report
from jmap.delivery.twins import Twins
from jmap.mail.arrivals import DELIVERED_BY
from jmap.mail.batch import Batch
from jmap.mail.ingest import NewEmail, ingest

logger = logging.getLogger("jmap")

TURN = 10.0  # seconds for one account; then the others have theirs


def file_arrival(id: int) -> None:
    """File an arrival, and what else waits for its account. Nothing is left to do where it was filed already."""
    account_id = sql.value("SELECT account_id FROM mail_arrival WHERE id = %s", id)
    end = time.monotonic() + TURN
    while account_id is not None and time.monotonic() < end and (arrivals := claim(account_id)):
        file_claimed(account_id, arrivals)


def file_claimed(account_id: int, arrivals: list[Arrival]) -> None:
    """Read and file them. Raises only where it was the database's fault; then they wait as before."""
    try:
        file_or_divide(account_id, read_letters(account_id, arrivals))
    except Exception:
        give_back(arrivals)
        raise


def file_or_divide(account_id: int, letters: list[Letter]) -> None:
    """File all in one transaction; if that fails, each in its own, so that one that can't be filed does not hold up
    the others."""
    try:
        file_letters(account_id, letters)
    except Exception as error:
        if is_passing(error):
            raise
        if len(letters) == 1:
            fail(letters[0].arrival, error)
        else:
            for letter in letters:
                file_or_divide(account_id, [letter])


def file_letters(account_id: int, letters: list[Letter]) -> None:
    """Those that nobody else has filed meanwhile, in one transaction."""
    with writing(account_id, DELIVERED_BY) as log:
        waiting = still_waiting([letter.arrival for letter in letters])
        ours = [letter for letter in letters if letter.arrival.id in waiting]
        places = Places(log, by_name=any(letter.detail for letter in ours))
        twins = Twins(account_id, [letter.envelope for letter in ours])
        batch = Batch(log)
        remove([letter.arrival.id for letter in ours if file_letter(batch, places, twins, letter)])
        batch.flush()


def file_letter(batch: Batch, places: Places, twins: Twins, letter: Letter) -> bool:
    """Whether the arrival is done with; else the account has no room for it yet."""
    mailbox = places.find(junk=letter.arrival.is_junk, detail=letter.detail)
    if not twins.has(mailbox, letter.envelope):
        try:
            add(batch, mailbox, letter)
        except SetError:  # overQuota
            return refuse(batch.log, letter)
        twins.add(mailbox, letter.envelope)
    if letter.notice:
        notices.send(batch.log, letter.notice)
    return True


def add(batch: Batch, mailbox: int, letter: Letter) -> None:
    """The new email with all that follows from it. Raises SetError overQuota; then nothing has happened."""
    arrival = letter.arrival
    keywords = ["$junk"] if arrival.is_junk else []
    ingest(batch, NewEmail(letter.envelope, arrival.blob, {mailbox}, keywords, arrival.received_at))
    if letter.report:
        note_report(batch.log, letter.report, arrival.blob)
    if letter.reply:
        vacation_reply.send(batch.log, letter.reply)


def refuse(log: Log, letter: Letter) -> bool:
    """Return the message to its sender, who has waited long enough; without one to tell, it waits for room however
    long. Whether it is done with."""
    if letter.bounce is None:
        postpone(letter.arrival)
        return False
    logger.warning("Arrival %s goes back: account %s has no room", letter.arrival.id, log.account_id)
    notices.send(log, letter.bounce)
    return True
