"""Keeping a letter, sending it, and taking it back while that is possible."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from jmap.client import Client, MethodFailed, ref
from webmail.letters import Letter, Unusable, email_of
from webmail.mailboxes import Mailboxes

Wire = dict[str, Any]
UNDO_SECONDS = 20  # how long the server holds a letter; the offer on the page ends earlier
REASONS = {
    "forbiddenFrom": "You may not send from this address.",
    "forbiddenMailFrom": "You may not send from this address.",
    "forbiddenToSend": "You may not send mail.",
    "noRecipients": "Say to whom it goes.",
    "tooManyRecipients": "That is more recipients than one letter may have.",
    "tooLarge": "The letter is too large. Take some attachments away.",
    "overQuota": "There is no room left in your account. Delete something first.",
    "rateLimit": "You have sent a lot of mail lately. Please wait a little.",
    "blobNotFound": "An attachment is no longer there. Take it away and add it again.",
}


def read_identities(client: Client) -> list[Wire]:
    """Those one can write as, in order; "*@…" names no address."""
    found = client.call("Identity/get")["list"]
    return sorted((each for each in found if not each["email"].startswith("*@")), key=lambda each: int(each["id"][1:]))


def find_identity(letter: Letter, identities: list[Wire]) -> Wire:
    """Raises Unusable."""
    found = next((each for each in identities if each["id"] == letter.identity), None) or next(iter(identities), None)
    if found is None:
        raise Unusable("This account has no address to send from.")
    return found


def save(client: Client, letter: Letter, identities: list[Wire], mailboxes: Mailboxes) -> Letter:
    """Keep the letter as the one draft with its Message-ID: the new one is stored before an older one goes.
    Raises Unusable."""
    drafts = mailboxes.with_role("drafts")
    if drafts is None:
        raise Unusable("There is no mailbox for drafts.")
    email = email_of(letter, find_identity(letter, identities), drafts.id)
    answer = client.call("Email/set", create={"letter": email})
    if not answer["created"]:
        raise refusal(answer["notCreated"]["letter"])
    saved = replace(letter, draft=answer["created"]["letter"]["id"])
    remove_older(client, letter, saved.draft, drafts.id)
    return saved


def remove_older(client: Client, letter: Letter, newest: str, drafts: str) -> None:
    older = [id for id in drafts_of(client, letter, drafts) if id != newest]
    if older:
        client.call("Email/set", destroy=older)


def drafts_of(client: Client, letter: Letter, drafts: str) -> list[str]:
    """The emails that keep this letter. The search finds words, so what it finds is compared: other letters may have a
    Message-ID that is like this one's."""
    like = {"inMailbox": drafts, "hasKeyword": "$draft", "header": ["Message-ID", letter.message_id]}
    found = client.batch(
        ("Email/query", {"filter": like}, "query"),
        ("Email/get", {"#ids": ref("query", "Email/query", "/ids"), "properties": ["messageId"]}, "emails"),
    )["emails"]["list"]
    return [email["id"] for email in found if email["messageId"] == [letter.message_id]]


def send(
    client: Client, letter: Letter, identities: list[Wire], mailboxes: Mailboxes, *, at: datetime | None = None
) -> str:
    """Send the letter, at once (then it is held a moment, to be taken back) or `at` a time; the id of the submission.
    Raises Unusable, and then the letter is safe among the drafts."""
    recipients = letter.recipients
    if not recipients:
        raise Unusable(REASONS["noRecipients"])
    saved = save(client, letter, identities, mailboxes)
    identity = find_identity(letter, identities)
    submission = {
        "identityId": identity["id"],
        "emailId": saved.draft,
        "envelope": {
            "mailFrom": {"email": identity["email"], "parameters": hold(at)},
            "rcptTo": [{"email": each["email"]} for each in recipients],
        },
    }
    answer = submit(client, submission, sent_patch(mailboxes))
    mark_original(client, letter)
    return str(answer["id"])


def submit(client: Client, submission: Wire, patch: Wire) -> Wire:
    try:
        answer = client.call("EmailSubmission/set", create={"it": submission}, onSuccessUpdateEmail={"#it": patch})
    except MethodFailed as error:
        raise refusal(error.wire) from None
    if not answer["created"]:
        raise refusal(answer["notCreated"]["it"])
    created: Wire = answer["created"]["it"]
    return created


def hold(at: datetime | None) -> Wire:
    """RFC 4865: a moment to think it over, or until the time that was asked for."""
    if at is None:
        return {"HOLDFOR": str(UNDO_SECONDS)}
    return {"HOLDUNTIL": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}


def sent_patch(mailboxes: Mailboxes) -> Wire:
    """From the drafts to what was sent."""
    drafts, sent = mailboxes.with_role("drafts"), mailboxes.with_role("sent")
    kept = sent or drafts
    return {"keywords/$draft": None, "mailboxIds": {kept.id: True} if kept else {}}


def mark_original(client: Client, letter: Letter) -> None:
    """Show on the original that it was answered or forwarded. It may be gone: then there is nothing to mark."""
    for email, keyword in ((letter.answers, "$answered"), (letter.forwards, "$forwarded")):
        if email:
            client.call("Email/set", update={email: {f"keywords/{keyword}": True}})


def take_back(client: Client, submission: str, mailboxes: Mailboxes) -> str | None:
    """Stop a submission and make its email a draft again: the email's id, None where it is too late."""
    found = client.call("EmailSubmission/get", ids=[submission], properties=["emailId"])["list"]
    answer = client.call("EmailSubmission/set", update={submission: {"undoStatus": "canceled"}})
    if not found or submission not in (answer["updated"] or {}):
        return None
    email: str = found[0]["emailId"]
    drafts = mailboxes.with_role("drafts")
    patch = {"keywords/$draft": True, **({"mailboxIds": {drafts.id: True}} if drafts else {})}
    client.call("Email/set", update={email: patch})
    return email


def refusal(error: Wire) -> Unusable:
    """A SetError or method error in words for the writer."""
    if error["type"] == "invalidRecipients":
        return Unusable(f"Mail can't be sent to {', '.join(error.get('invalidRecipients', []))}.")
    if error["type"] == "invalidProperties":
        return Unusable(f"That can't be sent: {error.get('description', 'something in it is not allowed')}.")
    return Unusable(REASONS.get(error["type"]) or error.get("description") or "It could not be sent. Try again.")
