"""Mail in bulk from files: an mbox, a tree of them (Thunderbird's `.sbd`), Maildir, Maildir++, `.eml` and folders.

Line breaks stay as they are found, so that what comes in is, octet for octet, what was in the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jmap.mail.found import MAX_MESSAGE, Found, Unreadable, header_date, join_folder, split_folder
from jmap.mail.maildirs import (
    file_time,
    folder_of,
    is_maildir,
    make_maildir,
    message_files,
    read_maildir,
    write_maildir,
)
from jmap.mail.mboxes import read_mbox, write_mbox

__all__ = [
    "Found", "Source", "Unreadable", "find_sources", "folders", "join_folder", "make_maildir", "mbox_path",
    "read_mail", "split_folder", "total_octets", "write_maildir", "write_mbox",
]  # fmt: skip

_MBOX_SUFFIXES = (".mbox", ".mbx")
_ENCODED = {code: f"%{code:02X}" for code in (*range(32), *b'%/\\:*?"<>|', 127)}


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a Maildir, with the messages of one folder."""

    kind: Literal["mbox", "maildir", "eml"]
    path: Path
    folder: str  # "" where nothing tells
    key: str  # its place below where the search began


def read_mail(path: Path) -> Iterator[Found | Unreadable]:
    """Every message at or below `path`; one at a time in memory. Raises FileNotFoundError if nothing is there."""
    for source in find_sources(path):
        try:
            yield from _read(source)
        except OSError as error:
            yield Unreadable(source.key, source.folder, str(error))


def total_octets(path: Path) -> int:
    """How much `read_mail` will read: what the `octets` of its results add up to, but for what is passed over."""
    return sum(_octets(source) for source in find_sources(path))


def folders(path: Path) -> list[str]:
    """The folders at or below `path`, empty ones too."""
    return list(dict.fromkeys(source.folder for source in find_sources(path)))


def find_sources(path: Path) -> Iterator[Source]:
    """In the order of their names. Raises FileNotFoundError if nothing is there."""
    if not path.exists():
        raise FileNotFoundError(path)
    if not path.is_dir():
        found = _file_source(path, (), path.name)
        yield found or Source("eml", path, "", path.name)
    elif is_maildir(path):
        yield from _maildir_sources(path, (), "")
    else:
        yield from _directory_sources(path, (), "")


def _directory_sources(path: Path, names: tuple[str, ...], key: str) -> Iterator[Source]:
    for entry in sorted(path.iterdir()):
        entry_key = f"{key}{entry.name}"
        if entry.is_dir():
            if entry.is_symlink():
                continue  # it may lead back up
            below = (*names, _folder_name(entry.name, (".sbd", *_MBOX_SUFFIXES)))
            search = _maildir_sources if is_maildir(entry) else _directory_sources
            yield from search(entry, below, f"{entry_key}/")
        elif entry.is_file() and (found := _file_source(entry, names, entry_key)):
            yield found


def _maildir_sources(path: Path, names: tuple[str, ...], key: str) -> Iterator[Source]:
    """A Maildir, its Maildir++ subfolders (`.A.B`), and Maildirs in directories of plain names below it."""
    yield Source("maildir", path, join_folder(names) or "Inbox", key.rstrip("/"))
    for entry in sorted(path.iterdir()):
        if entry.name in {"cur", "new", "tmp"} or entry.is_symlink() or not is_maildir(entry):
            continue
        if entry.name.startswith("."):
            folder = "/".join(filter(None, (join_folder(names), folder_of(entry.name))))
            yield Source("maildir", entry, folder, f"{key}{entry.name}")
        else:
            yield from _maildir_sources(entry, (*names, entry.name), f"{key}{entry.name}/")


def _file_source(path: Path, names: tuple[str, ...], key: str) -> Source | None:
    if path.suffix.lower() == ".eml":
        return Source("eml", path, join_folder(names), key)
    if not _is_mbox(path):
        return None
    is_apple = path.name == "mbox" and names  # Name.mbox/mbox
    own = () if is_apple else (_folder_name(path.name, _MBOX_SUFFIXES),)
    return Source("mbox", path, join_folder((*names, *own)), key)


def _is_mbox(path: Path) -> bool:
    """By its first octets; an empty file by its name."""
    try:
        with path.open("rb") as file:
            start = file.read(5)
    except OSError:
        return path.suffix.lower() in _MBOX_SUFFIXES  # reading it will tell what is wrong
    return start == b"From " or (not start and path.suffix.lower() in _MBOX_SUFFIXES)


def _folder_name(name: str, suffixes: tuple[str, ...]) -> str:
    for suffix in suffixes:
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            name = name[: -len(suffix)]
            break
    (decoded,) = split_folder(name) or [""]
    return decoded


def mbox_path(root: Path, folder: str) -> Path:
    """Where the mbox of a folder is written below `root`: A/B is `A.sbd/B.mbox`."""
    *above, name = map(_file_name, split_folder(folder))
    return root.joinpath(*(f"{part}.sbd" for part in above), f"{name}.mbox")


def _file_name(name: str) -> str:
    encoded = name.translate(_ENCODED)
    return f"%2E{encoded[1:]}" if encoded.startswith(".") else encoded


def _read(source: Source) -> Iterator[Found | Unreadable]:
    if source.kind == "mbox":
        return read_mbox(source.path, source.folder, source.key)
    if source.kind == "maildir":
        return read_maildir(source.path, source.folder, source.key)
    return iter([_read_eml(source)])


def _read_eml(source: Source) -> Found | Unreadable:
    status = source.path.stat()
    if status.st_size > MAX_MESSAGE:
        problem = f"{status.st_size} octets are too many"
        return Unreadable(source.key, source.folder, problem, status.st_size)
    raw = source.path.read_bytes()
    received_at = header_date(raw) or file_time(status)
    return Found(source.key, source.folder, raw, received_at, frozenset(), octets=len(raw))


def _octets(source: Source) -> int:
    files = message_files(source.path) if source.kind == "maildir" else [source.path]
    return sum(file.stat().st_size for file in files)
