"""Mail on its way into accounts: accepted durably here, filed by a task that floors above announce."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from psycopg.types.json import Jsonb

from jmap.core import blobs, sql
from jmap.core.doorbell import ring

BELL = "arrival"
DELIVERED_BY = "delivery"  # under which name the change log has what was filed from here


@dataclass(frozen=True, slots=True)
class Target:
    """One recipient of a message: the account, and the RCPT TO that led there with its parameters (RFC 3461)."""

    account_id: int
    recipient: str
    notify: str | None = None
    orcpt: str | None = None


def accept(
    octets: bytes,
    sender: str,
    targets: Iterable[Target],
    verdict: dict[str, Any],
    *,
    ret: str | None = None,
    envid: str | None = None,
) -> list[int]:
    """Keep a message for its recipients; when this returns (and the transaction around has committed) it is as durable
    as the database. `ret` and `envid` are parameters of MAIL FROM. Returns the ids of the arrivals, whose bells ring
    on commit."""
    ids = []
    with transaction.atomic():
        for target in targets:
            digest = blobs.keep(target.account_id, octets)
            id = sql.value(
                "INSERT INTO mail_arrival"
                " (account_id, blob, size, sender, recipient, notify, orcpt, ret, envid, verdict)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
                target.account_id, digest, len(octets), sender, target.recipient, target.notify, target.orcpt,
                ret, envid, Jsonb(verdict),
            )  # fmt: skip
            ring(BELL, id)
            ids.append(id)
    return ids


def referred(account_id: int, hashes: list[bytes]) -> Iterable[bytes]:
    """Those of the blobs that wait to be filed."""
    found = sql.rows(
        "SELECT DISTINCT blob FROM mail_arrival WHERE account_id = %s AND blob = ANY(%s)", account_id, hashes
    )
    return {bytes(blob) for (blob,) in found}
