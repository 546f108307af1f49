"""What check_integrity finds in submissions, the queue and identities."""

import pytest
from django.db import connection

from jmap.mail.integrity import check_account
from tests.fixtures.accounts import Person
from tests.submission.letters import addresses, make_draft, submit

HARM = {
    "without its blob": "DELETE FROM core_blob WHERE account_id = %s AND size > 0",
    "and yet was tried": "UPDATE submission_queued SET attempts = 1 WHERE account_id = %s",
    "and yet waits": "UPDATE submission_emailsubmission SET undo_status = 'canceled' WHERE account_id = %s",
    "without anything in the queue": "DELETE FROM submission_queued WHERE account_id = %s",
    "a report it names": "UPDATE submission_emailsubmission SET dsn_blobs = ARRAY['x'::bytea] WHERE account_id = %s",
    "without its identity": "UPDATE submission_identity SET may_delete = true WHERE account_id = %s",
    "disagree on whether it exists": "DELETE FROM submission_emailsubmission WHERE account_id = %s",
}


@pytest.mark.parametrize(("text", "harm"), HARM.items(), ids=HARM.keys())
def test_what_is_wrong_is_found(alice: Person, text: str, harm: str) -> None:
    submit(alice, make_draft(alice, bcc=addresses("b@x.test")))
    assert check_account(alice.account.pk) == []
    with connection.cursor() as cursor:
        cursor.execute(harm, [alice.account.pk])
    problems = check_account(alice.account.pk)
    assert len(problems) >= 1 and any(text in problem.text for problem in problems)
