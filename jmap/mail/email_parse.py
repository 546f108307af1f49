"""Email/parse (RFC 8621 §4.9): a blob read as a message, without an Email being made of it."""

from typing import Any

from django.conf import settings

from jmap.core import blobs, types
from jmap.core.arguments import ACCOUNT, REQUIRED, check_arguments
from jmap.core.capabilities import Responses
from jmap.core.context import Context
from jmap.core.errors import MethodError
from jmap.core.types import list_of, nullable, string
from jmap.mail import email_get
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
    names = DEFAULT_NAMES if arguments["properties"] is None else list(dict.fromkeys(arguments["properties"]))
    for name in names:
        email_get.check_name(name)
    if len(arguments["blobIds"]) > settings.MAX_OBJECTS_IN_GET:
        raise MethodError("requestTooLarge", f"At most {settings.MAX_OBJECTS_IN_GET} blobs")
    parsed, not_parsable, not_found = {}, [], []
    for wire in dict.fromkeys(arguments["blobIds"]):
        located = blobs.locate(context.caller, account_id, wire)
        raw = located.octets() if located else b""
        if located is None:
            not_found.append(wire)
        elif not looks_like_message(raw):
            not_parsable.append(wire)
        else:
            parsed[wire] = read_properties(wire, raw, names, arguments)
    response = {"parsed": parsed or None, "notParsable": not_parsable or None, "notFound": not_found or None}
    return [("Email/parse", {"accountId": arguments["accountId"], **response})]


def looks_like_message(raw: bytes) -> bool:
    """A message has one header field at least; anything else we refuse to call one."""
    return bool(parse(raw).headers)


def read_properties(wire_blob_id: str, raw: bytes, names: list[str], options: Wire) -> Wire:
    """The properties of the message in a blob."""
    root = parse(raw)
    message = Message(wire_blob_id, root, lambda: raw)
    listed = convenience_properties(root.headers) if set(names) & set(LISTED) else {}
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
