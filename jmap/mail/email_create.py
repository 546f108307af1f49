"""Creating drafts with Email/set (RFC 8621 §4.6): from properties to a message, built before the account is locked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jmap.core import blobs, ids, types
from jmap.core.context import Context
from jmap.core.errors import BadValue, InvalidProperties, SetError
from jmap.core.objects import refuse
from jmap.core.types import Check, list_of, map_of, members, nullable
from jmap.core.writing import Log
from jmap.mail import email_get, limits
from jmap.mail.batch import Batch
from jmap.mail.email_body import check_header_name
from jmap.mail.envelope import Envelope, read_envelope
from jmap.mail.ingest import NewEmail, check_keywords, check_mailboxes, ingest
from jmap.mail.keywords import keyword_set
from jmap.mime.build import BuildError, build
from jmap.mime.headers import CONVENIENCE, parse_header_property

Wire = dict[str, Any]


def text(value: Any) -> str:
    """Any string: it goes into the message, not into the database."""
    if not isinstance(value, str):
        raise BadValue("expected a String")
    return value


address = members({"name": nullable(text), "email": text}, ("email",))
group = members({"name": nullable(text), "addresses": list_of(address)}, ("addresses",))
FORMS: dict[str, Check] = {
    "raw": text,
    "text": text,
    "addresses": list_of(address),
    "groupedAddresses": list_of(group),
    "messageIds": list_of(text),
    "date": types.date,
    "urls": list_of(text),
}
BODY_VALUE = members({"value": text, "isEncodingProblem": types.boolean, "isTruncated": types.boolean}, ("value",))
PART_MEMBERS: dict[str, Check] = {
    "partId": nullable(text),
    "blobId": nullable(text),
    "size": nullable(types.unsigned),
    "name": nullable(text),
    "type": nullable(text),
    "charset": nullable(text),
    "disposition": nullable(text),
    "cid": nullable(text),
    "language": nullable(list_of(text)),
    "location": nullable(text),
}


def header_check(name: str) -> Check:
    """The check of a header:* property's value."""
    check_header_name(name)
    known = parse_header_property(name)
    return nullable(list_of(FORMS[known.form])) if known.all else nullable(FORMS[known.form])


def body_part(value: Any, depth: int = 0) -> Wire:
    """An EmailBodyPart to create; raises BadValue."""
    if depth > limits.MIME_DEPTH:
        raise BadValue("body parts are nested too deeply")
    checked: Wire = {}
    for name, item in types.object_of(value).items():
        if name == "subParts":
            checked[name] = nullable(list_of(lambda part: body_part(part, depth + 1)))(item)
        elif name.startswith("header:"):
            checked[name] = header_check(name)(item)
        elif name in PART_MEMBERS:
            checked[name] = PART_MEMBERS[name](item)
        else:
            raise BadValue(f"a body part to create has no {name!r}")
    return checked


PROPERTIES: dict[str, Check] = {
    "mailboxIds": types.set_of(types.identifier),
    "keywords": keyword_set,
    "receivedAt": types.utc_date,
    "bodyStructure": body_part,
    "textBody": list_of(body_part),
    "htmlBody": list_of(body_part),
    "attachments": list_of(body_part),
    "bodyValues": map_of(text, BODY_VALUE),
    **{name: nullable(FORMS[form]) for name, (_, form) in CONVENIENCE.items()},
}


def check_new(wire: Any) -> Wire:
    """The create object, every property of the right type; raises InvalidProperties naming all that are not."""
    if not isinstance(wire, dict):
        raise InvalidProperties([], "an Email to create must be an object")
    wrong: dict[str, str] = {} if "mailboxIds" in wire else {"mailboxIds": "is missing"}
    checked: Wire = {"keywords": {}}
    for name, value in wire.items():
        try:
            checked[name] = property_check(name)(value)
        except BadValue as error:
            wrong[name] = str(error)
    refuse(wrong)
    return checked


def property_check(name: str) -> Check:
    if name.startswith("header:"):
        return header_check(name)
    if name in PROPERTIES:
        return PROPERTIES[name]
    raise BadValue("is set by the server" if email_get.is_property(name) else "there is no such property")


@dataclass(slots=True)
class Prepared:
    """A message that was read and stored, ready to be filed. `envelope` brings it back from where it is stowed."""

    envelope: Callable[[], Envelope]
    blob: bytes


def prepare(context: Context, account_id: int, wire: Wire) -> Prepared:
    """Build the message and store it. Raises SetError blobNotFound, invalidProperties or tooLarge."""
    raw = build_message(wire, attached(context, account_id, wire))
    return Prepared(context.stow(read_envelope(account_id, raw)), blobs.keep(account_id, raw))


def build_message(wire: Wire, read: Callable[[str], bytes]) -> bytes:
    try:
        return build({name: value for name, value in wire.items() if name not in ("mailboxIds", "keywords")}, read)
    except BuildError as error:
        raise InvalidProperties(error.properties, str(error)) from None


def attached(context: Context, account_id: int, wire: Wire) -> Callable[[str], bytes]:
    """A reader of the blobs that the parts refer to; all are checked first, for the error names every one missing."""
    found = {id: blobs.locate(context.caller, account_id, id) for id in sorted(blob_ids(wire))}
    if missing := [id for id, located in found.items() if located is None]:
        raise SetError("blobNotFound", "An attachment's blob does not exist", notFound=missing)
    located = {id: blob for id, blob in found.items() if blob is not None}
    if sum(blob.size for blob in located.values()) > limits.ATTACHMENTS_SIZE:
        raise SetError("tooLarge", f"The attachments exceed {limits.ATTACHMENTS_SIZE} octets")
    return lambda id: located[id].octets()


def blob_ids(wire: Wire) -> set[str]:
    """Every blobId of any part."""
    stack = [part for name in ("textBody", "htmlBody", "attachments") for part in wire.get(name) or ()]
    stack += [wire["bodyStructure"]] if wire.get("bodyStructure") else []
    found = set()
    while stack:
        part = stack.pop()
        stack += part.get("subParts") or ()
        if part.get("blobId"):
            found.add(part["blobId"])
    return found


def mailbox_numbers(wire: Wire) -> set[int]:
    """The mailboxes of a mailboxIds map; raises InvalidProperties where one can't be one of ours."""
    found = {ids.number("m", id) for id in wire}
    if None in found:
        raise InvalidProperties(["mailboxIds"], "there is no such mailbox")
    return {number for number in found if number is not None}


def create(log: Log, wire: Wire, prepared: Prepared) -> int:
    """File the message under the account's lock."""
    moment = datetime.fromisoformat(wire["receivedAt"]) if wire.get("receivedAt") else datetime.now(UTC)
    return file_message(log, prepared, wire["mailboxIds"], wire["keywords"], moment)


def file_message(log: Log, prepared: Prepared, mailbox_ids: Wire, keywords: Wire, received_at: datetime) -> int:
    """Check and ingest one message; returns its number. Raises SetError."""
    mailboxes = mailbox_numbers(mailbox_ids)
    check_mailboxes(log, mailboxes)
    check_keywords(keywords)
    batch = Batch(log)
    number, _ = ingest(batch, NewEmail(prepared.envelope(), prepared.blob, mailboxes, keywords, received_at))
    batch.flush()
    return number


def created_extras(account_id: int, numbers: Mapping[str, int]) -> dict[str, Any]:
    """id, blobId, threadId and size of each new email (RFC 8621 §4.6)."""
    found = email_get.fetch(account_id, list(numbers.values()), ("blobId", "threadId", "size"), {}) if numbers else {}
    return {creation_id: found[number] for creation_id, number in numbers.items()}
