"""Mail loaded into any JMAP server: each message uploaded, then many imported by one request."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice

import orjson

from bench.connection import BadResponse, Request, Task, drive
from bench.generate import Mail
from bench.world import World, read_responses

AT_ONCE = 50  # messages per Email/import
CONNECTIONS = 4


def load(world: World, mails: Iterable[Mail], progress: Callable[[int], None] = lambda count: None) -> int:
    """Import all into the inbox; returns how many. Raises BadResponse if one is refused."""
    count = 0

    def done(task: Task, seconds: float) -> None:
        nonlocal count
        count += sizes.pop(task)
        progress(count)

    sizes: dict[Task, int] = {}

    def tasks() -> Iterator[Task]:
        remaining = iter(mails)
        while batch := list(islice(remaining, min(AT_ONCE, world.limits["maxObjectsInSet"]))):
            task = load_batch(world, batch)
            sizes[task] = len(batch)
            yield task

    drive(world.server, min(CONNECTIONS, world.limits["maxConcurrentUpload"]), tasks(), done)
    return count


def load_batch(world: World, mails: list[Mail]) -> Task:
    """Uploads, then one Email/import that must create them all (a message that is there already counts too)."""
    emails = {}
    for at, mail in enumerate(mails):
        uploaded = orjson.loads((yield Request(world.upload_path, mail.raw, b"message/rfc822")))
        emails[str(at)] = {
            "blobId": uploaded["blobId"],
            "mailboxIds": {world.inbox: True},
            "keywords": dict.fromkeys(mail.keywords, True),
            "receivedAt": utc_date(mail.received_at),
        }
    (imported,) = read_responses((yield world.request(("Email/import", {"emails": emails}))), 1)
    refused = [error for error in (imported["notCreated"] or {}).values() if error["type"] != "alreadyExists"]
    if refused:
        raise BadResponse(f"{len(refused)} messages refused: {refused[0]}")


def utc_date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
