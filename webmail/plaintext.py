"""Plain text bodies: paragraphs, quotes to fold, addresses that can be clicked. Everything is escaped."""

import re
from dataclasses import dataclass
from itertools import groupby

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

# Bounded repetitions only: the text is a stranger's, and the time must stay linear.
LINK = re.compile(
    r"(https?://[^\s<>\"'`{}|\\^\u0000-\u001f]{1,2000}|[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24})", re.I
)
TRAILING = ".,;:!?'\"»”’)]*_>"
LONG_QUOTE = 3  # lines; a longer quote is folded


@dataclass(frozen=True)
class Block:
    """Lines of one kind: "text", "quote" (without their ">") or "signature"."""

    kind: str
    html: SafeString
    lines: int

    @property
    def is_folded(self) -> bool:
        return self.kind == "quote" and self.lines > LONG_QUOTE


def read_blocks(text: str) -> list[Block]:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").split("\n")
    at = next((number for number, line in enumerate(lines) if line == "-- "), len(lines))
    blocks = [block("quote" if quoted else "text", list(group)) for quoted, group in groupby(lines[:at], is_quote)]
    if at < len(lines):
        blocks.append(block("signature", lines[at:]))
    return [each for each in blocks if each.lines]


def is_quote(line: str) -> bool:
    return line.startswith(">")


def block(kind: str, lines: list[str]) -> Block:
    if kind == "quote":
        lines = [line[1:].removeprefix(" ") for line in lines]
    text = "\n".join(lines).strip("\n")
    return Block(kind, linkify(text), text.count("\n") + 1 if text else 0)


def linkify(text: str) -> SafeString:
    """Escaped text in which http(s) and mail addresses are links."""
    pieces = LINK.split(text)
    return mark_safe("".join(link(piece) if at % 2 else conditional_escape(piece) for at, piece in enumerate(pieces)))  # noqa: S308


def link(found: str) -> str:
    if "://" not in found[:8]:
        return format_html('<a href="mailto:{}" rel="noopener noreferrer">{}</a>', found, found)
    address = trim(found)
    return format_html(
        '<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>{}',
        address, address, found[len(address) :],
    )  # fmt: skip


def trim(address: str) -> str:
    """Without the punctuation of the sentence around it; a bracket that opens within stays closed."""
    while address and address[-1] in TRAILING and not (address[-1] == ")" and address.count("(") >= address.count(")")):
        address = address[:-1]
    return address
