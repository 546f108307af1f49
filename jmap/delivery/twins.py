"""Telling that a message is there already: the same Message-ID and the same body in the same mailbox."""

from collections.abc import Iterable

from jmap.core import sql
from jmap.mail.envelope import Envelope

SELECT = """
SELECT DISTINCT unnest(e.mailbox_ids), v.fingerprint
FROM unnest(%s::bigint[], %s::bigint[]) wanted(message_id, fingerprint)
JOIN mail_messageid i ON i.account_id = %s AND i.message_id = wanted.message_id
JOIN mail_emailenvelope v
    ON v.account_id = i.account_id AND v.email_id = i.email_id AND v.fingerprint = wanted.fingerprint
JOIN mail_email e ON e.account_id = i.account_id AND e.id = i.email_id
"""


class Twins:
    """Of some messages, in which mailboxes they are already. Lives inside the write door, and is told what is added."""

    def __init__(self, account_id: int, envelopes: Iterable[Envelope]) -> None:
        known = [envelope for envelope in envelopes if envelope.fingerprint is not None]
        self.found: set[tuple[int, int]] = set()
        if known:
            ids = [envelope.message_id for envelope in known]
            self.found.update(sql.rows(SELECT, ids, [envelope.fingerprint for envelope in known], account_id))

    def has(self, mailbox: int, envelope: Envelope) -> bool:
        return envelope.fingerprint is not None and (mailbox, envelope.fingerprint) in self.found

    def add(self, mailbox: int, envelope: Envelope) -> None:
        if envelope.fingerprint is not None:
            self.found.add((mailbox, envelope.fingerprint))
