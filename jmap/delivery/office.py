"""What all conversations of this process share: who checks and takes the mail, the limits, the threads."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from django.conf import settings

from jmap.core.connection import drop_dead_connection
from jmap.delivery.certificates import Certificates
from jmap.delivery.commands import MailFrom, RcptTo
from jmap.delivery.envelope import Admitted, Envelope, Message
from jmap.delivery.kinds import Client
from jmap.delivery.limits import Limits
from jmap.delivery.replies import Reply

T = TypeVar("T")
LARGE = 1024 * 1024  # octets; so large messages are read into memory a few at a time


class Desk(Protocol):
    """Checks and takes mail of one kind. Each method raises Refusal, and runs in a thread with a database connection,
    but `take`, which may wait for others, too."""

    def check_sender(self, client: Client, mail: MailFrom) -> int | None:
        """Whose mail it is, None where that is nobody here."""

    def check_recipient(self, client: Client, envelope: Envelope, rcpt: RcptTo) -> Admitted: ...

    async def take(self, message: Message) -> list[Reply]:
        """One reply for each recipient, in their order; all the same where the protocol has room for one."""


@dataclass
class Threads:
    """Fixed pools: what waits for strangers (DNS, a spam filter) never keeps what waits for the database alone."""

    database: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(settings.SMTP_THREADS, thread_name_prefix="smtp")
    )
    judges: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(32, thread_name_prefix="judge"))
    logins: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(4, thread_name_prefix="login"))
    large: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    @asynccontextmanager
    async def room_for(self, size: int) -> AsyncIterator[None]:
        """Wait until a message of this size may be in memory."""
        if size < LARGE:
            yield
            return
        async with self.large:
            yield


async def run_in(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """Do work that uses the database in a thread of a pool."""
    return await asyncio.get_running_loop().run_in_executor(pool, on_living_connection, work)


def on_living_connection(work: Callable[[], T]) -> T:
    drop_dead_connection()
    return work()


@dataclass
class Office:
    """`desks` by the name of the kind."""

    hostname: str
    desks: dict[str, Desk]
    certificates: Certificates
    threads: Threads = field(default_factory=Threads)
    limits: Limits = field(default_factory=Limits)
