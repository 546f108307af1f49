"""Email/parse (RFC 8621 §4.9): a blob read as a message, without an Email being made of it."""

from typing import Any

import orjson
from django.conf import settings

from jmap.core import blobs, types
from jmap.core.arguments import ACCOUNT, REQUIRED, check_arguments
from jmap.core.capabilities import Responses
from jmap.core.context import Context
from jmap.core.datatype import registered
from jmap.core.errors import MethodError
from jmap.core.get import checked_names
from jmap.core.references import Raw
from jmap.core.types import list_of, nullable, string
from jmap.mail.email import BODY_ARGUMENTS
from jmap.mail.email_body import Message
from jmap.mail.envelope import LISTED
from jmap.mime.body import has_attachment
from jmap.mime.headers import convenience_properties
from jmap.mime.message import parse
from jmap.mime.preview import preview

Wire = dict[str, Any]
DEFAULT_NAMES = [
    "messageId", "inReplyTo", "references", "sender", "from", "to", "cc", "bcc", "replyTo", "subject", "sentAt",
    "hasAttachment", "preview", "bodyValues", "textBody", "htmlBody", "attachments",
]  # fmt: skip
ARGUMENTS = {
    **ACCOUNT,
    "blobIds": (list_of(types.any_identifier), REQUIRED),
    "properties": (nullable(list_of(string)), None),
    **BODY_ARGUMENTS,
}
NOT_STORED = ("id", "mailboxIds", "keywords", "receivedAt", "threadId")


def email_parse(context: Context, raw_arguments: Wire) -> Responses:
    arguments = check_arguments(raw_arguments, ARGUMENTS)
    account_id = context.right(arguments["accountId"]).account_id
    asked = DEFAULT_NAMES if arguments["properties"] is None else arguments["properties"]
    names = checked_names(registered["Email"], asked)
    if len(arguments["blobIds"]) > settings.MAX_OBJECTS_IN_GET:
        raise MethodError("requestTooLarge", f"At most {settings.MAX_OBJECTS_IN_GET} blobs")
    parsed, not_parsable, not_found = {}, [], []
    for wire in dict.fromkeys(arguments["blobIds"]):
        located = blobs.locate(context.caller, account_id, wire)
        if located is None:
            not_found.append(wire)
            continue
        message = read_message(wire, located)
        if message is None:
            not_parsable.append(wire)
            continue
        parsed[wire] = Raw(orjson.dumps(read_properties(message, names, arguments)))
        context.take_room(len(parsed[wire].octets))
    response = {"parsed": parsed or None, "notParsable": not_parsable or None, "notFound": not_found or None}
    return [("Email/parse", {"accountId": arguments["accountId"], **response})]


def read_message(wire_blob_id: str, located: blobs.Located) -> Message | None:
    """A message has one header field at least; anything else we refuse to call one."""
    raw = located.octets()
    root = parse(raw)
    return Message(wire_blob_id, root, lambda: raw) if root.headers else None


def read_properties(message: Message, names: list[str], options: Wire) -> Wire:
    listed = convenience_properties(message.root.headers) if set(names) & set(LISTED) else {}
    return {name: read_property(message, listed, name, options) for name in names}


def read_property(message: Message, listed: Wire, name: str, options: Wire) -> Any:
    if name in NOT_STORED:
        return None
    match name:
        case "blobId":
            return message.blob_id
        case "size":
            return len(message.raw)
        case "hasAttachment":
            return has_attachment(message.root)
        case "preview":
            return preview(message.raw, message.root)
    return listed[name] if name in listed else message.property(name, options)
