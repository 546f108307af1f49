"""Maildir and Maildir++: one file a message, flags in its name, its modification time the date of arrival.

Keywords without a flag stand in `dovecot-keywords` as the letters a to z, as Dovecot has it; those that find no letter
any more in `posthorn-keywords`, a line `<file name without flags> <keyword> ...` each.
"""

import hashlib
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from jmap.mail.found import MAX_MESSAGE, Found, Unreadable, join_folder, split_folder, valid_keywords

_FLAGS = {"S": "$seen", "R": "$answered", "F": "$flagged", "D": "$draft", "P": "$forwarded"}
_LETTERS = {keyword: letter for letter, keyword in _FLAGS.items()}
_KEYWORDS, _MORE_KEYWORDS = "dovecot-keywords", "posthorn-keywords"
_MICROSECOND = 1000  # nanoseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def is_maildir(path: Path) -> bool:
    return (path / "cur").is_dir() and ((path / "new").is_dir() or (path / "tmp").is_dir())


def message_files(path: Path) -> list[Path]:
    """The messages of one Maildir, by name, which is mostly by time."""
    folders = (path / "cur", path / "new")
    found = [Path(entry.path) for folder in folders if folder.is_dir() for entry in os.scandir(folder)]
    return sorted((file for file in found if not file.name.startswith(".") and file.is_file()), key=lambda f: f.name)


def read_maildir(path: Path, folder: str, key: str, max_message: int = MAX_MESSAGE) -> Iterator[Found | Unreadable]:
    """The messages of one Maildir without its subfolders; those flagged as trashed too, without that flag."""
    letters = dict(enumerate_keywords(path / _KEYWORDS))
    more = dict(_read_more(path / _MORE_KEYWORDS))
    for file in message_files(path):
        unique, _, info = file.name.partition(":2,")
        name = f"{key}/{unique}"
        try:
            status = file.stat()
            if status.st_size > max_message:
                yield Unreadable(name, folder, f"{status.st_size} octets are too many", status.st_size)
                continue
            raw = file.read_bytes()
        except OSError as error:
            yield Unreadable(name, folder, str(error))
            continue
        words = [_FLAGS.get(letter) or letters.get(letter) for letter in info]
        keywords = valid_keywords([*filter(None, words), *more.get(unique, ())])
        yield Found(name, folder, raw, file_time(status), keywords, octets=status.st_size)


def file_time(status: os.stat_result) -> datetime:
    """When the file was written last, to the microsecond."""
    return datetime.fromtimestamp(status.st_mtime_ns // 1_000_000_000, UTC).replace(
        microsecond=status.st_mtime_ns // _MICROSECOND % 1_000_000
    )


def enumerate_keywords(path: Path) -> Iterator[tuple[str, str]]:
    """Flag letter and keyword of each line of a `dovecot-keywords` file; nothing if there is none."""
    for line in _lines(path):
        number, _, word = line.partition(" ")
        if number.isdigit() and int(number) < 26 and word:
            yield chr(ord("a") + int(number)), word.strip()


def _read_more(path: Path) -> Iterator[tuple[str, list[str]]]:
    for line in _lines(path):
        unique, *words = line.split()
        yield unique, words


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text("utf-8", "replace").splitlines() if line.strip()]
    except FileNotFoundError:
        return []


def folder_of(name: str) -> str:
    """The folder of a Maildir++ directory: ".A.B" is A/B, "" the inbox."""
    return join_folder(map(_decode_name, name.strip(".").split("."))) if name.strip(".") else "Inbox"


def make_maildir(root: Path, folder: str) -> Path:
    """The directory of a folder in a Maildir++ (its inbox is the root itself), made if need be."""
    path = root if folder == "Inbox" else root / "".join(f".{_encode_name(name)}" for name in split_folder(folder))
    for part in (root, path):
        for name in ("tmp", "new", "cur"):
            (part / name).mkdir(parents=True, exist_ok=True)
    if path != root:
        (path / "maildirfolder").touch()
    return path


def write_maildir(path: Path, folder: str, message: Found) -> Path:
    """Add a message to a folder of the Maildir++ at `path`; again with the same key it replaces the file."""
    home = make_maildir(path, folder)
    moment = message.received_at or _EPOCH
    unique = f"{int(moment.timestamp())}.{hashlib.sha256(message.key.encode()).hexdigest()[:24]}.posthorn"
    flags = "".join(sorted(_LETTERS[word] for word in message.keywords if word in _LETTERS))
    flags += _keyword_letters(home, unique, sorted(message.keywords - _LETTERS.keys()))
    temporary, final = home / "tmp" / unique, home / "cur" / f"{unique}:2,{flags}"
    temporary.write_bytes(message.raw)
    nanoseconds = (moment - _EPOCH) // datetime.resolution * _MICROSECOND
    os.utime(temporary, ns=(nanoseconds, nanoseconds))
    return temporary.rename(final)


def _keyword_letters(home: Path, unique: str, words: list[str]) -> str:
    """Letters for these keywords, new ones taken down in the keywords file while there are any."""
    if not words:
        return ""
    known = {word: letter for letter, word in enumerate_keywords(home / _KEYWORDS)}
    with (home / _KEYWORDS).open("a", encoding="utf-8") as file:
        for word in words:
            if word not in known and len(known) < 26:
                file.write(f"{len(known)} {word}\n")
                known[word] = chr(ord("a") + len(known))
    if more := [word for word in words if word not in known]:
        with (home / _MORE_KEYWORDS).open("a", encoding="utf-8") as file:
            file.write(f"{unique} {' '.join(more)}\n")
    return "".join(sorted(known[word] for word in words if word in known))


# Folder names in modified UTF-7 (RFC 3501 §5.1.3), "." and "/" encoded too since they part levels.
def _encode_name(name: str) -> str:
    return re.sub(r"&|[^\x20-\x2d\x30-\x7e]+", _shifted, name)


def _shifted(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    return "&" + b64encode(found[0].encode("utf-16-be"), b"+,").decode().rstrip("=") + "-"


def _decode_name(name: str) -> str:
    return re.sub(r"&([A-Za-z0-9+,]*)-", _unshifted, name)


def _unshifted(found: re.Match[str]) -> str:
    encoded = found[1]
    try:
        return b64decode(encoded + "=" * (-len(encoded) % 4), b"+,").decode("utf-16-be") if encoded else "&"
    except ValueError:
        return found[0]
