"""DSNs and MDNs that come in, told to the submission they are about (RFC 8621 §7 deliveryStatus)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from jmap.core import sql
from jmap.core.writing import Log
from jmap.mail.envelope import hash64
from jmap.mime.message import parse
from jmap.mime.report import Outcome, Report, read_report
from jmap.submission.results import DeliveryStatus, add_report, note

DELIVERED = {"delivered": "yes", "failed": "no"}  # Action (RFC 3464 §2.3.3) -> delivered
REPLY_CODES = {"2": "250", "4": "450", "5": "550"}  # class of the status -> SMTP reply code
LONGEST_REPLY = 1_000


# Whether the submission's ENVID is this one; the client may have spelled the keyword in any case.
SAME_ENVELOPE = """jsonb_path_exists(
    s.envelope, '$.mailFrom.parameters.keyvalue() ? (@.key like_regex "^envid$" flag "i" && @.value == $id)',
    jsonb_build_object('id', %s::text), true)"""


@dataclass(slots=True)
class Candidate:
    """A submission that a report may be about; `is_exact`: its ENVID is the report's."""

    id: int
    is_exact: bool
    statuses: dict[str, DeliveryStatus]


def find_report(headers: bytes, raw: bytes) -> Report | None:
    """The report that a message is; `headers` is its header block, which tells most messages apart at once."""
    return read_report(raw, parse(raw)) if b"multipart/report" in headers.lower() else None


def note_report(log: Log, report: Report, blob: bytes) -> None:
    """Keep the report with its submission, and what it says of each recipient. Inside the write door."""
    found = find_submission(log.account_id, report)
    if found is not None:
        add_report(log, found.id, report.kind, blob)
        note(log, found.id, dict(changes(report, found.statuses)))


def find_submission(account_id: int, report: Report) -> Candidate | None:
    """Of those of the message that is reported on, the one with the ENVID, which names one transaction exactly
    (RFC 3464 §2.2.1), else the newest; where the report does not tell the message, ENVID alone decides."""
    sent = list(by_message_id(account_id, report)) or list(by_envelope_id(account_id, report))
    return next((each for each in sent if each.is_exact), None) or next(iter(sent), None)


def by_message_id(account_id: int, report: Report) -> Iterator[Candidate]:
    """The submissions of the message with this Message-ID to one of the recipients, newest first."""
    if report.message_id:
        for *columns, listing in sql.rows(
            f"SELECT s.id, {SAME_ENVELOPE}, s.delivery_status, v.listing FROM mail_messageid i"
            " JOIN submission_emailsubmission s ON s.account_id = i.account_id AND s.email_id = i.email_id"
            " JOIN mail_emailenvelope v ON v.account_id = i.account_id AND v.email_id = i.email_id"
            " WHERE i.account_id = %s AND i.message_id = %s ORDER BY s.id DESC",
            report.envelope_id, account_id, hash64(report.message_id),
        ):  # fmt: skip
            candidate, own = Candidate(*columns), orjson.loads(listing.partition(b"\n")[0]) or []
            # Others with this id only refer to it.
            if report.message_id in own and any(reported(each, candidate.statuses) for each in report.outcomes):
                yield candidate


def by_envelope_id(account_id: int, report: Report) -> Iterator[Candidate]:
    if report.envelope_id:
        for columns in sql.rows(
            "SELECT s.id, true, s.delivery_status FROM submission_emailsubmission s"
            f" WHERE s.account_id = %s AND {SAME_ENVELOPE} ORDER BY s.id DESC LIMIT 1",
            account_id, report.envelope_id,
        ):  # fmt: skip
            yield Candidate(*columns)


def changes(report: Report, statuses: dict[str, DeliveryStatus]) -> Iterator[tuple[str, DeliveryStatus]]:
    """What the report changes of the recipients' statuses."""
    for each in report.outcomes:
        address = reported(each, statuses)
        if address is None:
            continue
        if report.kind == "mdn" and each.action == "displayed":
            yield address, {"displayed": "yes"}
        elif report.kind == "dsn" and each.action in DELIVERED and not is_final(statuses[address]):
            yield address, delivery_status(each)


def reported(outcome: Outcome, statuses: dict[str, Any]) -> str | None:
    """The recipient, as in the submission's envelope, that an outcome is about: the original one where it is named
    (RFC 3464 §2.3.1), else the final one; where neither is known, the only one there was."""
    known = {address.lower(): address for address in statuses}
    found = known.get(outcome.original.lower()) or known.get(outcome.final.lower())
    return found or (next(iter(statuses)) if len(statuses) == 1 and not outcome.original else None)


def is_final(status: DeliveryStatus) -> bool:
    """RFC 8621 §7: with "yes" and "no" nothing changes any more."""
    return status.get("delivered") in ("yes", "no")


def delivery_status(outcome: Outcome) -> DeliveryStatus:
    """What a DSN's final word makes of the status; the reply is made up where the DSN holds none of SMTP's."""
    code = REPLY_CODES.get(outcome.status[:1], "550" if outcome.action == "failed" else "250")
    words = "Delivered" if outcome.action == "delivered" else "Delivery failed"
    reply = outcome.reply if outcome.reply[:3].isdecimal() else f"{code} {outcome.status or f'{code[0]}.0.0'} {words}"
    return {
        "smtpReply": " ".join(reply.split())[:LONGEST_REPLY],
        "delivered": "yes" if outcome.action == "delivered" else "no",
    }
