"""How many requests a user has under way, over all processes of this machine (RFC 8620 §2: maxConcurrentRequests).

A slot is one byte of a file, locked: the kernel frees the locks of a process that dies. Locks count per process, so
what this process holds itself is kept in memory."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.conf import settings
from django.http import HttpResponse

from jmap.core.errors import RequestError
from jmap.http.problems import error_response

REQUESTS, UPLOADS, STREAMS = 0, 1, 2
PER_USER = 1 << 16  # octets of the file for each user and kind
_held: dict[tuple[int, int], set[int]] = {}
_lock = threading.Lock()


class Full(Exception):  # noqa: N818
    """All of the user's slots are taken."""

    def __init__(self, kind: int, user_id: int) -> None:
        super().__init__("no slot free")
        self.kind, self.user_id = kind, user_id


def limit_of(kind: int) -> tuple[str, int]:
    if kind == UPLOADS:
        return "maxConcurrentUpload", settings.MAX_CONCURRENT_UPLOAD
    if kind == STREAMS:
        return "maxStreams", settings.MAX_STREAMS
    return "maxConcurrentRequests", settings.MAX_CONCURRENT_REQUESTS


@cache
def lock_file() -> int:
    """Never closed: closing any descriptor of the file would free all locks of this process."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    return os.open(settings.DATA_DIR / "slots", os.O_RDWR | os.O_CREAT, 0o600)


@contextmanager
def slot(kind: int, user_id: int) -> Iterator[None]:
    """One of the user's slots for as long as it lasts. Raises Full at once where none is free."""
    number = take(kind, user_id)
    try:
        yield
    finally:
        give_back(kind, user_id, number)


def take(kind: int, user_id: int) -> int:
    with _lock:
        mine = _held.setdefault((kind, user_id), set())
        for number in range(limit_of(kind)[1]):
            if number not in mine and lock(kind, user_id, number):
                mine.add(number)
                return number
    raise Full(kind, user_id)


def lock(kind: int, user_id: int, number: int) -> bool:
    try:
        fcntl.lockf(lock_file(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, offset(kind, user_id, number))
    except OSError:
        return False
    return True


def give_back(kind: int, user_id: int, number: int) -> None:
    with _lock:
        fcntl.lockf(lock_file(), fcntl.LOCK_UN, 1, offset(kind, user_id, number))
        mine = _held[kind, user_id]
        mine.discard(number)
        if not mine:
            del _held[kind, user_id]


def offset(kind: int, user_id: int, number: int) -> int:
    return (user_id * 3 + kind) * PER_USER + number


class BusyResponse(HttpResponse):
    """The refusal for want of a slot. Who runs the views may keep the request and try again before sending it."""

    def __init__(self, full: Full) -> None:
        name, number = limit_of(full.kind)
        error = RequestError("limit", f"More than {number} at a time; try again", 429, name)
        found = error_response(error)
        super().__init__(found.content, status=429, content_type=found["Content-Type"], headers={"Retry-After": "1"})
        self.key = (full.kind, full.user_id)
