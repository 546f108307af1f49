"""An arrival with all that can be known of it before the account is locked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from accounts.domains import BadAddress
from accounts.recipients import find_recipient
from jmap.core import blobs
from jmap.core.blobs import Located
from jmap.delivery.claims import Arrival, fail, is_passing
from jmap.delivery.notices import Notice, write_notice
from jmap.delivery.reports import find_report
from jmap.delivery.vacation_reply import Reply, Vacation
from jmap.mail.envelope import Envelope, bare_envelope, read_envelope
from jmap.mime.report import Report
from jmap.submission.queue import KEPT_FOR

ANSWER_ATTEMPTS = 4  # after them a message is filed without telling anybody
READ_ATTEMPTS = 8  # after them it is filed without being read


@dataclass(slots=True)
class Letter:
    """A message ready to be filed. `detail` is the subaddress it was sent to, "" without. `notice` tells the sender
    that it was delivered; `bounce`, that the account has had no room for it for too long."""

    arrival: Arrival
    envelope: Envelope
    detail: str = ""
    report: Report | None = None
    reply: Reply | None = None
    notice: Notice | None = None
    bounce: Notice | None = None


def read_letters(account_id: int, arrivals: list[Arrival]) -> list[Letter]:
    """Those of the arrivals that can be read; the others have failed, for this time."""
    located = blobs.open_blobs(account_id, [arrival.blob for arrival in arrivals])
    vacation = Vacation(account_id)
    letters = []
    for arrival in arrivals:
        try:
            letters.append(read_letter(arrival, located, vacation))
        except Exception as error:
            if is_passing(error):
                raise
            fail(arrival, error)
    return letters


def read_letter(arrival: Arrival, located: Mapping[bytes, Located], vacation: Vacation) -> Letter:
    """Raises whatever goes wrong. What went wrong too often is left out: better filed than lost."""
    raw = located[arrival.blob].octets()
    if arrival.attempts > READ_ATTEMPTS:
        return Letter(arrival, bare_envelope(arrival.account_id, len(raw)))
    letter = Letter(arrival, read_envelope(arrival.account_id, raw), find_detail(arrival))
    if arrival.attempts <= ANSWER_ATTEMPTS:
        write_answers(letter, raw, vacation)
    return letter


def write_answers(letter: Letter, raw: bytes, vacation: Vacation) -> None:
    """Everything that follows from a message beyond its own email."""
    arrival = letter.arrival
    letter.report = find_report(letter.envelope.headers, raw)
    letter.notice = write_notice("delivered", arrival, raw)
    if datetime.now(UTC) - arrival.received_at > KEPT_FOR:
        letter.bounce = write_notice("failed", arrival, raw)
    if vacation.covers(arrival.received_at) and arrival.may_be_answered:
        letter.reply = vacation.reply_to(arrival, letter.envelope)


def find_detail(arrival: Arrival) -> str:
    """What stands behind "+" in the recipient's address, where that is a subaddress of the account's."""
    if "+" not in arrival.recipient:
        return ""
    try:
        found = find_recipient(arrival.recipient)
    except BadAddress:
        return ""
    return found.detail if found and found.account_id == arrival.account_id else ""
