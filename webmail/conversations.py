"""One conversation, message by message."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jmap.client import Client
from webmail.bodies import LARGEST_BODY, PART_PROPERTIES, Attachment, Shown, attachments_of, shown_parts
from webmail.dates import parse_date
from webmail.mailboxes import Mailbox, Mailboxes
from webmail.names import full_name, is_own, short_name
from webmail.places import Place

Wire = dict[str, Any]
MOST = 100  # messages shown of a conversation, the newest
HEADINGS = ["id", "threadId", "mailboxIds", "keywords", "receivedAt", "sentAt", "subject", "preview"]
PEOPLE = ["from", "to", "cc", "bcc", "replyTo"]
BODIES = ["htmlBody", "attachments", "bodyValues"]


@dataclass(frozen=True)
class Message:
    """A message as the conversation shows it; `is_open` ones are unfolded."""

    id: str
    sender: str
    sender_address: str
    to: str
    recipients: list[tuple[str, str]]  # ("To", "Ana Ruiz <ana@example.org>, …")
    date: datetime | None
    preview: str
    is_unread: bool
    is_starred: bool
    is_draft: bool
    is_open: bool
    is_to_many: bool
    parts: list[Shown]
    attachments: list[Attachment]


@dataclass(frozen=True)
class Conversation:
    thread: str
    subject: str
    messages: list[Message]
    hidden: int  # messages in Trash or Junk, or more than MOST
    mailboxes: list[Mailbox]

    @property
    def is_unread(self) -> bool:
        return any(message.is_unread for message in self.messages)

    @property
    def is_starred(self) -> bool:
        return any(message.is_starred for message in self.messages)


def read_conversation(client: Client, thread: str, place: Place, mailboxes: Mailboxes) -> Conversation | None:
    """None when there is no such thread."""
    threads = client.call("Thread/get", ids=[thread])["list"]
    ids = threads[0]["emailIds"][-MOST:] if threads else []
    if not ids:
        return None
    emails = client.call(
        "Email/get", ids=ids, properties=[*HEADINGS, *PEOPLE, *BODIES], bodyProperties=PART_PROPERTIES,
        fetchHTMLBodyValues=True, fetchTextBodyValues=True, maxBodyValueBytes=LARGEST_BODY,
    )["list"]  # fmt: skip
    visible = [email for email in emails if is_visible(email, place, mailboxes)] or emails
    messages = [message_of(email, email is visible[-1], client.caller.login) for email in visible]
    seen_in = {id for email in visible for id in email["mailboxIds"]}
    return Conversation(
        thread, visible[0]["subject"] or "(no subject)", messages, len(threads[0]["emailIds"]) - len(visible),
        [mailbox for mailbox in mailboxes.tree if mailbox.id in seen_in],
    )  # fmt: skip


def is_visible(email: Wire, place: Place, mailboxes: Mailboxes) -> bool:
    """What is thrown away shows only where it lies."""
    hidden = set(mailboxes.ids_with_roles("trash", "junk"))
    if place.mailbox and place.mailbox.id in hidden:
        return place.mailbox.id in email["mailboxIds"]
    return not set(email["mailboxIds"]) <= hidden


def message_of(email: Wire, is_last: bool, own: str) -> Message:
    senders = email["from"] or [{"name": None, "email": ""}]
    is_draft = "$draft" in email["keywords"]
    is_unread = "$seen" not in email["keywords"] and not is_draft
    return Message(
        id=email["id"],
        sender=", ".join(full_name(each) for each in senders) if email["from"] else "(no sender)",
        sender_address=str(senders[0]["email"] or "") if senders[0]["name"] else "",
        to=to_line(email, own),
        recipients=recipients_of(email),
        date=parse_date(email["sentAt"]) or parse_date(email["receivedAt"]),
        preview=email["preview"],
        is_unread=is_unread,
        is_starred="$flagged" in email["keywords"],
        is_draft=is_draft,
        is_open=is_last or is_unread,
        is_to_many=is_to_many(email, own),
        parts=shown_parts(email),
        attachments=attachments_of(email),
    )


def is_to_many(email: Wire, own: str) -> bool:
    """Whether an answer to all reaches more people than one to the sender."""
    senders = {str(each["email"]).casefold() for each in email["from"] or []}
    others = {str(each["email"]).casefold() for each in [*(email["to"] or []), *(email["cc"] or [])]}
    return bool(others - senders - {own.casefold()})


def to_line(email: Wire, own: str) -> str:
    """ "to me, Ana and 2 more" """
    everyone = [*(email["to"] or []), *(email["cc"] or []), *(email["bcc"] or [])]
    names = ["me" if is_own(each, own) else short_name(each) for each in everyone]
    if not names:
        return ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"to {', '.join(names[:3])}{more}"


def recipients_of(email: Wire) -> list[tuple[str, str]]:
    labels = (("From", "from"), ("To", "to"), ("Cc", "cc"), ("Bcc", "bcc"), ("Reply to", "replyTo"))
    return [(label, ", ".join(map(written, email[name]))) for label, name in labels if email[name]]


def written(address: Wire) -> str:
    name, email = address.get("name"), address.get("email") or ""
    return f"{name} <{email}>" if name else str(email)
