"""check_integrity finds what does not agree, and --repair makes derived data right again."""

import pytest

from jmap.client import MethodFailed
from jmap.core import sql
from jmap.core.trimming import trim_account
from jmap.mail.integrity import check_account
from jmap.mail.integrity_repair import repair_account
from tests.fixtures.accounts import Person
from tests.fixtures.mail import import_email, mailboxes, roles

DERIVED = {
    "counts": "UPDATE mail_mailbox SET unread_threads = unread_threads + 7 WHERE account_id = %s",
    "a lost membership": "DELETE FROM mail_emailmailbox WHERE account_id = %s",
    "flags of a membership": "UPDATE mail_emailmailbox SET flags = flags # 1 WHERE account_id = %s",
    "a lost envelope": "DELETE FROM mail_emailenvelope WHERE account_id = %s",
    "a lost index": "DELETE FROM mail_emailtext WHERE account_id = %s",
    "an orphaned index": "UPDATE mail_emailtext SET email_id = email_id + 1000 WHERE account_id = %s",
    "bytes used": "UPDATE accounts_account SET used_bytes = 1 WHERE id = %s",
    "a lost change": "DELETE FROM core_change WHERE account_id = %s AND type = 'Email'",
    "changes that overlap": "UPDATE core_change SET last = last - 1 WHERE account_id = %s AND type = 'Thread'",
    "a state of the future": "UPDATE accounts_account SET states = '{\"Email\": 99999}' WHERE id = %s",
    "a thread torn apart": "UPDATE mail_messageid SET thread_id = thread_id + 1 WHERE account_id = %s",
    "an id to be given twice": "UPDATE accounts_account SET next_id = 1 WHERE id = %s",
    "a mailbox that is not there": (
        "WITH moved AS (UPDATE mail_emailmailbox SET mailbox_id = 99999 WHERE account_id = %s RETURNING account_id)"
        " UPDATE mail_email SET mailbox_ids = '{99999}' WHERE account_id IN (SELECT account_id FROM moved)"
    ),
    "no mailbox": (
        "WITH gone AS (DELETE FROM mail_emailmailbox WHERE account_id = %s RETURNING account_id)"
        " UPDATE mail_email SET mailbox_ids = '{}' WHERE account_id IN (SELECT account_id FROM gone)"
    ),
}
FOUND_IN_MESSAGES = {
    "an attachment": "UPDATE mail_email SET has_attachment = NOT has_attachment WHERE account_id = %s",
    "a subject": "UPDATE mail_emailenvelope SET listing = replace(listing::text, '546561', '546566')::bytea"
    " WHERE account_id = %s",
    "a sort key": "UPDATE mail_emailenvelope SET subject_key = 'X' WHERE account_id = %s",
    "a header": "UPDATE mail_emailenvelope SET headers = 'X: y' WHERE account_id = %s",
    "words": "UPDATE mail_emailtext SET lexemes = '' WHERE account_id = %s",
    "text": "UPDATE mail_emailtext SET text = 'x' WHERE account_id = %s",
    "message ids": "DELETE FROM mail_messageid WHERE account_id = %s",
}
NOT_DERIVED = {
    "a lost blob": "DELETE FROM core_blob WHERE account_id = %s",
    "a blob's octets": "UPDATE core_blob SET data = 'x' WHERE account_id = %s",
    "a mailbox within itself": "UPDATE mail_mailbox SET parent_id = id WHERE account_id = %s",
    "a mailbox without its parent": "UPDATE mail_mailbox SET parent_id = 99999 WHERE account_id = %s",
    "siblings of one name": "UPDATE mail_mailbox SET name = 'x' WHERE account_id = %s",
}


@pytest.fixture
def account_id(alice: Person) -> int:
    """Two emails, and everything agrees."""
    for _ in range(2):
        import_email(alice.jmap, roles(alice.jmap)["inbox"])
    assert check_account(alice.account.pk, deep=True) == []
    return alice.account.pk


@pytest.mark.parametrize("damage", DERIVED.values(), ids=DERIVED.keys())
def test_derived_data_is_mended(damage: str, account_id: int, alice: Person) -> None:
    before = seen(alice)
    sql.run(damage, account_id)
    problems = check_account(account_id)
    assert problems
    repair_account(account_id, problems)
    assert check_account(account_id, deep=True) == []
    assert seen(alice) == before


@pytest.mark.parametrize("damage", FOUND_IN_MESSAGES.values(), ids=FOUND_IN_MESSAGES.keys())
def test_what_the_messages_say_is_mended(damage: str, account_id: int, alice: Person) -> None:
    before = seen(alice)
    sql.run(damage, account_id)
    assert check_account(account_id) == []
    repair_account(account_id, check_account(account_id, deep=True))
    assert check_account(account_id, deep=True) == []
    assert seen(alice) == before


def test_after_a_repair_of_what_clients_saw_they_fetch_everything_anew(account_id: int, alice: Person) -> None:
    state = alice.jmap.call("Email/get", ids=[])["state"]
    sql.run(DERIVED["a lost membership"], account_id)
    repair_account(account_id, check_account(account_id))
    with pytest.raises(MethodFailed, match="cannotCalculateChanges"):
        alice.jmap.call("Email/changes", sinceState=state)
    state = alice.jmap.call("Email/get", ids=[])["state"]
    new = import_email(alice.jmap, roles(alice.jmap)["inbox"])["id"]
    assert alice.jmap.call("Email/changes", sinceState=state)["created"] == [new]


def test_threads_that_belong_together_are_joined(account_id: int, alice: Person) -> None:
    inbox = roles(alice.jmap)["inbox"]
    first = import_email(alice.jmap, inbox, message_id=f"first-{account_id}")
    sql.run("DELETE FROM mail_messageid WHERE account_id = %s AND email_id = %s", account_id, int(first["id"][1:]))
    import_email(alice.jmap, inbox, reply_to=f"first-{account_id}")
    repair_account(account_id, check_account(account_id, deep=True))
    assert check_account(account_id, deep=True) == []
    assert alice.jmap.call("Email/query", collapseThreads=True, calculateTotal=True)["total"] == 3


def test_a_trimmed_log_is_sound(account_id: int) -> None:
    sql.run("UPDATE core_change SET at = at - interval '1 year' WHERE account_id = %s AND type <> 'Email'", account_id)
    assert trim_account(account_id)
    assert check_account(account_id) == []


def test_what_is_left_of_a_lost_email_goes(account_id: int) -> None:
    sql.run("DELETE FROM mail_email WHERE account_id = %s", account_id)
    repair_account(account_id, check_account(account_id))
    assert check_account(account_id, deep=True) == []


def seen(person: Person) -> list[object]:
    """What a client sees of the mailboxes and the mail."""
    found = person.jmap.call("Email/query", filter={"text": "hello"}, sort=[{"property": "subject"}])
    properties = ["subject", "hasAttachment", "threadId", "mailboxIds", "headers"]
    emails = person.jmap.call("Email/get", ids=found["ids"], properties=properties)["list"]
    return [mailboxes(person.jmap), sorted(emails, key=lambda email: str(email["id"]))]


@pytest.mark.parametrize("damage", NOT_DERIVED.values(), ids=NOT_DERIVED.keys())
def test_what_cannot_be_derived_is_reported(damage: str, account_id: int) -> None:
    sql.run(damage, account_id)
    assert any(not problem.repair for problem in check_account(account_id, deep=True))
