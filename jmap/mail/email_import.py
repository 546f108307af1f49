"""Email/import (RFC 8621 §4.8)."""

import re
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from jmap.core import blobs, types
from jmap.core.arguments import ACCOUNT, REQUIRED, check_arguments, nullable_string
from jmap.core.capabilities import Responses
from jmap.core.context import Context
from jmap.core.errors import BadValue, InvalidProperties, MethodError, SetError
from jmap.core.objects import refuse
from jmap.core.set import check_state, created_ids_kept, one_object
from jmap.core.writing import Log, writing
from jmap.mail.email_create import Prepared, created_extras, file_message
from jmap.mail.envelope import read_envelope
from jmap.mail.keywords import keyword_set
from jmap.mime.dates import parse_date
from jmap.mime.fields import parse_fields

Wire = dict[str, Any]
ARGUMENTS = {**ACCOUNT, "ifInState": nullable_string, "emails": (types.map_of(types.string, types.anything), REQUIRED)}
CHECKS = {
    "blobId": (types.any_identifier, REQUIRED),
    "mailboxIds": (types.set_of(types.identifier), REQUIRED),
    "keywords": (keyword_set, {}),
    "receivedAt": (types.nullable(types.utc_date), None),
}
RECEIVED_DATE = re.compile(rb";([^;]*)\Z")


def email_import(context: Context, raw_arguments: Wire) -> Responses:
    arguments = check_arguments(raw_arguments, ARGUMENTS)
    account_id = context.right_to_write(arguments["accountId"]).account_id
    if len(arguments["emails"]) > settings.MAX_OBJECTS_IN_SET:
        raise MethodError("requestTooLarge", f"At most {settings.MAX_OBJECTS_IN_SET} emails")
    context.release()
    not_created: dict[str, Any] = {}
    ready = prepare_all(context, account_id, arguments["emails"], not_created)
    numbers: dict[str, int] = {}
    with created_ids_kept(context), writing(account_id, context.caller.credential) as log:
        old_state = log.state("Email")
        check_state(arguments["ifInState"], old_state)
        for creation_id, (wire, prepared) in ready.items():
            with one_object(log, lambda error, id=creation_id: not_created.__setitem__(id, error)):  # type: ignore[misc]
                numbers[creation_id] = import_one(context, log, wire, prepared)
        numbers = {creation_id: log.latest("Email", number) for creation_id, number in numbers.items()}
        context.created_ids |= {creation_id: f"e{number}" for creation_id, number in numbers.items()}
        created = created_extras(account_id, numbers)
    states = {"accountId": arguments["accountId"], "oldState": old_state, "newState": log.state("Email")}
    return [("Email/import", {**states, "created": created or None, "notCreated": not_created or None})]


def prepare_all(context: Context, account_id: int, emails: Wire, failed: Wire) -> dict[str, tuple[Wire, Prepared]]:
    """Read every message before the account is locked: creation id -> (checked import, prepared message)."""
    ready = {}
    for creation_id, wire in emails.items():
        try:
            checked = check_import(wire)
            ready[creation_id] = (checked, prepare(context, account_id, checked))
        except SetError as error:
            failed[creation_id] = error.wire
    return ready


def check_import(wire: Any) -> Wire:
    """An EmailImport object; raises InvalidProperties."""
    if not isinstance(wire, dict):
        raise InvalidProperties([], "an EmailImport is an object")
    wrong = {name: "there is no such property" for name in wire if name not in CHECKS}
    checked = {}
    for name, (check, default) in CHECKS.items():
        try:
            if name not in wire and default is REQUIRED:
                raise BadValue("is missing")
            checked[name] = check(wire[name]) if name in wire else default
        except BadValue as error:
            wrong[name] = str(error)
    refuse(wrong)
    return checked


def prepare(context: Context, account_id: int, wire: Wire) -> Prepared:
    """The message behind the blob id; raises InvalidProperties where there is none. Sets a missing receivedAt."""
    located = blobs.locate(context.caller, account_id, wire["blobId"])
    if located is None:
        raise InvalidProperties(["blobId"], "there is no such blob")
    raw = located.octets()
    if not raw:
        raise SetError("invalidEmail", "The blob is empty")
    envelope = read_envelope(account_id, raw)
    wire["receivedAt"] = wire["receivedAt"] or received_date(envelope.headers).isoformat()
    parsed = blobs.parse_blob_id(wire["blobId"])
    whole = parsed is not None and not parsed[1]
    return Prepared(context.stow(envelope), parsed[0] if parsed and whole else blobs.keep(account_id, raw))


def received_date(header_block: bytes) -> datetime:
    """The time of the most recent Received field, else now (RFC 8621 §4.8)."""
    for header in parse_fields(header_block, 0, len(header_block)):
        if header.name.lower() == "received":
            match = RECEIVED_DATE.search(header.value.strip())
            found = parse_date(match[1].decode("ascii", "replace")) if match else None
            if found:
                return usable(found)
    return datetime.now(UTC)


def usable(moment: datetime) -> datetime:
    """In UTC; what lies outside the years a UTCDate can hold becomes now."""
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        return datetime.now(UTC)


def import_one(context: Context, log: Log, wire: Wire, prepared: Prepared) -> int:
    """File the message; returns its number. Raises SetError, also where a sweep took the blob since it was read."""
    if not blobs.is_kept(log.account_id, prepared.blob):
        raise InvalidProperties(["blobId"], "there is no such blob")
    mailboxes = {context.resolve_id(id): True for id in wire["mailboxIds"]}
    number = file_message(log, prepared, mailboxes, wire["keywords"], datetime.fromisoformat(wire["receivedAt"]))
    blobs.mark_used(log.account_id, prepared.blob)
    return number
