"""Flags, folders and dates that programs write into the header of a message in an mbox."""

import csv
from dataclasses import dataclass
from datetime import datetime

from jmap.mail.found import header_lines, join_folder, valid_keywords
from jmap.mime.encoded_words import decode_words, header_text

_NAMES = (
    b"status", b"x-status", b"x-keywords", b"x-mozilla-status", b"x-mozilla-status2", b"x-mozilla-keys",
    b"x-gmail-labels",
)  # fmt: skip
_STATUS = {"R": "$seen", "A": "$answered", "F": "$flagged", "T": "$draft"}
_MOZILLA = {0x0001: "$seen", 0x0002: "$answered", 0x0004: "$flagged", 0x1000: "$forwarded"}
_RENAMED = {"junk": "$junk", "nonjunk": "$notjunk", "forwarded": "$forwarded"}  # as mail programs without "$" call them
_MOZILLA_EXPUNGED = 0x0008
# Google Takeout, English and as its IMAP names them; other languages keep their labels as folders.
_GMAIL_FOLDERS = {
    "inbox": "Inbox", "sent": "Sent", "draft": "Drafts", "drafts": "Drafts", "spam": "Junk", "trash": "Trash",
    "archived": "Archive",
}  # fmt: skip
_GMAIL_KEYWORDS = {"starred": "$flagged", "important": "$important", "draft": "$draft", "drafts": "$draft"}
_GMAIL_STATES = {"unread", "opened", "unseen", "starred", "important"}


@dataclass(frozen=True, slots=True)
class Marks:
    keywords: frozenset[str]
    folders: tuple[str, ...] = ()  # empty where the file's own folder is meant
    is_deleted: bool = False
    received_at: datetime | None = None


def read_marks(raw: bytes) -> Marks:
    """What the header fields of mail programs say: Status, X-Status, X-Keywords, X-Mozilla-*, X-Gmail-Labels."""
    values = {name: decode_words(header_text(value)) for name, value in header_lines(raw, _NAMES).items()}
    words = flag_words(values.get(b"status", ""), values.get(b"x-status", ""), values.get(b"x-keywords", ""))
    mozilla = _hexadecimal(values.get(b"x-mozilla-status", ""))
    words += [word for bit, word in _MOZILLA.items() if mozilla & bit]
    words += values.get(b"x-mozilla-keys", "").split()
    folders: list[str] = []
    if b"x-gmail-labels" in values:
        gmail_words, folders = _read_labels(values[b"x-gmail-labels"])
        words += gmail_words
    words = [_RENAMED.get(word.lower(), word) for word in words]
    return Marks(valid_keywords(words), tuple(folders), bool(mozilla & _MOZILLA_EXPUNGED))


def flag_words(status: str, x_status: str, x_keywords: str) -> list[str]:
    return [word for letter, word in _STATUS.items() if letter in status + x_status] + x_keywords.split()


def status_lines(keywords: frozenset[str]) -> list[str]:
    """The header lines that `flag_words` reads back."""
    letters = {word: letter for letter, word in _STATUS.items()}
    x_status = "".join(letters[word] for word in sorted(keywords) if word in letters and word != "$seen")
    others = sorted(keywords - letters.keys())
    lines = ["Status: RO" if "$seen" in keywords else "Status: O"]
    return lines + [f"X-Status: {x_status}"] * bool(x_status) + [f"X-Keywords: {' '.join(others)}"] * bool(others)


def _read_labels(text: str) -> tuple[list[str], list[str]]:
    """Keywords and folders of Gmail's labels, which are comma-separated values; "/" nests."""
    labels = [label.strip() for label in next(csv.reader([text], skipinitialspace=True), [])]
    lowered = {label.lower() for label in labels}
    words = [word for label, word in _GMAIL_KEYWORDS.items() if label in lowered]
    if lowered.isdisjoint({"unread", "unseen"}):
        words.append("$seen")
    kept = [label for label in labels if label and label.lower() not in _GMAIL_STATES]
    folders = [
        _GMAIL_FOLDERS.get(label.lower()) or join_folder(filter(None, label.split("/")))
        for label in kept
        if not label.lower().startswith("category ")
    ]
    return words, list(dict.fromkeys(filter(None, folders))) or ["Archive"]


def _hexadecimal(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0
