"""What can be done with conversations, and undone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from jmap.client import Client, ref
from webmail.mailboxes import Mailbox, Mailboxes
from webmail.places import Place

Wire = dict[str, Any]
Patches = dict[str, Wire]  # email id -> what Email/set gets
AT_ONCE = 500  # emails in one Email/set
MOVES = ("archive", "trash", "junk", "move")
DONE = {
    "read": "marked as read", "unread": "marked as unread", "star": "starred", "unstar": "no longer starred",
    "archive": "archived", "trash": "moved to Trash", "junk": "moved to Junk", "move": "moved",
}  # fmt: skip


class Impossible(Exception):  # noqa: N818
    """The action can't be done; the message says why, for the reader."""


@dataclass(frozen=True)
class Done:
    """`before` undoes it: Email/set patches with the previous mailboxIds or keywords."""

    before: Patches
    refused: int


def act(client: Client, action: str, threads: list[str], place: Place, mailboxes: Mailboxes, target: str = "") -> Done:
    """One action on whole conversations, as this place sees them. Raises Impossible."""
    emails = read_emails(client, threads)
    if action in MOVES:
        patches = moves(action, emails, place, destination(action, mailboxes, target))
        changed = "mailboxIds"
    else:
        patches, changed = marks(action, emails, place), "keywords"
    refused = apply(client, patches)
    before = {each["id"]: {changed: each[changed]} for each in emails if each["id"] in patches.keys() - refused}
    return Done(before, len(refused))


def read_emails(client: Client, threads: list[str]) -> list[Wire]:
    found: list[Wire] = []
    for some in portions(threads):
        ids = ref("threads", "Thread/get", "/list/*/emailIds")
        properties = ["id", "threadId", "mailboxIds", "keywords"]
        answers = client.batch(
            ("Thread/get", {"ids": some}, "threads"), ("Email/get", {"#ids": ids, "properties": properties}, "emails")
        )
        found += answers["emails"]["list"]
    return found


def destination(action: str, mailboxes: Mailboxes, target: str) -> Mailbox:
    mailbox = mailboxes.find(target) if action == "move" else mailboxes.with_role(action)
    if mailbox is None:
        raise Impossible("Choose a mailbox to move to." if action == "move" else f"There is no mailbox for {action}.")
    return mailbox


def moves(action: str, emails: list[Wire], place: Place, mailbox: Mailbox) -> Patches:
    """Out of the mailbox that is shown, or (to Trash and Junk, and from a search) out of all."""
    here = place.mailbox.id if place.mailbox and action in ("archive", "move") else None
    patches: Patches = {}
    for email in emails:
        ids = email["mailboxIds"]
        kept = {} if here is None else {id: True for id in ids if id != here}
        wanted = {**kept, mailbox.id: True}
        if (here is None or here in ids) and wanted != ids:
            patches[email["id"]] = {"mailboxIds": wanted}
    return patches


def marks(action: str, emails: list[Wire], place: Place) -> Patches:
    """Read and unstar concern every message, unread and star only the newest here."""
    keyword, value = {
        "read": ("$seen", True), "unread": ("$seen", None), "star": ("$flagged", True), "unstar": ("$flagged", None),
    }[action]  # fmt: skip
    concerned = emails if action in ("read", "unstar") else newest(emails, place)
    return {
        each["id"]: {f"keywords/{keyword}": value} for each in concerned if (keyword in each["keywords"]) != bool(value)
    }


def newest(emails: list[Wire], place: Place) -> list[Wire]:
    """The last email of each thread that lies in this place."""
    here = [each for each in emails if place.mailbox is None or place.mailbox.id in each["mailboxIds"]]
    return list({each["threadId"]: each for each in here}.values())


def apply(client: Client, patches: Patches) -> set[str]:
    """The ids of the emails that could not be changed."""
    refused: set[str] = set()
    for ids in portions(patches):
        answer = client.call("Email/set", update={id: patches[id] for id in ids})
        refused |= set(answer["notUpdated"] or {})
    return refused


def portions(ids: Iterable[str]) -> Iterator[list[str]]:
    left = iter(ids)
    while some := list(islice(left, AT_ONCE)):
        yield some


def describe(action: str, conversations: int, done: Done, mailbox: Mailbox | None) -> str:
    """What the reader is told."""
    what = "Conversation" if conversations == 1 else f"{conversations} conversations"
    deed = f"moved to {mailbox.name}" if action == "move" and mailbox else DONE[action]
    if done.refused:
        return f"{what} {deed}, but {done.refused} messages could not be changed."
    return f"{what} {deed}."
