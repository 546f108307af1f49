"""A letter of the demo mailbox as its author writes it down, and the message it becomes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape

OWNER = "Robin Hale"
OWNER_ADDRESS = "demo@example.org"
ME = "Robin Hale <demo@example.org>"


@dataclass(frozen=True, slots=True)
class DemoMessage:
    """`mailbox` is a role, or the name of a mailbox without one; `age` says how long ago it arrived."""

    raw: bytes
    mailbox: str
    keywords: frozenset[str]
    age: timedelta


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    media_type: str
    content: bytes
    cid: str = ""  # shown within the HTML


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`answers` is the key of the letter it replies to, which gives it recipient, subject, references and quote."""

    key: str
    sender: str
    text: str
    age: timedelta
    subject: str = ""
    to: str = ME
    cc: str = ""
    answers: str = ""
    quotes: bool = True
    html: str = ""
    zone: int = 1  # hours east of Greenwich
    mailbox: str = "inbox"
    flags: str = "seen"
    attachments: tuple[Attachment, ...] = ()
    header: dict[str, str] = field(default_factory=dict)
    calendar: str = ""  # an iMIP request as a third alternative

    @property
    def keywords(self) -> frozenset[str]:
        return frozenset(f"${flag}" for flag in self.flags.split())


def ago(days: float = 0, hours: float = 0, minutes: float = 0) -> timedelta:
    return timedelta(days=days, hours=hours, minutes=minutes)


def compose_all(letters: Iterable[Letter], now: datetime) -> list[DemoMessage]:
    """The messages, oldest first."""
    by_key = {letter.key: letter for letter in letters}
    ordered = sorted(by_key.values(), key=lambda letter: -letter.age)
    return [_compose(letter, by_key, now) for letter in ordered]


def _compose(letter: Letter, by_key: dict[str, Letter], now: datetime) -> DemoMessage:
    message = EmailMessage(policy=policy.SMTP)
    _write_header(message, letter, by_key, now)
    text = letter.text.strip() + "\n"
    if letter.answers and letter.quotes:
        text += _quote(by_key[letter.answers], now)
    message.set_content(text, cte=_encoding(text))
    if letter.html:
        message.add_alternative(letter.html, subtype="html", cte=_encoding(letter.html))
        _embed(message, letter.attachments)
    if letter.calendar:
        message.add_alternative(letter.calendar.replace("\n", "\r\n"), subtype="calendar", params={"method": "REQUEST"})
    for attachment in letter.attachments:
        if not attachment.cid:
            main, _, sub = attachment.media_type.partition("/")
            message.add_attachment(attachment.content, maintype=main, subtype=sub, filename=attachment.name)
    return DemoMessage(message.as_bytes(), letter.mailbox, letter.keywords, letter.age)


def _encoding(text: str) -> str | None:
    """Quoted-printable for the odd accent; the library's choice else."""
    foreign = sum(not char.isascii() for char in text)
    return (
        "quoted-printable" if 0 < foreign < len(text) / 6 or max(map(len, text.splitlines()), default=0) > 900 else None
    )


def _embed(message: EmailMessage, attachments: Iterable[Attachment]) -> None:
    html = message.get_payload()[1]  # type: ignore[index]
    for attachment in attachments:
        if attachment.cid:
            main, _, sub = attachment.media_type.partition("/")
            html.add_related(  # type: ignore[union-attr]
                attachment.content, maintype=main, subtype=sub, cid=f"<{attachment.cid}>", filename=attachment.name
            )


def _write_header(message: EmailMessage, letter: Letter, by_key: dict[str, Letter], now: datetime) -> None:
    ancestors = _ancestors(letter, by_key)
    root = ancestors[0] if ancestors else letter
    to = letter.to if letter.to != ME or not ancestors or letter.sender != ME else ancestors[-1].sender
    message["From"] = _addresses(letter.sender)
    if to:
        message["To"] = _addresses(to)
    if letter.cc:
        message["Cc"] = _addresses(letter.cc)
    message["Subject"] = letter.subject or f"Re: {root.subject}"
    message["Date"] = format_datetime((now - letter.age).astimezone(timezone(timedelta(hours=letter.zone))))
    message["Message-ID"] = _message_id(letter)
    if ancestors:
        message["In-Reply-To"] = _message_id(ancestors[-1])
        message["References"] = " ".join(map(_message_id, ancestors))
    for name, value in letter.header.items():
        message[name] = value


def _ancestors(letter: Letter, by_key: dict[str, Letter]) -> list[Letter]:
    found: list[Letter] = []
    while letter.answers:
        letter = by_key[letter.answers]
        found.insert(0, letter)
    return found


def _addresses(text: str) -> tuple[Address, ...]:
    return tuple(_address(each.strip()) for each in text.split(";"))


def _address(text: str) -> Address:
    name, _, address = text.rstrip(">").rpartition("<")
    return Address(name.strip(), addr_spec=address)


def _message_id(letter: Letter) -> str:
    return f"<{letter.key}@{letter.sender.rstrip('>').rpartition('@')[2]}>"


def _quote(letter: Letter, now: datetime) -> str:
    name = letter.sender.partition(" <")[0]
    lines = "\n".join(f"> {line}".rstrip() for line in letter.text.strip().splitlines())
    return f"\nOn {now - letter.age:%d %B %Y}, {name} wrote:\n\n{lines}\n"


def page(body: str, background: str = "#ffffff") -> str:
    """A whole HTML document around this body."""
    return (
        '<!doctype html><html><head><meta charset="utf-8"></head>'
        f'<body style="margin:0;background:{background};font-family:Georgia,serif;color:#1f2d3a">{body}</body></html>'
    )


def paragraphs(text: str) -> str:
    """Plain text as HTML paragraphs."""
    blocks = (escape(block.strip()).replace("\n", "<br>") for block in text.strip().split("\n\n"))
    return "".join(f"<p>{block}</p>" for block in blocks)


def today() -> datetime:
    return datetime.now(UTC)
