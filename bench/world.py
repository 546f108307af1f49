"""What a measurement knows of the account: its Session, mailboxes, emails and words."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from bench.connection import BadResponse, Request, Server, fetch, path_of
from bench.generate import common_words, rare_word

Wire = dict[str, Any]
Call = tuple[str, Wire]
USING = ("urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail")
MAIL = USING[1]
PAGE = 1000


@dataclass
class World:
    server: Server
    session_path: str
    api_path: str
    upload_path: str
    account_id: str
    limits: Mapping[str, int]
    seed: int = 1
    messages: int = 0  # that `generate` made
    inbox: str = ""
    mailboxes: list[str] = field(default_factory=list)
    email_ids: list[str] = field(default_factory=list)
    email_state: str = ""  # before the newest write
    common: list[str] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    flagged: dict[str, bool] = field(default_factory=dict)
    imported: int = 0

    def request(self, *calls: Call) -> Request:
        """One API request; the calls have their index as id."""
        wire = [
            [name, arguments if name == "Core/echo" else {"accountId": self.account_id, **arguments}, str(at)]
            for at, (name, arguments) in enumerate(calls)
        ]
        return Request(self.api_path, orjson.dumps({"using": USING, "methodCalls": wire}))

    def call(self, *calls: Call) -> list[Wire]:
        return read_responses(fetch(self.server, self.request(*calls)), len(calls))

    def rare(self) -> str:
        return rare_word(self.chance.randrange(max(1, self.messages)))


def read_responses(body: bytes, expected: int) -> list[Wire]:
    """The arguments of all responses. Raises BadResponse on an error or another number of them."""
    responses = orjson.loads(body)["methodResponses"]
    for name, arguments, _ in responses:
        if name == "error":
            raise BadResponse(f"error: {arguments}")
    if len(responses) < expected:
        raise BadResponse(f"{len(responses)} responses for {expected} calls")
    return [arguments for _, arguments, _ in responses]


def connect(url: str, user: str, password: str, seed: int = 1, messages: int = 0) -> World:
    """Read the Session at this URL (a bare origin stands for its /.well-known/jmap) and the inbox's id."""
    server = Server.of(url, user, password)
    session_path = path_of(url) if path_of(url) not in ("", "/") else "/.well-known/jmap"
    session = orjson.loads(fetch(server, Request(session_path)))
    account_id = session["primaryAccounts"][MAIL]
    world = World(
        server,
        session_path,
        path_of(session["apiUrl"]),
        path_of(session["uploadUrl"].replace("{accountId}", account_id)),
        account_id,
        session["capabilities"][USING[0]],
        seed,
        messages,
    )
    (mailboxes,) = world.call(("Mailbox/get", {"ids": None, "properties": ["role"]}))
    world.mailboxes = [mailbox["id"] for mailbox in mailboxes["list"]]
    world.inbox = next(mailbox["id"] for mailbox in mailboxes["list"] if mailbox["role"] == "inbox")
    return world


def look_around(world: World) -> None:
    """Learn the ids of all emails in the inbox, and the state."""
    world.email_ids = []
    while True:
        query = {"filter": {"inMailbox": world.inbox}, "position": len(world.email_ids), "limit": PAGE}
        (page,) = world.call(("Email/query", {**query, "sort": [{"property": "receivedAt", "isAscending": False}]}))
        world.email_ids += page["ids"]
        if not page["ids"]:
            break
    (got,) = world.call(("Email/get", {"ids": world.email_ids[:1], "properties": ["id"]}))
    world.email_state = got["state"]
    world.common = common_words(world.seed)


def pick(world: World, count: int) -> Sequence[str]:
    return world.chance.sample(world.email_ids, count)
