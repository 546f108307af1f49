"""The task that does a sweep."""

import zlib

from celery import shared_task

from jmap.core import sql
from jmap.core.sweeps import sweeps

LOCKS = zlib.crc32(b"sweeps") - 2**31  # the class of our advisory locks


@shared_task(name="sweep")
def run_sweep(name: str) -> None:
    """Unless another worker is at it still, or the sweep is known no longer."""
    lock = (LOCKS, zlib.crc32(name.encode()) - 2**31)
    if name not in sweeps or not sql.value("SELECT pg_try_advisory_lock(%s::int, %s::int)", *lock):
        return
    try:
        sweeps[name].work()
    finally:
        sql.value("SELECT pg_advisory_unlock(%s::int, %s::int)", *lock)
