"""Sending and taking back with jmapc, run in a process of its own: arguments are host, login and password.

Prints what it saw as JSON; tests/clients/test_submission.py judges it."""

import json
import sys
from typing import Any

from jmapc import (
    Address,
    Client,
    Email,
    EmailAddress,
    EmailBodyPart,
    EmailBodyValue,
    EmailSubmission,
    EmailSubmissionQueryFilterCondition,
    Envelope,
    UndoStatus,
)
from jmapc.methods import (
    EmailSet,
    EmailSubmissionChanges,
    EmailSubmissionGet,
    EmailSubmissionQuery,
    EmailSubmissionSet,
    IdentityGet,
    MailboxGet,
)


def call(client: Client, method: Any) -> Any:
    return client.request(method, raise_errors=True)


def draft(sender: str, mailbox_id: str) -> Email:
    return Email(
        mail_from=[EmailAddress(name="Me", email=sender)],
        to=[EmailAddress(email="friend@elsewhere.test")],
        bcc=[EmailAddress(email="archive@elsewhere.test")],
        subject="From jmapc",
        keywords={"$draft": True},
        mailbox_ids={mailbox_id: True},
        body_values={"body": EmailBodyValue(value="Shall we have tea?")},
        text_body=[EmailBodyPart(part_id="body", type="text/plain")],
    )


def envelope(sender: str) -> Envelope:
    """Held for an hour, so that it can be taken back."""
    return Envelope(
        mail_from=Address(email=sender, parameters={"HOLDFOR": "3600"}),
        rcpt_to=[Address(email="friend@elsewhere.test")],
    )


def send(client: Client, sender: str, identity_id: str, boxes: dict[str, str]) -> list[Any]:
    """The draft, its submission and the move to Sent, in one request; the responses."""
    to_sent = {"keywords/$draft": None, f"mailboxIds/{boxes['drafts']}": None, f"mailboxIds/{boxes['sent']}": True}
    submission = EmailSubmission(email_id="#draft", identity_id=identity_id, envelope=envelope(sender))
    methods = [
        EmailSet(create={"draft": draft(sender, boxes["drafts"])}),
        EmailSubmissionSet(create={"send": submission}, on_success_update_email={"#send": to_sent}),
    ]
    return [each.response for each in client.request(methods, raise_errors=True)]


def main(host: str, login: str, password: str) -> None:
    client = Client.create_with_password(host, login, password)
    boxes = {each.role: each.id for each in call(client, MailboxGet(ids=None)).data}
    identity = call(client, IdentityGet(ids=None)).data[0]
    made, submitted, *implicit = send(client, login, identity.id, boxes)
    id = submitted.created["send"].id
    found = call(client, EmailSubmissionGet(ids=[id])).data[0]
    pending = EmailSubmissionQuery(filter=EmailSubmissionQueryFilterCondition(undo_status=UndoStatus.PENDING))
    before = call(client, pending).ids
    call(client, EmailSubmissionSet(update={id: {"undoStatus": "canceled"}}))
    seen = {
        "identity": identity.email,
        "email": made.created["draft"].id,
        "implicit": [sorted(each.updated) for each in implicit],
        "submission": id,
        "found": [found.email_id, found.undo_status.value, sorted(found.delivery_status)],
        "pending": before,
        "left": call(client, pending).ids,
        "changed": call(client, EmailSubmissionChanges(since_state=submitted.new_state)).updated,
    }
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
