"""Reading an account's mail folder by folder, in bounded memory, for export."""

from collections.abc import Iterator

from jmap.core import sql
from jmap.mail.email_get import read_octets
from jmap.mail.found import Found, join_folder
from jmap.mail.keywords import unpack

AT_ONCE = 500


def folders(account_id: int) -> dict[int, str]:
    """Mailbox -> folder; the inbox is "Inbox" whatever it is called."""
    found = sql.rows("SELECT id, parent_id, name, role FROM mail_mailbox WHERE account_id = %s", account_id)
    mailboxes = {id: (parent, name, role) for id, parent, name, role in found}

    def names(id: int) -> list[str]:
        parent, name, role = mailboxes[id]
        return [*(names(parent) if parent is not None else []), "Inbox" if role == "inbox" else name]

    return {id: join_folder(names(id)) for id in mailboxes}


def read_folder(account_id: int, mailbox_id: int, folder: str) -> Iterator[Found]:
    """Every message of a mailbox, oldest email first."""
    last = 0
    while found := sql.rows(
        "SELECT e.id, e.blob, e.received_at, e.flags, e.keywords FROM mail_emailmailbox m"
        " JOIN mail_email e ON e.account_id = m.account_id AND e.id = m.email_id"
        " WHERE m.account_id = %s AND m.mailbox_id = %s AND m.email_id > %s ORDER BY m.email_id LIMIT %s",
        account_id, mailbox_id, last, AT_ONCE,
    ):  # fmt: skip
        for id, blob, received_at, flags, others in found:
            raw = read_octets(account_id, blob)
            yield Found(f"e{id}", folder, raw, received_at, frozenset(unpack(flags, others)), (), len(raw))
        last = found[-1][0]
