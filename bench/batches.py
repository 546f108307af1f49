"""The requests that are measured: each a task that checks its own answers (bad ones raise BadResponse)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

from bench.connection import BadResponse, Request, Task
from bench.generate import Mail, generate
from bench.load import load_batch
from bench.world import Wire, World, pick, read_responses

PAGE = 50
LIST = ["id", "threadId", "mailboxIds", "keywords", "from", "to", "subject", "receivedAt", "size", "preview"]
LIST += ["hasAttachment"]
COUNTS = ["totalEmails", "unreadEmails", "totalThreads", "unreadThreads"]
NEWEST_FIRST = [{"property": "receivedAt", "isAscending": False}]
FULL_CHECK = 16  # every so many answers are parsed whole, the others only searched for errors and rows


@dataclass(frozen=True, slots=True)
class Figure:
    p50: float  # milliseconds at one connection
    rate: float  # requests a second at eight


@dataclass(frozen=True, slots=True)
class Batch:
    name: str
    title: str
    make: Callable[[World], Task]
    cyrus: Figure
    target: Figure
    writes: bool = False  # changes the account itself, so that no write need come between


def session(world: World) -> Task:
    body = yield Request(world.session_path)
    if b'"apiUrl"' not in body:
        raise BadResponse("no session")


def echo(world: World) -> Task:
    value = str(world.chance.random())
    body = yield world.request(("Core/echo", {"value": value}))
    if value.encode() not in body:
        raise BadResponse("no echo")


def mailboxes(world: World) -> Task:
    body = yield world.request(("Mailbox/get", {"ids": None}))
    check(world, body, 1, b'"myRights"', len(world.mailboxes))


def inbox(world: World) -> Task:
    body = yield world.request(*open_inbox(world))
    check(world, body, 2, b'"subject"', min(PAGE, len(world.email_ids) // 4))


def threads(world: World) -> Task:
    body = yield world.request(
        *open_inbox(world),
        ("Thread/get", {"#ids": reference("1", "Email/get", "/list/*/threadId")}),
        ("Email/get", {"#ids": reference("2", "Thread/get", "/list/*/emailIds"), "properties": LIST}),
    )
    check(world, body, 4, b'"subject"', 2 * min(PAGE, len(world.email_ids) // 4))


def rare_search(world: World) -> Task:
    yield from search(world, world.rare(), 1)


def common_search(world: World) -> Task:
    yield from search(world, world.chance.choice(world.common), min(PAGE, len(world.email_ids) // 4))


def search(world: World, word: str, rows: int) -> Task:
    query = {"filter": {"text": word}, "sort": NEWEST_FIRST, "limit": PAGE}
    get = {"#ids": reference("0", "Email/query", "/ids"), "properties": LIST}
    body = yield world.request(("Email/query", query), ("Email/get", get))
    check(world, body, 2, b'"subject"', rows)


def whole_message(world: World) -> Task:
    get = {"ids": pick(world, 1), "fetchTextBodyValues": True, "fetchHTMLBodyValues": True}
    body = yield world.request(("Email/get", get))
    check(world, body, 1, b'"isTruncated"', 1)


def flag_one(world: World) -> Task:
    yield from flag(world, 1)


def flag_hundred(world: World) -> Task:
    yield from flag(world, min(100, len(world.email_ids)))


def flag(world: World, count: int) -> Task:
    """Turn $flagged over on so many emails; the state before it is remembered."""
    patches: dict[str, Wire] = {}
    for email_id in pick(world, count):
        world.flagged[email_id] = on = not world.flagged.get(email_id, False)
        patches[email_id] = {"keywords/$flagged": True if on else None}
    (answer,) = read_responses((yield world.request(("Email/set", {"update": patches}))), 1)
    if len(answer["updated"] or ()) != count:
        raise BadResponse(f"not updated: {answer['notUpdated']}")
    world.email_state = answer["oldState"]


def changes(world: World) -> Task:
    since = {"sinceState": world.email_state}
    body = yield world.request(("Email/changes", since), ("Mailbox/get", {"ids": None, "properties": COUNTS}))
    check(world, body, 2, b'"unreadThreads"', len(world.mailboxes))


def import_one(world: World) -> Task:
    world.imported += 1
    unique = int(datetime.now(UTC).timestamp() * 1_000_000) + world.imported
    mail = world.chance.choice(templates(world.seed))
    marked = mail.raw.replace(b"Message-ID: <", b"Message-ID: <%d." % unique, 1)
    yield from load_batch(world, [Mail(marked, datetime.now(UTC), ())])


@cache
def templates(seed: int) -> list[Mail]:
    return list(generate(40, seed))


def open_inbox(world: World) -> tuple[tuple[str, Wire], tuple[str, Wire]]:
    query = {"filter": {"inMailbox": world.inbox}, "sort": NEWEST_FIRST, "limit": PAGE}
    query |= {"collapseThreads": True, "calculateTotal": True}
    return (
        ("Email/query", query),
        ("Email/get", {"#ids": reference("0", "Email/query", "/ids"), "properties": LIST}),
    )


def reference(call: str, name: str, path: str) -> Wire:
    return {"resultOf": call, "name": name, "path": path}


def check(world: World, body: bytes, calls: int, row: bytes, rows: int) -> None:
    """No error, and the property that each row has once at least so many times."""
    if body.count(row) < rows:
        raise BadResponse(f"{body.count(row)} rows instead of {rows}: {body[:300]!r}")
    if b'["error"' in body or world.chance.randrange(FULL_CHECK) == 0:
        read_responses(body, calls)


BATCHES = (
    Batch("session", "session resource", session, Figure(2.5, 657), Figure(1.5, 1000)),
    Batch("echo", "Core/echo", echo, Figure(1.8, 479), Figure(1.2, 1200)),
    Batch("mailboxes", "Mailbox/get, all", mailboxes, Figure(3.9, 452), Figure(2, 700)),
    Batch("inbox", "open inbox", inbox, Figure(32, 31), Figure(5, 240)),
    Batch("threads", "open inbox + whole threads", threads, Figure(46, 30), Figure(10, 120)),
    Batch("rare", "search a rare word", rare_search, Figure(6.8, 161), Figure(6, 200)),
    Batch("common", "search a common word", common_search, Figure(67, 14), Figure(7, 200)),
    Batch("message", "one full message", whole_message, Figure(3.2, 519), Figure(2, 600)),
    Batch("flag1", "keyword on 1 email", flag_one, Figure(6.7, 161), Figure(5, 200), writes=True),
    Batch("flag100", "keyword on 100 emails", flag_hundred, Figure(34, 13), Figure(15, 60), writes=True),
    Batch("changes", "Email/changes + counts", changes, Figure(11, 87), Figure(2.5, 500)),
    Batch("import", "upload + import of 1", import_one, Figure(22, 46), Figure(10, 120), writes=True),
)
