"""The mailbox tree as the sidebar shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jmap.client import Client

Wire = dict[str, Any]
ROLES = ("inbox", "drafts", "sent", "archive", "junk", "trash")
DEEPEST = 8  # levels that are still indented
PROPERTIES = ["id", "name", "parentId", "role", "sortOrder", "totalEmails", "unreadThreads", "myRights"]


@dataclass(frozen=True)
class Mailbox:
    """One line of the tree; `count` is what waits there: unread conversations, or drafts."""

    id: str
    name: str
    role: str
    depth: int
    count: int
    may_add: bool

    @property
    def icon(self) -> str:
        return self.role if self.role in ROLES else "folder"

    @property
    def indent(self) -> range:
        """For templates, which can't count."""
        return range(self.depth)


@dataclass(frozen=True)
class Mailboxes:
    """All of an account's mailboxes, parents before their children."""

    tree: list[Mailbox]

    def find(self, id: str) -> Mailbox | None:
        return next((mailbox for mailbox in self.tree if mailbox.id == id), None)

    def with_role(self, role: str) -> Mailbox | None:
        return next((mailbox for mailbox in self.tree if mailbox.role == role), None)

    def ids_with_roles(self, *roles: str) -> list[str]:
        return [mailbox.id for mailbox in self.tree if mailbox.role in roles]

    @property
    def targets(self) -> list[Mailbox]:
        """Where mail can be moved to."""
        return [mailbox for mailbox in self.tree if mailbox.may_add]


def read_mailboxes(client: Client) -> Mailboxes:
    return Mailboxes(list(branches(client.call("Mailbox/get", properties=PROPERTIES)["list"], None, 0)))


def branches(all: list[Wire], parent: str | None, depth: int) -> Iterator[Mailbox]:
    """The mailboxes below one, depth first: those with a role in their usual order, then by sortOrder and name."""
    for wire in sorted((each for each in all if each["parentId"] == parent), key=place):
        yield mailbox_of(wire, depth)
        yield from branches(all, wire["id"], min(depth + 1, DEEPEST))


def place(wire: Wire) -> tuple[int, int, str]:
    rank = ROLES.index(wire["role"]) if wire["role"] in ROLES else len(ROLES)
    return rank, wire["sortOrder"], wire["name"].casefold()


def mailbox_of(wire: Wire, depth: int) -> Mailbox:
    role = wire["role"] or ""
    count = wire["totalEmails"] if role == "drafts" else wire["unreadThreads"]
    shown = 0 if role in ("junk", "trash", "sent") else count
    return Mailbox(wire["id"], wire["name"], role, depth, shown, wire["myRights"]["mayAddItems"])
