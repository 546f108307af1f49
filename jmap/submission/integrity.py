"""What must be true of submissions, the queue and identities; check_integrity asks it with the rest of an account."""

from collections.abc import Iterator

from jmap.core import sql
from jmap.mail.integrity import Problem

SUBMISSIONS = "SELECT id FROM submission_emailsubmission WHERE account_id = %s"

MISMATCHES = {
    "message waiting to be sent without its blob": (
        "SELECT q.id FROM submission_queued q LEFT JOIN core_blob b ON b.account_id = q.account_id"
        " AND b.sha256 = q.blob WHERE q.account_id = %s AND q.state = 'waiting'"
        " AND (b.sha256 IS NULL OR b.size <> q.size)"
    ),
    "submission that can be taken back, and yet was tried": (
        "SELECT s.id FROM submission_emailsubmission s JOIN submission_queued q ON q.account_id = s.account_id"
        " AND q.submission_id = s.id WHERE s.account_id = %s AND s.undo_status = 'pending'"
        " AND (q.state <> 'waiting' OR q.attempts > 0)"
    ),
    "submission that was taken back, and yet waits or was sent": (
        "SELECT s.id FROM submission_emailsubmission s JOIN submission_queued q ON q.account_id = s.account_id"
        " AND q.submission_id = s.id WHERE s.account_id = %s AND s.undo_status = 'canceled' AND q.state <> 'canceled'"
    ),
    "submission that waits without anything in the queue": (
        "SELECT s.id FROM submission_emailsubmission s WHERE s.account_id = %s AND s.undo_status = 'pending'"
        " AND NOT EXISTS (SELECT 1 FROM submission_queued q WHERE q.account_id = s.account_id"
        " AND q.submission_id = s.id)"
    ),
    "submission without a report it names": (
        "SELECT s.id FROM submission_emailsubmission s CROSS JOIN unnest(s.dsn_blobs || s.mdn_blobs) report"
        " LEFT JOIN core_blob b ON b.account_id = s.account_id AND b.sha256 = report"
        " WHERE s.account_id = %s AND b.sha256 IS NULL"
    ),
    "address without its identity": (
        "SELECT a.id FROM accounts_address a LEFT JOIN submission_identity i ON i.account_id = a.account_id"
        " AND NOT i.may_delete AND i.email = CASE WHEN a.email LIKE '@%%' THEN '*' || a.email ELSE a.email END"
        " WHERE a.account_id = %s AND i.id IS NULL"
    ),
}


def check_submissions(account_id: int) -> Iterator[Problem]:
    for text, query in MISMATCHES.items():
        for (id,) in sql.rows(f"{query} LIMIT 20", account_id):
            yield Problem(account_id, f"{id}: {text}")
