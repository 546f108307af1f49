"""A full round with jmapc, run in a process of its own: arguments are host, login, password and a message's path.

Prints what it saw as JSON; tests/clients/test_clients.py judges it."""

import json
import sys
from pathlib import Path
from typing import Any

from jmapc import Client, EmailQueryFilterCondition, Ref
from jmapc.methods import CustomMethod, EmailGet, EmailQuery, EmailSet, MailboxGet, ThreadGet

MAIL = "urn:ietf:params:jmap:mail"


class EmailImport(CustomMethod):
    """Email/import, for which jmapc has no class."""

    def __post_init__(self) -> None:
        self.jmap_method, type(self).using = "Email/import", {MAIL}


def import_message(client: Client, blob_id: str, mailbox_id: str) -> str:
    """The new email's id."""
    wire = {"blobId": blob_id, "mailboxIds": {mailbox_id: True}, "receivedAt": "2026-01-02T03:04:05Z"}
    method = EmailImport(data={"accountId": client.account_id, "emails": {"new": wire}})
    return str(call(client, method).data["created"]["new"]["id"])


def call(client: Client, method: Any) -> Any:
    return client.request(method, raise_errors=True)


def find(client: Client, mailbox_id: str) -> tuple[Any, Any, Any]:
    """Query, get and thread in one request, with result references."""
    query = EmailQuery(filter=EmailQueryFilterCondition(in_mailbox=mailbox_id, text="tea"), limit=10)
    email = EmailGet(ids=Ref("/ids"), fetch_text_body_values=True)
    thread = ThreadGet(ids=Ref("/list/*/threadId"))
    answers = [each.response for each in client.request([query, email, thread], raise_errors=True)]
    return answers[0], answers[1], answers[2]


def change(client: Client, id: str, patch: dict[str, Any]) -> Any:
    """Email/set; the email afterwards."""
    call(client, EmailSet(update={id: patch}))
    return call(client, EmailGet(ids=[id], properties=["keywords", "mailboxIds"])).data[0]


def main(host: str, login: str, password: str, path: str) -> None:
    client = Client.create_with_password(host, login, password)
    mailboxes = {each.role: each.id for each in call(client, MailboxGet(ids=None)).data}
    blob = client.upload_blob(path)
    id = import_message(client, blob.id, mailboxes["inbox"])
    query, got, thread = find(client, mailboxes["inbox"])
    email = got.data[0]
    menu = Path(path).with_name("menu.bin")
    client.download_attachment(email.attachments[0], menu)
    flagged = change(client, id, {"keywords/$flagged": True})
    moved = change(client, id, {"mailboxIds": {mailboxes["archive"]: True}})
    seen = {
        "username": client.jmap_session.username,
        "roles": sorted(mailboxes),
        "uploaded": blob.size,
        "imported": id,
        "found": query.ids,
        "subject": email.subject,
        "from": [email.mail_from[0].name, email.mail_from[0].email],
        "text": next(iter(email.body_values.values())).value,
        "thread": thread.data[0].email_ids,
        "attachment": list(menu.read_bytes()),
        "keywords": flagged.keywords,
        "moved": moved.mailbox_ids == {mailboxes["archive"]: True},
        "left": find_ids(client, mailboxes["inbox"]),
    }
    json.dump(seen, sys.stdout)


def find_ids(client: Client, mailbox_id: str) -> list[str]:
    """All that is in a mailbox."""
    return list(call(client, EmailQuery(filter=EmailQueryFilterCondition(in_mailbox=mailbox_id))).ids)


if __name__ == "__main__":
    main(*sys.argv[1:])
