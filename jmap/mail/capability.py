"""The capability urn:ietf:params:jmap:mail (RFC 8621 §1.3.1)."""

from typing import Any

from accounts.access import Right
from jmap.core.capabilities import Capability, register
from jmap.mail import limits

MAIL = "urn:ietf:params:jmap:mail"


def account_limits(right: Right) -> dict[str, Any]:
    from jmap.mail.email_filters import SORTS

    return {
        "maxMailboxesPerEmail": limits.MAILBOXES_PER_EMAIL,
        "maxMailboxDepth": limits.MAILBOX_DEPTH,
        "maxSizeMailboxName": limits.MAILBOX_NAME,
        "maxSizeAttachmentsPerEmail": limits.ATTACHMENTS_SIZE,
        "emailQuerySortOptions": list(SORTS),
        "mayCreateTopLevelMailbox": not right.read_only,
    }


register(Capability(MAIL, account=account_limits))
