"""check_integrity finds what does not agree, and --repair makes derived data right again."""

import pytest

from jmap.core import sql
from jmap.mail.integrity import check_account, repair_account
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
}
NOT_DERIVED = {
    "a lost blob": "DELETE FROM core_blob WHERE account_id = %s",
    "a blob's octets": "UPDATE core_blob SET data = 'x' WHERE account_id = %s",
    "a lost change": "DELETE FROM core_change WHERE account_id = %s AND type = 'Email'",
    "a lost email": "DELETE FROM mail_email WHERE account_id = %s",
    "a thread torn apart": "UPDATE mail_messageid SET thread_id = thread_id + 1 WHERE account_id = %s",
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
    before = mailboxes(alice.jmap)
    sql.run(damage, account_id)
    problems = check_account(account_id)
    assert problems
    repair_account(account_id, problems)
    assert check_account(account_id, deep=True) == []
    assert mailboxes(alice.jmap) == before
    assert len(alice.jmap.call("Email/query", filter={"text": "hello"})["ids"]) == 2


@pytest.mark.parametrize("damage", NOT_DERIVED.values(), ids=NOT_DERIVED.keys())
def test_what_cannot_be_derived_is_reported(damage: str, account_id: int) -> None:
    sql.run(damage, account_id)
    assert any(not problem.repair for problem in check_account(account_id, deep=True))
