"""Binary data (RFC 8620 §6): content-addressed within an account, visible only to who may see it."""

import hashlib
import io
import os
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import BinaryIO, cast

import zstandard
from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import storages

from accounts.access import Caller
from jmap.core import sql
from jmap.core.errors import RequestError

IN_DATABASE = 64 * 1024  # octets; larger blobs go to the storage "blobs"
CHUNK = 1024 * 1024
UNCLAIMED = 3600  # seconds that a blob is kept which nobody keeps as an upload: an object may be about to refer to it
BLOB_ID = re.compile(r"b([0-9a-f]{64})((?:-[0-9]{1,9}){0,20})\Z")

# Which of an account's blobs an object refers to; each data type with blobs adds its own: (account, hashes) -> hashes.
referrers: list[Callable[[int, list[bytes]], Iterable[bytes]]] = []
# Which of them something else needs (a queue): no sweep takes them, but that makes them visible to nobody.
keepers: list[Callable[[int, list[bytes]], Iterable[bytes]]] = []
# How to take a part "b…-2" out of a blob: (account, hash, ["2"], octets) -> octets or None.
part_readers: list[Callable[[int, bytes, list[str], bytes], bytes | None]] = []


def blob_id(sha256: bytes) -> str:
    return f"b{sha256.hex()}"


def parse_blob_id(wire: str) -> tuple[bytes, list[str]] | None:
    """The hash and the path of parts in a blob id, None when it can't be one of ours."""
    match = BLOB_ID.match(wire)
    return (bytes.fromhex(match[1]), match[2].split("-")[1:]) if match else None


@dataclass
class Located:
    """A blob that the caller may read. `open` gives a seekable file."""

    size: int
    open: Callable[[], BinaryIO]

    def octets(self) -> bytes:
        with self.open() as file:
            return file.read()


def keep(account_id: int, octets: bytes) -> bytes:
    """Store octets durably (with the transaction around it, or at once); returns their SHA-256."""
    return keep_file(account_id, io.BytesIO(octets))[0]


def keep_file(account_id: int, file: BinaryIO) -> tuple[bytes, int]:
    """Store a file's content; returns its SHA-256 and size. Large ones never lie in memory whole."""
    digest = hashlib.file_digest(cast(io.BytesIO, file), "sha256").digest()
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    # As young as a new one, so that no sweep takes it away before something refers to it.
    if sql.run("UPDATE core_blob SET created_at = now() WHERE account_id = %s AND sha256 = %s", account_id, digest):
        return digest, size
    data, name = (zstandard.compress(file.read(), 3), None) if size <= IN_DATABASE else (None, save(account_id, file))
    written = sql.run(
        "INSERT INTO core_blob (account_id, sha256, size, data, file) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        account_id, digest, size, data, name,
    )  # fmt: skip
    if not written and name:
        storages["blobs"].delete(name)
    return digest, size


def save(account_id: int, file: BinaryIO) -> str:
    """A new file in the storage, never one that exists: so that no sweep can take away what was just written."""
    name = secrets.token_hex(16)
    return storages["blobs"].save(f"{account_id}/{name[:2]}/{name}", File(file))


def store(account_id: int, user_id: int, file: BinaryIO) -> tuple[str, int]:
    """An upload (RFC 8620 §6.1): returns blob id and size. Raises RequestError for one above the
    upload quota."""
    if file.seek(0, os.SEEK_END) > settings.UPLOAD_QUOTA:
        raise RequestError("overQuota", "That is more than may be uploaded", 429)
    file.seek(0)
    digest, size = keep_file(account_id, file)
    make_room(user_id, settings.UPLOAD_QUOTA - size)
    sql.run(
        "INSERT INTO core_upload (account_id, sha256, user_id, used) VALUES (%s, %s, %s, false)"
        " ON CONFLICT (account_id, sha256, user_id) DO UPDATE SET uploaded_at = now(), used = false",
        account_id, digest, user_id,
    )  # fmt: skip
    return blob_id(digest), size


def make_room(user_id: int, room: int) -> None:
    """RFC 8620 §6: an upload over the user's quota takes the place of their oldest unused ones, which are gone for the
    user at once and from the disk with the next sweep."""
    sql.run(
        "DELETE FROM core_upload WHERE (account_id, sha256, user_id) IN ("
        "SELECT account_id, sha256, user_id FROM (SELECT u.account_id, u.sha256, u.user_id,"
        " sum(b.size) OVER (ORDER BY u.uploaded_at DESC, u.account_id, u.sha256) AS used"
        " FROM core_upload u JOIN core_blob b USING (account_id, sha256)"
        " WHERE u.user_id = %s AND NOT u.used) AS uploads WHERE used > %s)",
        user_id, room,
    )  # fmt: skip


def mark_used(account_id: int, sha256: bytes) -> None:
    """An object was made from an upload; it counts as a mere upload no longer."""
    sql.run("UPDATE core_upload SET used = true WHERE account_id = %s AND sha256 = %s", account_id, sha256)


def locate(caller: Caller, account_id: int, wire: str) -> Located | None:
    """The blob, or part of one, if it exists and the caller may read it; a stranger learns nothing either way."""
    parsed = parse_blob_id(wire)
    if parsed is None or account_id not in caller.rights:
        return None
    digest, path = parsed
    if not is_visible(caller.user_id, account_id, digest):
        return None
    whole = open_blob(account_id, digest)
    if whole is None or not path:
        return whole
    return locate_part(account_id, digest, path, whole)


def is_visible(user_id: int, account_id: int, sha256: bytes) -> bool:
    """RFC 8620 §6.1: an unreferenced blob is its uploader's alone; else who may read an object with it may read it."""
    if any(sha256 in referrer(account_id, [sha256]) for referrer in referrers):
        return True
    return bool(
        sql.row(
            "SELECT 1 FROM core_upload WHERE account_id = %s AND sha256 = %s AND user_id = %s",
            account_id,
            sha256,
            user_id,
        )
    )


def is_kept(account_id: int, sha256: bytes) -> bool:
    """Whether the blob is there. To the holder of the account's lock it stays: no sweep takes it before an object
    made under that lock refers to it."""
    return bool(sql.row("SELECT 1 FROM core_blob WHERE account_id = %s AND sha256 = %s", account_id, sha256))


def open_blob(account_id: int, sha256: bytes) -> Located | None:
    """A blob of the account by its hash, whoever asks."""
    return open_blobs(account_id, [sha256]).get(sha256)


def open_blobs(account_id: int, hashes: list[bytes]) -> dict[bytes, Located]:
    """Those of the blobs that exist, by hash; small ones are in memory then, large ones in files."""
    found = sql.rows(
        "SELECT sha256, size, data, file FROM core_blob WHERE account_id = %s AND sha256 = ANY(%s)", account_id, hashes
    )
    return {bytes(sha256): located(size, data, name) for sha256, size, data, name in found}


def located(size: int, data: bytes | None, name: str) -> Located:
    if data is None:
        return Located(size, lambda: cast(BinaryIO, storages["blobs"].open(name, "rb").file))
    return Located(size, lambda: io.BytesIO(zstandard.decompress(data, max_output_size=size)))


def locate_part(account_id: int, sha256: bytes, path: list[str], whole: Located) -> Located | None:
    octets = whole.octets()
    parts = (reader(account_id, sha256, path, octets) for reader in part_readers)
    part = next((part for part in parts if part is not None), None)
    return None if part is None else Located(len(part), lambda: io.BytesIO(part))


def sweep() -> int:
    """Delete blobs that nothing refers to and nobody uploaded of late; returns how many."""
    accounts = sql.rows("SELECT DISTINCT account_id FROM core_blob")
    return sum(sweep_account(account_id) for (account_id,) in accounts)


def sweep_account(account_id: int) -> int:
    """Under the account's lock, so that nothing can begin to refer to a blob while it goes."""
    from jmap.core.writing import writing

    with writing(account_id, "sweep"):
        age = "make_interval(secs => %s)"
        sql.run(
            f"DELETE FROM core_upload WHERE account_id = %s AND uploaded_at < now() - {age}",
            account_id, settings.UPLOAD_LIFETIME,
        )  # fmt: skip
        candidates = sql.rows(
            f"SELECT sha256 FROM core_blob b WHERE account_id = %s AND created_at < now() - {age}"
            " AND NOT EXISTS (SELECT 1 FROM core_upload u WHERE (u.account_id, u.sha256) = (b.account_id, b.sha256))",
            account_id, UNCLAIMED,
        )  # fmt: skip
        hashes = [digest for (digest,) in candidates]
        kept = {digest for needs in (*referrers, *keepers) for digest in needs(account_id, hashes)}
        # `keep_file` may have made one young again in the meantime: then it stays.
        gone = sql.rows(
            f"DELETE FROM core_blob WHERE account_id = %s AND created_at < now() - {age} AND sha256 = ANY(%s)"
            " RETURNING file",
            account_id, UNCLAIMED, [digest for digest in hashes if digest not in kept],
        )  # fmt: skip
    for (name,) in gone:
        if name:
            storages["blobs"].delete(name)
    return len(gone)
