"""Drafts and submissions, made as a client makes them."""

import io
from typing import Any

from jmap.core import blobs
from jmap.submission.models import Queued
from tests.fixtures.accounts import Person
from tests.fixtures.mail import roles

Wire = dict[str, Any]
FRIEND = "friend@elsewhere.test"


def addresses(*emails: str) -> list[Wire]:
    return [{"name": None, "email": email} for email in emails]


def make_draft(person: Person, **properties: Any) -> str:
    """A new email to a friend; its id."""
    jmap = person.jmap
    wire = {
        "mailboxIds": {roles(jmap)["drafts"]: True},
        "keywords": {"$draft": True, "$seen": True},
        "from": addresses(person.email),
        "to": addresses(FRIEND),
        "subject": "Tea",
        "textBody": [{"partId": "1", "type": "text/plain"}],
        "bodyValues": {"1": {"value": "Shall we?"}},
        **properties,
    }
    answer = jmap.call("Email/set", create={"d": {name: value for name, value in wire.items() if value is not None}})
    return str(answer["created"]["d"]["id"])


def import_draft(person: Person, raw: bytes) -> str:
    """An email with exactly these octets; its id."""
    jmap = person.jmap
    blob = jmap.upload(io.BytesIO(raw))["blobId"]
    wire = {"blobId": blob, "mailboxIds": {roles(jmap)["drafts"]: True}}
    return str(jmap.call("Email/import", emails={"d": wire})["created"]["d"]["id"])


def identity(person: Person) -> str:
    """The identity of the account's first address."""
    return str(person.jmap.call("Identity/get", ids=None)["list"][0]["id"])


def submission(person: Person, email_id: str, **properties: Any) -> Wire:
    """An EmailSubmission to create."""
    return {"identityId": identity(person), "emailId": email_id, **properties}


def submit(person: Person, email_id: str, **properties: Any) -> Wire:
    """Submit an email; the created object, or the error."""
    answer = person.jmap.call("EmailSubmission/set", create={"s": submission(person, email_id, **properties)})
    found: Wire = (answer["created"] or answer["notCreated"])["s"]
    return found


def envelope(mail_from: str, *recipients: str, **parameters: Any) -> Wire:
    """With these parameters of MAIL FROM."""
    mail = {"email": mail_from, "parameters": parameters or None}
    return {"mailFrom": mail, "rcptTo": [{"email": each, "parameters": None} for each in recipients]}


def get_submission(person: Person, id: str) -> Wire:
    found: Wire = person.jmap.call("EmailSubmission/get", ids=[id])["list"][0]
    return found


def queue_of(person: Person, id: str) -> list[Queued]:
    """The rows in the outgoing queue of a submission."""
    return list(Queued.objects.filter(account_id=person.account.pk, submission_id=int(id[1:])).order_by("id"))


def sent_octets(person: Person, id: str) -> bytes:
    """The message that goes out."""
    located = blobs.open_blob(person.account.pk, bytes(queue_of(person, id)[0].blob))
    assert located is not None
    return located.octets()


def recipients(created: Wire) -> list[str]:
    """The addresses in rcptTo of a created submission."""
    return [each["email"] for each in created["envelope"]["rcptTo"]]
