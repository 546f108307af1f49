"""A letter while it is written: what the form holds, and the Email that keeps it."""

import re
import secrets
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.utils.html import escape

from jmap.client import html_to_text
from webmail.outgoing_html import clean_outgoing
from webmail.sanitize import TooComplex

Wire = dict[str, Any]
SUBJECT = 1000  # characters
MOST_FILES = 200
ADDRESS = re.compile(r"[^\s@<>(),;:\\\"\[\]]+@[^\s@<>(),;:\\\"\[\]]+\Z")
PIECE = re.compile(r'(?:"[^"\n]*"|<[^>\n]*>|[^,;\n"<]|["<])+')  # between commas that are in no quotes
NAMED = re.compile(r"\s*(.*?)\s*<([^<>]*)>\s*\Z")
BLOB = re.compile(r"[A-Za-z0-9_-]{1,255}\Z")


class Unusable(Exception):  # noqa: N818
    """The letter can't be sent; the message says why, for the writer."""


@dataclass(frozen=True)
class File:
    """An attachment; `cid` is set where the body shows it."""

    blob_id: str
    name: str
    type: str
    size: int
    cid: str = ""

    @property
    def packed(self) -> str:
        """As one value of a form."""
        return "\n".join((self.blob_id, self.type, str(self.size), self.cid, self.name))


@dataclass(frozen=True)
class Letter:
    """`message_id` is chosen once: whatever is saved of the letter has it, so that no save is ever made twice.
    `answers` and `forwards` name the email it is about."""

    message_id: str
    draft: str = ""
    identity: str = ""
    to: str = ""
    cc: str = ""
    bcc: str = ""
    subject: str = ""
    body: str = ""
    is_html: bool = False
    quoted: str = ""  # plain text below the letter, kept apart while one writes
    answers: str = ""
    forwards: str = ""
    in_reply_to: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    files: list[File] = field(default_factory=list)

    @property
    def recipients(self) -> list[Wire]:
        """Everyone it goes to, once. Raises Unusable."""
        everyone = [*addresses(self.to), *addresses(self.cc), *addresses(self.bcc)]
        return list({each["email"].casefold(): each for each in everyone}.values())

    def with_file(self, file: File) -> "Letter":
        return replace(self, files=[*self.files, file])


def new_message_id(own: str) -> str:
    return f"{secrets.token_hex(12)}@{own.rpartition('@')[2] or 'localhost'}"


def addresses(typed: str) -> list[Wire]:
    """`Ana Ruiz <ana@example.org>, ben@example.net` as EmailAddress objects. Raises Unusable."""
    return [address(piece) for piece in PIECE.findall(typed) if piece.strip()]


def address(piece: str) -> Wire:
    """One of them. Raises Unusable."""
    match = NAMED.match(piece)
    name, email = match.groups() if match else ("", piece)
    name, email = name.replace('"', "").strip(), email.strip()
    if not ADDRESS.match(email):
        raise Unusable(f"“{piece.strip()}” is not an e-mail address.")
    return {"name": name or None, "email": email}


def written(found: list[Wire] | None) -> str:
    """The reverse of `addresses`."""
    return ", ".join(written_one(each) for each in found or [])


def written_one(address: Wire) -> str:
    name, email = address.get("name"), address.get("email") or ""
    if not name:
        return str(email)
    quoted = '"' + re.sub(r'["\\]', "", name) + '"' if re.search(r'[,;<>()@"\\:\[\].]', name) else name
    return f"{quoted} <{email}>"


def read_letter(form: QueryDict, own: str) -> Letter:
    """The letter in a form; whatever makes no sense there is left out."""

    def text(name: str, most: int = 100_000) -> str:
        return form.get(name, "").replace("\r\n", "\n").replace("\0", "")[:most]

    return Letter(
        message_id=text("message_id", 200).strip() or new_message_id(own),
        draft=text("draft", 255), identity=text("identity", 255),
        to=text("to"), cc=text("cc"), bcc=text("bcc"), subject=" ".join(text("subject", SUBJECT).split()),
        body=text("body", 5_000_000), is_html=form.get("is_html") == "1", quoted=text("quoted", 1_000_000),
        answers=text("answers", 255), forwards=text("forwards", 255),
        in_reply_to=text("in_reply_to", 5_000).split(), references=text("references", 50_000).split(),
        files=[file for packed in form.getlist("file")[:MOST_FILES] if (file := read_file(packed))],
    )  # fmt: skip


def read_file(packed: str) -> File | None:
    blob_id, kind, size, cid, name = [*packed.split("\n", 4), "", "", "", ""][:5]
    known = BLOB.match(blob_id) and size.isdigit() and len(size) < 16
    return File(blob_id, " ".join(name.split())[:250], kind[:200], int(size), cid[:250]) if known else None


def email_of(letter: Letter, identity: Wire, mailbox: str) -> Wire:
    """The Email/set create object that keeps the letter as a draft. Raises Unusable."""
    sender = [{"name": identity["name"] or None, "email": identity["email"]}]
    wire = {
        "mailboxIds": {mailbox: True}, "keywords": {"$draft": True, "$seen": True}, "from": sender,
        "to": addresses(letter.to), "cc": addresses(letter.cc), "bcc": addresses(letter.bcc),
        "replyTo": identity["replyTo"], "subject": letter.subject, "messageId": [letter.message_id],
        "inReplyTo": letter.in_reply_to, "references": letter.references,
    }  # fmt: skip
    return {name: value for name, value in wire.items() if value} | body_of(letter)


def body_of(letter: Letter) -> Wire:
    """textBody, htmlBody and attachments. HTML always has its text beside it. Raises Unusable."""
    try:
        html, shown = clean_outgoing(letter.body, letter.files) if letter.is_html else ("", [])
    except TooComplex:
        raise Unusable("The formatting is too tangled. Remove it, or paste the text without it.") from None
    text = html_to_text(html).replace("\xa0", " ").strip() if letter.is_html else letter.body
    if letter.quoted:
        text = f"{text.rstrip()}\n\n{letter.quoted}"
    values = {"text": {"value": text}}
    wire: Wire = {"textBody": [{"partId": "text", "type": "text/plain"}]}
    if letter.is_html:
        values["html"] = {"value": html + quoted_html(letter.quoted)}
        wire["htmlBody"] = [{"partId": "html", "type": "text/html"}]
    files = [file for file in letter.files if not file.cid or file.cid in shown]
    attachments = [attachment(file) for file in files]
    return wire | {"bodyValues": values} | ({"attachments": attachments} if attachments else {})


def quoted_html(quoted: str) -> str:
    """Plain text below an HTML letter, as a quotation."""
    if not quoted:
        return ""
    lines = quoted.split("\n")
    first = lines[0] if not lines[0].startswith(">") else ""
    rest = "\n".join(line.removeprefix(">").removeprefix(" ") for line in (lines[1:] if first else lines))
    return f'<p>{escape(first)}</p><blockquote type="cite">{escape(rest).replace(chr(10), "<br>")}</blockquote>'


def attachment(file: File) -> Wire:
    wire: Wire = {"blobId": file.blob_id, "type": file.type or "application/octet-stream", "name": file.name or None}
    return wire | ({"disposition": "inline", "cid": file.cid} if file.cid else {"disposition": "attachment"})
