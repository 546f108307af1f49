"""The mailboxes of a new account, and what follows when its users change."""

from typing import Any

from jmap.core import sql
from jmap.core.writing import writing
from jmap.mail.rows import insert_mailbox

MAILBOXES = (
    ("Inbox", "inbox"),
    ("Drafts", "drafts"),
    ("Sent", "sent"),
    ("Archive", "archive"),
    ("Junk", "junk"),
    ("Trash", "trash"),
)


def make_mailboxes(*, account_id: int, **kwargs: Any) -> None:
    """Give a new account its mailboxes, those with a role (RFC 8621 §2)."""
    with writing(account_id, "provision") as log:
        for at, (name, role) in enumerate(MAILBOXES, 1):
            id = log.new_id()
            insert_mailbox(account_id, id, name, role=role, sort_order=at * 10)
            log.created("Mailbox", id)


def note_access_change(*, account_id: int, **kwargs: Any) -> None:
    """Who may do what on an account shows in each Mailbox's myRights, so every one of them has changed."""
    with writing(account_id, "access") as log:
        for (id,) in sql.rows("SELECT id FROM mail_mailbox WHERE account_id = %s", account_id):
            log.updated("Mailbox", id, {})
