"""The part of a delivery status notification that people read."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

# What the status codes of RFC 3463 mean to somebody who just wrote a mail; longer beginnings first.
MEANINGS = (
    ("1.1", "This address does not exist."),
    ("1.2", "There is no such domain; check what stands after the @."),
    ("1.3", "This is not a valid address."),
    ("1.6", "The recipient has moved and left no new address."),
    ("1.10", "This domain takes no mail."),
    ("2.1", "The mailbox is not in use."),
    ("2.2", "The mailbox is full."),
    ("2.3", "The message is too large for this mailbox."),
    ("2", "The recipient's mailbox does not take the message."),
    ("3.4", "The message is too large for the recipient's mail server."),
    ("3", "The recipient's mail server is in trouble."),
    ("4.1", "The recipient's mail server could not be reached."),
    ("4.2", "The connection to the recipient's mail server broke off."),
    ("4.3", "The address of the recipient's mail server could not be found out."),
    ("4.4", "The recipient's mail server can't be reached from here."),
    ("4.6", "The mail would go in circles."),
    ("4.7", "The recipient's mail server took too long."),
    ("5.3", "The message has too many recipients."),
    ("6.3", "The recipient's mail server does not take this kind of content."),
    ("6.7", "The recipient's mail server does not take international addresses."),
    ("7.4", "The recipient's mail server offers no encryption, which is required here."),
    ("7.5", "The recipient's mail server could not prove that it is the right one."),
    ("7", "The recipient's mail server refused the message."),
)


class Reported(Protocol):
    """What the text says of a recipient (jmap.submission.dsn.Reported)."""

    @property
    def recipient(self) -> str: ...
    @property
    def reply(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def status(self) -> str: ...


def meaning(status: str) -> str:
    """In a sentence, or "" where the status says nothing."""
    rest = status.partition(".")[2]
    return next((text for start, text in MEANINGS if rest == start or rest.startswith(f"{start}.")), "")


def failed(rows: Sequence[Reported], tried_for: timedelta | None) -> str:
    """`tried_for` where it is time that ran out."""
    after = f" after {days(tried_for)} of trying" if tried_for else ""
    head = f"Your message could not be delivered{after} to:"
    return paragraphs(head, rows, "It will not be tried again. The message, or the head of it, is attached.")


def delayed(rows: Sequence[Reported], until: datetime) -> str:
    tail = f"It is being tried again until {until:%d %B %Y, %H:%M} UTC. You need not do anything."
    return paragraphs("Your message has not been delivered yet to:", rows, tail)


def delivered(rows: Sequence[Reported]) -> str:
    """Or handed on to a server that will say nothing more."""
    relayed = any(row.action == "relayed" for row in rows)
    tail = "The recipient's mail server took it, and will not report any further." if relayed else ""
    return paragraphs("Your message was delivered to:", rows, tail, quiet=True)


def paragraphs(head: str, rows: Sequence[Reported], tail: str, *, quiet: bool = False) -> str:
    blocks = [head, *(block(row, quiet) for row in rows), tail]
    return "\n\n".join(each for each in blocks if each) + "\n"


def block(row: Reported, quiet: bool) -> str:
    """`quiet`: the address alone."""
    lines = [f"  {row.recipient}"]
    if not quiet:
        lines += [f"    {text}" for text in (meaning(row.status),) if text]
        lines.append(f"    {row.host} said: {row.reply}" if row.host else f"    {row.reply}")
    return "\n".join(lines)


def days(span: timedelta) -> str:
    if span < timedelta(days=1):
        return f"{max(1, round(span.total_seconds() / 3600))} hours"
    return "a day" if span.days == 1 else f"{span.days} days"
