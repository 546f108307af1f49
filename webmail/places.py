"""What the list shows: a mailbox, the starred mail, or a search."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from webmail.mailboxes import Mailbox, Mailboxes
from webmail.search import Chip, read_search

Wire = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """`key` names it in addresses: a mailbox id, "starred" or "search"."""

    key: str
    title: str
    filter: Wire = field(default_factory=dict)
    mailbox: Mailbox | None = None
    words: str = ""
    chips: list[Chip] = field(default_factory=list)  # what was understood of the words

    @property
    def role(self) -> str:
        return self.mailbox.role if self.mailbox else ""

    def url(self, thread: str = "", position: int = 0) -> str:
        """The address of its list from `position` on, with a conversation open beside it."""
        query = {name: value for name, value in (("q", self.words), ("from", position)) if value}
        return f"/mail/{self.key}/{thread}" + (f"?{urlencode(query)}" if query else "")


def find_place(key: str, words: str, mailboxes: Mailboxes) -> Place | None:
    """None when there is no such mailbox."""
    if key == "starred":
        return Place(key, "Starred", {"operator": "AND", "conditions": [{"hasKeyword": "$flagged"}, kept(mailboxes)]})
    if key == "search":
        search = read_search(words, mailboxes)
        return Place(key, "Search", search.filter, words=words, chips=search.chips)
    mailbox = mailboxes.find(key)
    return Place(key, mailbox.name, {"inMailbox": mailbox.id}, mailbox) if mailbox else None


def kept(mailboxes: Mailboxes) -> Wire:
    """Mail that is not thrown away."""
    return {"inMailboxOtherThan": mailboxes.ids_with_roles("trash", "junk")}
