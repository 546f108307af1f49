"""What mail has to do with blobs: an email keeps its message, and the parts of a message are blobs themselves."""

from collections.abc import Iterable

import orjson

from jmap.core import sql
from jmap.mime.message import decode_body, parse
from jmap.mime.structure import Part, from_stored, part_at


def referred(account_id: int, hashes: list[bytes]) -> Iterable[bytes]:
    """Those of the blobs that are some email's message."""
    found = sql.rows(
        "SELECT DISTINCT blob FROM mail_email WHERE account_id = %s AND blob = ANY(%s)", account_id, hashes
    )
    return {bytes(blob) for (blob,) in found}


def read_part(account_id: int, sha256: bytes, path: list[str], octets: bytes) -> bytes | None:
    """The decoded content of a part; each further id of the path is a part of the message in the part before."""
    root: Part | None = stored_structure(account_id, sha256)
    for id in path:
        part = part_at(root or parse(octets), id)
        if part is None:
            return None
        octets, root = decode_body(octets, part)[0], None
    return octets


def stored_structure(account_id: int, sha256: bytes) -> Part | None:
    """The structure read when an email came in with this message; None for a blob that is no email's."""
    found = sql.value(
        "SELECT v.structure FROM mail_email e JOIN mail_emailenvelope v"
        " ON v.account_id = e.account_id AND v.email_id = e.id WHERE e.account_id = %s AND e.blob = %s LIMIT 1",
        account_id, sha256,
    )  # fmt: skip
    return None if found is None else from_stored(orjson.loads(found))
