"""Which mailbox an arriving message goes to."""

from jmap.core import sql
from jmap.core.writing import Log
from jmap.mail.rows import insert_mailbox

INBOX = "Inbox"


class Places:
    """The mailboxes of an account that mail may arrive in. Lives inside the write door."""

    def __init__(self, log: Log, *, by_name: bool) -> None:
        """`by_name`: whether some message is for a mailbox of a certain name, so that all are read."""
        self.log = log
        self.roles: dict[str, int] = {}
        self.names: dict[str, int] = {}
        for id, role, name in sql.rows(
            "SELECT id, role, name FROM mail_mailbox WHERE account_id = %s"
            " AND (%s OR role IN ('inbox', 'junk')) ORDER BY parent_id NULLS FIRST, id",
            log.account_id, by_name,
        ):  # fmt: skip
            if role:
                self.roles[role] = id
            else:
                self.names.setdefault(name.casefold(), id)

    def find(self, *, junk: bool, detail: str) -> int:
        """Junk for junk; for mail to `user+detail` the mailbox of that name, one at the top before one below, unless it
        has a role: no stranger puts anything among what was sent, or out of sight in the trash. Else the inbox."""
        if junk:
            return self.roles.get("junk") or self.inbox()
        return self.names.get(detail.casefold()) or self.inbox() if detail else self.inbox()

    def inbox(self) -> int:
        """Made anew where the account has none: mail must arrive somewhere."""
        if "inbox" not in self.roles:
            self.roles["inbox"] = self.namesake() or self.make_inbox()
        return self.roles["inbox"]

    def namesake(self) -> int | None:
        """A mailbox at the top that is called like the inbox and stands in its way."""
        found: int | None = sql.value(
            "SELECT id FROM mail_mailbox WHERE account_id = %s AND parent_id IS NULL AND name = %s",
            self.log.account_id, INBOX,
        )  # fmt: skip
        return found

    def make_inbox(self) -> int:
        id = self.log.new_id()
        insert_mailbox(self.log.account_id, id, INBOX, role="inbox")
        self.log.created("Mailbox", id)
        return id
