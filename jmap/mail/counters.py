"""A Mailbox's counts (RFC 8621 §2), as the sum of what each thread adds to them."""

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from jmap.mail.keywords import READ

TOTAL_EMAILS, UNREAD_EMAILS, TOTAL_THREADS, UNREAD_THREADS = range(4)
Counts = Counter[tuple[int, int]]  # (mailbox, which count) -> number


class Member(Protocol):
    """An email of a thread."""

    mailbox_ids: set[int]
    flags: int


def count_thread(emails: Iterable[Member], trash: int | None) -> Counts:
    """What one thread adds to the counts of each mailbox it is in."""
    counts: Counts = Counter()
    threads: set[int] = set()
    unread_in_trash = unread_elsewhere = False
    for email in emails:
        unread = not email.flags & READ
        for mailbox in email.mailbox_ids:
            counts[mailbox, TOTAL_EMAILS] += 1
            counts[mailbox, UNREAD_EMAILS] += unread
        threads |= email.mailbox_ids
        unread_in_trash |= unread and trash in email.mailbox_ids
        # RFC 8621 §2, rule 1: what is only in the trash does not count elsewhere.
        unread_elsewhere |= unread and email.mailbox_ids != {trash}
    for mailbox in threads:
        counts[mailbox, TOTAL_THREADS] = 1
        # Rule 2: what is not in the trash does not count for the trash.
        counts[mailbox, UNREAD_THREADS] = int(unread_in_trash if mailbox == trash else unread_elsewhere)
    return counts
