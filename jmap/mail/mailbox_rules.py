"""What a Mailbox may be called, what roles there are, and how it must fit in with the others (RFC 8621 §2)."""

import unicodedata
from typing import Any

from jmap.core import types
from jmap.core.errors import BadValue, InvalidProperties, SetError
from jmap.mail import limits
from jmap.mail.mailbox_tree import Forest

# https://www.iana.org/assignments/imap-mailbox-name-attributes: those that say what a mailbox is for.
ROLES = frozenset(
    (
        "all", "archive", "drafts", "flagged", "important", "inbox", "junk", "memos", "scheduled", "sent", "snoozed",
        "subscribed", "trash",
    )
)  # fmt: skip
NOT_IN_NAMES = ("Cc", "Cs", "Zl", "Zp")  # controls, halves of a pair, ends of lines and paragraphs


def mailbox_name(value: Any) -> str:
    """Net-Unicode (RFC 5198): normal form C, no control characters; not blank. Raises BadValue."""
    name = types.string(value)
    if len(name.encode()) > limits.MAILBOX_NAME:
        raise BadValue(f"expected at most {limits.MAILBOX_NAME} octets")
    if not name.strip():
        raise BadValue("expected a name that is not blank")
    if any(unicodedata.category(char) in NOT_IN_NAMES for char in name) or not unicodedata.is_normalized("NFC", name):
        raise BadValue("expected Net-Unicode (RFC 5198): normal form C, no control characters")
    return name


def allowed_name(text: str) -> str:
    """The name nearest to a text from elsewhere (a folder of a file system) that `mailbox_name` allows."""
    plain = "".join(char for char in text if unicodedata.category(char) not in NOT_IN_NAMES)
    cut = unicodedata.normalize("NFC", plain).encode()[: limits.MAILBOX_NAME].decode("utf-8", "ignore")
    return unicodedata.normalize("NFC", cut).strip() or "Unnamed"


def role(value: Any) -> str:
    """A role of IANA's registry, in lower case. Raises BadValue."""
    lower = types.string(value).lower()
    if lower not in ROLES:
        raise BadValue("expected one of IANA's IMAP mailbox name attributes")
    return lower


def conflict(forest: Forest, id: int) -> SetError | None:
    """Why the mailbox can't be where it is in this forest, or None."""
    place = forest.places[id]
    siblings = forest.named[place.parent, place.name] - {id}
    if place.parent is not None and place.parent not in forest.places:
        return InvalidProperties(["parentId"], "there is no such mailbox")
    if forest.is_circular(id):
        return InvalidProperties(["parentId"], "a mailbox can't lie within itself")
    if forest.depth(id) + forest.height(id) > limits.MAILBOX_DEPTH:
        return InvalidProperties(["parentId"], f"mailboxes are nested {limits.MAILBOX_DEPTH} deep at most")
    if place.role is not None and len(forest.roles[place.role]) > 1:
        return InvalidProperties(["role"], "another mailbox has this role")
    if siblings:
        return SetError("alreadyExists", "A sibling has this name", existingId=f"m{min(siblings)}")
    return None
