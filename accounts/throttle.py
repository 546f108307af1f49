"""Slowing down who guesses passwords, without ever locking out who knows one.

Failures fill three leaky buckets: the client address, the login at that address, and the login everywhere. While one is
full, passwords are refused unchecked (HTTP 429). Three things pass all the same: an app password (it can't be guessed),
a password this process has seen to be right (accounts.auth), and, when only the third bucket is full, an address from
which the login has succeeded before."""

import ipaddress
import math
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from accounts.app_passwords import keyed_hash
from accounts.models import LoginBudget

FORGOTTEN_AFTER = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Bucket:
    """`size` failures at once, then one each `seconds`."""

    key: bytes
    size: int
    seconds: float


class Throttled(Exception):  # noqa: N818
    """Too many failures; try again in `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many failed logins; try again in {retry_after} seconds")
        self.retry_after = retry_after


def network(address: str) -> str:
    """What one client can't easily change: the IPv4 address, the /64 of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def key_of(*parts: str) -> bytes:
    return keyed_hash("login budget", "\0".join(parts).encode("utf-8", "replace"))


def buckets(login: str, address: str) -> tuple[Bucket, Bucket, Bucket]:
    """Of the address, of the login there, and of the login everywhere."""
    near = network(address)
    return (
        Bucket(key_of("address", near), 50, 10),
        Bucket(key_of("login at", login, near), 10, 30),
        Bucket(key_of("login", login), 100, 30),
    )


def check(login: str, address: str) -> None:
    """Raises Throttled while the budget is used up."""
    at_address, here, everywhere = buckets(login, address)
    rows = {
        bytes(row.key): row for row in LoginBudget.objects.filter(key__in=[at_address.key, here.key, everywhere.key])
    }
    known = here.key in rows and rows[here.key].good_at is not None
    for bucket in (at_address, here) if known else (at_address, here, everywhere):
        if bucket.key in rows:
            refuse_if_full(bucket, rows[bucket.key])


def refuse_if_full(bucket: Bucket, row: LoginBudget) -> None:
    level = row.level - max(0.0, (timezone.now() - row.at).total_seconds()) / bucket.seconds
    if level > bucket.size - 1:
        raise Throttled(max(1, math.ceil((level - bucket.size + 1) * bucket.seconds)))


def note_failure(login: str, address: str) -> None:
    """Count a failure, in key order so that concurrent ones don't deadlock."""
    with connection.cursor() as cursor:
        for bucket in sorted(buckets(login, address), key=lambda bucket: bucket.key):
            cursor.execute(
                "INSERT INTO accounts_loginbudget AS b (key, level, at) VALUES (%s, 1, now())"
                " ON CONFLICT (key) DO UPDATE SET at = now(), level = least(%s, 1 + greatest(0,"
                " b.level - extract(epoch FROM now() - b.at)::float8 / %s))",
                [bucket.key, float(bucket.size), float(bucket.seconds)],
            )
    LoginBudget.objects.filter(at__lt=timezone.now() - FORGOTTEN_AFTER).delete()


def note_success(login: str, address: str) -> None:
    """Remember that this login is at home at this address."""
    key, now = buckets(login, address)[1].key, timezone.now()
    LoginBudget.objects.update_or_create(key=key, defaults={"good_at": now, "at": now, "level": 0})
