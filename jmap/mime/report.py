"""Delivery status and message disposition notifications (RFC 3464, RFC 8098; internationalised: RFC 6533)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from jmap.mime.fields import parse_fields
from jmap.mime.headers import as_message_ids, as_text
from jmap.mime.message import decode_body
from jmap.mime.structure import Part

# RFC 6533 §4.4: either form of each part may stand in any report.
STATUS_TYPES: dict[str, Literal["dsn", "mdn"]] = {
    "message/delivery-status": "dsn",
    "message/global-delivery-status": "dsn",
    "message/disposition-notification": "mdn",
    "message/global-disposition-notification": "mdn",
}
RETURNED_TYPES = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
MAX_OCTETS = 1_000_000  # of the status part that are read
MAX_RECIPIENTS = 1_000
_GROUPS = re.compile(rb"\r?\n[ \t]*\r?\n")
_EMBEDDED = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is told of one recipient. Addresses are "" where they are missing. `action` is the Action of a DSN or the
    disposition type of an MDN, in lower case; `status` like "5.1.1"; `reply` the SMTP reply, if there was one."""

    original: str
    final: str
    action: str
    status: str = ""
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """`envelope_id` is the ENVID and `message_id` the Message-ID of what is reported on; "" where they are missing."""

    kind: Literal["dsn", "mdn"]
    envelope_id: str
    message_id: str
    outcomes: list[Outcome]


def read_report(raw: bytes, root: Part) -> Report | None:
    """The report that a message with this structure is, or None."""
    if root.type != "multipart/report":
        return None
    status = next((part for part in root.parts if part.type in STATUS_TYPES), None)
    if status is None:
        return None
    groups = list(field_groups(decode_body(raw, status)[0][:MAX_OCTETS]))
    common = groups[0] if groups else {}
    returned = next((part for part in root.parts if part.type in RETURNED_TYPES), None)
    message_id = common.get("original-message-id") or (returned_message_id(raw, returned) if returned else b"")
    return Report(
        kind=STATUS_TYPES[status.type],
        envelope_id=plain(common.get("original-envelope-id", b"")),
        message_id=(as_message_ids(message_id) or [""])[0],
        # Of an MDN all fields are one group; of a DSN the first is about the message.
        outcomes=[outcome(group) for group in groups if "final-recipient" in group],
    )


def field_groups(content: bytes) -> Iterator[dict[str, bytes]]:
    """The groups of fields that blank lines divide: lower-case name -> raw value."""
    for block in _GROUPS.split(content.strip(b"\r\n"), MAX_RECIPIENTS)[: MAX_RECIPIENTS + 1]:
        if fields := {field.name.lower(): field.value for field in parse_fields(block, 0, len(block))}:
            yield fields


def returned_message_id(raw: bytes, part: Part) -> bytes:
    """The Message-ID field of the message, or of its header fields, that came back."""
    content = decode_body(raw, part)[0].lstrip(b"\r\n")
    head = _GROUPS.split(content, 1)[0]
    return next((field.value for field in parse_fields(head, 0, len(head)) if field.name.lower() == "message-id"), b"")


def outcome(group: dict[str, bytes]) -> Outcome:
    disposition = plain(group.get("disposition", b"")).rpartition(";")[2]
    kind, diagnostic = typed(group.get("diagnostic-code", b""))
    return Outcome(
        original=address(group.get("original-recipient", b"")),
        final=address(group.get("final-recipient", b"")),
        action=(plain(group.get("action", b"")) or disposition.partition("/")[0].strip()).lower(),
        status=plain(group.get("status", b"")),
        reply=diagnostic if kind == "smtp" else "",
    )


def address(value: bytes) -> str:
    """The address of a field like "rfc822; a@example.org"; of type utf-8 in any of its forms (RFC 6533 §3)."""
    kind, text = typed(value)
    text = without_comment(text).removeprefix("<").removesuffix(">")
    if kind == "utf-8":
        return _EMBEDDED.sub(lambda match: character(int(match[1], 16)), text)
    return text


def character(code: int) -> str:
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def typed(value: bytes) -> tuple[str, str]:
    """The type in lower case and the text of a value with a type (RFC 3464 §2.1.2)."""
    kind, _, text = as_text(value).partition(";")
    return kind.strip().lower(), text.strip()


def plain(value: bytes) -> str:
    """The text of a value without the comment that may follow it."""
    return without_comment(as_text(value).strip())


def without_comment(text: str) -> str:
    return text.rpartition("(")[0].rstrip() if text.endswith(")") else text
