"""Emails written straight into the tables that search reads, without messages behind them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jmap.client import Client
from jmap.core import sql
from jmap.mail.search import condition, index_row
from tests.fixtures.accounts import Person

START = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING: dict[str, str | list[str]] = {
    **{name: [] for name in ("from", "to", "cc", "bcc", "attachments", "header")},
    "subject": "",
    "body": "",
}


@dataclass
class Shelf:
    """An account to put emails on and search them; numbers count from 1, the newest last."""

    person: Person
    count: int = 0

    @property
    def account_id(self) -> int:
        return self.person.account.id

    @property
    def jmap(self) -> Client:
        return self.person.jmap

    def add(self, **fields: str | list[str]) -> int:
        """An email with these fields of the index; its number."""
        self.count += 1
        at = START + timedelta(minutes=self.count)
        lexemes, text = index_row(self.account_id, {**NOTHING, **fields})
        sql.run(
            "INSERT INTO mail_email (account_id, id, thread_id, received_at, size, has_attachment, flags, keywords,"
            " mailbox_ids, blob) VALUES (%s, %s, %s, %s, 1, false, 0, '{}', '{}', %s)",
            self.account_id, self.count, self.count, at, bytes(32),
        )  # fmt: skip
        sql.run(
            "INSERT INTO mail_emailtext (account_id, email_id, received_at, lexemes, text)"
            " VALUES (%s, %s, %s, array_to_tsvector(%s::text[]), %s)",
            self.account_id, self.count, at, lexemes, text,
        )  # fmt: skip
        return self.count

    def find(self, name: str, value: str | list[str]) -> list[int]:
        """Numbers of the emails that meet a condition, and a check that NOT gives exactly the others."""
        matches, parameters = condition(self.account_id, name, value, "e.id")
        found = self.select(matches, parameters)
        assert sorted(found + self.select(f"NOT ({matches})", parameters)) == list(range(1, self.count + 1))
        return found

    def select(self, condition: str, parameters: list[object]) -> list[int]:
        query = f"SELECT e.id FROM mail_email e WHERE e.account_id = %s AND ({condition}) ORDER BY e.id"
        return [id for (id,) in sql.rows(query, self.account_id, *parameters)]

    def snippets(self, filter: object, *ids: str) -> list[dict[str, str | None]]:
        found: list[dict[str, str | None]] = self.jmap.call("SearchSnippet/get", filter=filter, emailIds=list(ids))[
            "list"
        ]
        return found
