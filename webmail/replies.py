"""Letters that begin with another: replies, forwarded mail, and drafts taken up again."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.utils.formats import date_format

from jmap.client import Client, html_to_text
from webmail.dates import local, parse_date
from webmail.letters import File, Letter, new_message_id, written
from webmail.sanitize import TooComplex, sanitize

Wire = dict[str, Any]
PREFIX = re.compile(r"\s*((re|fwd?|aw|wg|sv|rv|tr)\s*(\[\d+\])?\s*:\s*)+", re.I)
MOST_REFERENCES = 30
BODY = 1_000_000
PROPERTIES = [
    "id", "blobId", "mailboxIds", "keywords", "subject", "from", "to", "cc", "bcc", "replyTo", "sentAt", "receivedAt",
    "messageId", "inReplyTo", "references", "textBody", "htmlBody", "attachments", "bodyValues",
]  # fmt: skip
PARTS = ["partId", "blobId", "size", "name", "type", "cid", "disposition"]


def read_original(client: Client, email: str) -> Wire | None:
    """None when there is no such email."""
    found: list[Wire] = client.call(
        "Email/get", ids=[email], properties=PROPERTIES, bodyProperties=PARTS, fetchTextBodyValues=True,
        fetchHTMLBodyValues=True, maxBodyValueBytes=BODY,
    )["list"]  # fmt: skip
    return found[0] if found else None


def reply(original: Wire, identities: list[Wire], *, to_all: bool) -> Letter:
    """An answer, from the identity that was written to (RFC 5322 §3.6.3)."""
    own = {identity["email"].casefold() for identity in identities}
    identity = addressed(original, identities)
    to, cc = answered(original, own, to_all)
    return Letter(
        message_id=new_message_id(identity["email"]), identity=identity["id"], to=written(to), cc=written(cc),
        subject=f"Re: {stripped(original['subject'])}", body=signature(identity), quoted=quotation(original),
        answers=original["id"], in_reply_to=original["messageId"] or [], references=references_after(original),
    )  # fmt: skip


def answered(original: Wire, own: set[str], to_all: bool) -> tuple[list[Wire], list[Wire]]:
    """(To, Cc) of an answer. What one wrote oneself is answered to whom it went."""
    is_own = any(each["email"].casefold() in own for each in original["from"] or [])
    to = original["to"] if is_own else original["replyTo"] or original["from"]
    if not to_all:
        return to or [], []
    taken = {each["email"].casefold() for each in to or []} | own
    rest = [*([] if is_own else original["to"] or []), *(original["cc"] or [])]
    return to or [], [each for each in unique(rest) if each["email"].casefold() not in taken]


def unique(found: Iterable[Wire]) -> list[Wire]:
    return list({each["email"].casefold(): each for each in found}.values())


def addressed(original: Wire, identities: list[Wire]) -> Wire:
    """The identity that an email was sent to, or from; else the first."""
    people = [each["email"].casefold() for name in ("to", "cc", "bcc", "from") for each in original[name] or []]
    ranked = [each for email in people for each in identities if each["email"].casefold() == email]
    return (ranked or identities)[0]


def forward(original: Wire, identities: list[Wire]) -> Letter:
    """The text below the letter, and its attachments with it."""
    identity = addressed(original, identities)
    return Letter(
        message_id=new_message_id(identity["email"]), identity=identity["id"],
        subject=f"Fwd: {stripped(original['subject'])}", body=signature(identity), quoted=forwarded(original),
        forwards=original["id"], references=references_after(original), files=files_of(original),
    )  # fmt: skip


def files_of(original: Wire) -> list[File]:
    return [
        File(part["blobId"], part["name"] or "", part["type"], part["size"])
        for part in original["attachments"]
        if part["blobId"]
    ]


def new_letter(identity: Wire, to: str, cc: str, bcc: str, subject: str, body: str) -> Letter:
    return Letter(
        message_id=new_message_id(identity["email"]), identity=identity["id"], to=to, cc=cc, bcc=bcc, subject=subject,
        body=body + signature(identity),
    )  # fmt: skip


def continued(original: Wire, identities: list[Wire]) -> Letter:
    """A draft taken up again: its HTML if it has some, cleaned, for it may be another program's."""
    identity = addressed({**original, "to": [], "cc": [], "bcc": []}, identities)
    html = next((part for part in original["htmlBody"] if part["type"] == "text/html"), None)
    letter = Letter(
        message_id=(original["messageId"] or [""])[0] or new_message_id(identity["email"]),
        draft=original["id"], identity=identity["id"], to=written(original["to"]), cc=written(original["cc"]),
        bcc=written(original["bcc"]), subject=original["subject"] or "", in_reply_to=original["inReplyTo"] or [],
        references=original["references"] or [], files=[],
    )  # fmt: skip
    kept = [
        File(part["blobId"], part["name"] or "", part["type"], part["size"],
             (part["cid"] or "") if part["disposition"] == "inline" else "")
        for part in original["attachments"] if part["blobId"]
    ]  # fmt: skip
    body = original["bodyValues"][html["partId"]]["value"] if html else text_of(original)
    return replace(letter, files=kept, body=body, is_html=html is not None)


def signature(identity: Wire) -> str:
    text = identity["textSignature"] or html_to_text(identity["htmlSignature"] or "").strip()
    return f"\n\n-- \n{text}" if text else ""


def stripped(subject: str | None) -> str:
    """Without the prefixes of earlier answers."""
    return PREFIX.sub("", subject or "", count=1) if PREFIX.match(subject or "") else subject or ""


def references_after(original: Wire) -> list[str]:
    """RFC 5322 §3.6.4; of a very long thread the first and the latest."""
    before = original["references"] or original["inReplyTo"] or []
    found = [*before, *(original["messageId"] or [])]
    return found if len(found) <= MOST_REFERENCES else [found[0], *found[1 - MOST_REFERENCES :]]


def text_of(original: Wire) -> str:
    """The text of an email: its own, or that of its HTML."""
    pieces = []
    for part in original["textBody"]:
        value = original["bodyValues"].get(part["partId"], {}).get("value", "")
        pieces.append(html_to_text(value).strip() if part["type"] == "text/html" else value)
    return "\n".join(pieces).replace("\r\n", "\n")


def quotation(original: Wire) -> str:
    people = written(original["from"]) or "somebody"
    text = "\n".join(
        f">{line}" if line.startswith(">") else f"> {line}" for line in text_of(original).rstrip().split("\n")
    )
    return f"On {when(original)}, {people} wrote:\n{text}"


def forwarded(original: Wire) -> str:
    lines = [("From", written(original["from"])), ("Date", when(original)), ("Subject", original["subject"] or ""),
             ("To", written(original["to"])), ("Cc", written(original["cc"]))]  # fmt: skip
    head = "\n".join(f"{name}: {value}" for name, value in lines if value)
    return f"---------- Forwarded message ----------\n{head}\n\n{text_of(original).strip()}"


def when(original: Wire) -> str:
    moment = parse_date(original["sentAt"]) or parse_date(original["receivedAt"])
    return date_format(local(moment), "j F Y, H:i") if moment else "an unknown day"


def editable_html(letter: Letter, image_address: Any) -> str:
    """A letter's HTML as the editor may have it: cleaned, its pictures with addresses that the page can show. What is
    too tangled becomes text. `image_address(file)` gives the address."""
    by_cid = {file.cid: file for file in letter.files if file.cid}
    try:
        return sanitize(letter.body, lambda cid: image_address(by_cid[cid]) if cid in by_cid else None)
    except TooComplex:
        return html_to_text(letter.body)
