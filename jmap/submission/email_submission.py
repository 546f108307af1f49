"""The EmailSubmission data type (RFC 8621 §7)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from jmap.core import blobs, sql, types
from jmap.core.arguments import Table
from jmap.core.context import Context
from jmap.core.datatype import DataType
from jmap.core.errors import InvalidProperties, SetError
from jmap.core.objects import refuse_missing
from jmap.core.properties import Property, Row, computed, id_of, utc_date
from jmap.core.query import FullResults, Query, Results
from jmap.core.set import Outcome, Part
from jmap.core.types import nullable
from jmap.core.writing import Image, Log
from jmap.submission import limits, models, on_success, outgoing, submission_query
from jmap.submission.capability import SUBMISSION
from jmap.submission.envelope import envelope
from jmap.submission.outgoing import Outgoing
from jmap.submission.queue import cancel, enqueue
from jmap.submission.results import canceled_status, queued_status

Wire = dict[str, Any]


def from_server(check: types.Check = types.anything, **more: Any) -> Property:
    return Property(check, server_set=True, **more)


def blob_ids(column: str) -> Property:
    def compute(context: Context, account_id: int, rows: list[Row]) -> list[Any]:
        return [[blobs.blob_id(bytes(digest)) for digest in row[column]] for row in rows]

    return computed(compute)


class EmailSubmission(DataType):
    """A record of what was asked and what became of it; the queue sends without it."""

    name, capability, prefix, model = "EmailSubmission", SUBMISSION, "s", models.EmailSubmission
    properties: ClassVar[Mapping[str, Property]] = {
        "identityId": id_of("Identity", immutable=True),
        "emailId": id_of("Email", immutable=True),
        "threadId": from_server(refers_to="Thread"),
        "envelope": Property(nullable(envelope), default=None, immutable=True),
        "sendAt": utc_date(server_set=True),
        "undoStatus": Property(types.string, default="pending", update_only=True),
        "deliveryStatus": from_server(),
        "dsnBlobIds": blob_ids("dsn_blobs"),
        "mdnBlobIds": blob_ids("mdn_blobs"),
    }
    filters, sorts = submission_query.FILTERS, submission_query.SORTS
    methods = ("get", "changes", "set", "query", "queryChanges")
    arguments: ClassVar[Mapping[str, Table]] = {"set": on_success.ARGUMENTS}

    # Querying

    def records(self, context: Context, account_id: int, numbers: Sequence[int] | None = None) -> list[dict[str, Any]]:
        return submission_query.records(account_id, numbers)

    def results(self, context: Context, account_id: int, query: Query) -> Results:
        return FullResults(submission_query.find(account_id, query))

    def image(self, row: Mapping[str, Any]) -> Image:
        """What filters and sorts read."""
        return {name: row[name] for name in submission_query.COLUMNS if name != "id"}

    # Writing

    def prepare(self, context: Context, account_id: int, create: Wire) -> Outgoing:
        return outgoing.prepare(account_id, self.resolve(context, create))

    def create(self, context: Context, log: Log, wire: Wire, prepared: Outgoing) -> int:
        """Queue the message and record it."""
        refuse_missing(self, context, log.account_id, wire)
        number, send_at = log.new_id(), prepared.parsed.release(datetime.now(UTC))
        recipients = prepared.parsed.queued.recipients
        charge(context.caller.user_id, len(recipients))
        columns = self.columns(wire) | {"envelope": prepared.envelope}
        models.EmailSubmission.objects.create(
            account_id=log.account_id,
            id=number,
            thread_id=thread_of(log.account_id, columns["email_id"]),
            send_at=send_at,
            delivery_status={each.address: queued_status() for each in recipients},
            **columns,
        )
        enqueue(
            log.account_id, prepared.blob, prepared.size, prepared.parsed.queued,
            kind="submission", due_at=send_at, submission_id=number,
        )  # fmt: skip
        log.created(self.name, number)
        return number

    def update(self, context: Context, log: Log, number: int, old: Wire, new: Wire) -> None:
        """Nothing but undoStatus can change, and that only from pending to canceled."""
        if new["undoStatus"] == old["undoStatus"]:
            return
        if new["undoStatus"] != "canceled":
            raise InvalidProperties(["undoStatus"], "it can be set to canceled only")
        if old["undoStatus"] != "pending" or not cancel(log.account_id, number):
            raise SetError("cannotUnsend", "The message is on its way already")
        models.EmailSubmission.objects.filter(account_id=log.account_id, id=number).update(
            undo_status="canceled", delivery_status={email: canceled_status() for email in old["deliveryStatus"]}
        )
        log.updated(self.name, number, {"undo_status": "pending"})

    def after_set(self, context: Context, log: Log, arguments: Wire, outcome: Outcome) -> list[Part]:
        return on_success.change_emails(context, log, arguments, outcome)


def thread_of(account_id: int, email_id: int) -> int:
    return int(sql.value("SELECT thread_id FROM mail_email WHERE account_id = %s AND id = %s", account_id, email_id))


def charge(user_id: int, recipients: int) -> None:
    """Raises SetError rateLimit (RFC 8620 §5.3)."""
    try:
        limits.charge(user_id, recipients)
    except limits.OverRate as error:
        raise SetError("rateLimit", str(error)) from None
