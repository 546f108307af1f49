"""The capability urn:ietf:params:jmap:submission (RFC 8621 §1.3.2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from accounts.access import Right
from jmap.core.capabilities import Capability, register
from jmap.core.types import utc_text

SUBMISSION = "urn:ietf:params:jmap:submission"


def account_limits(right: Right) -> dict[str, Any]:
    return {"maxDelayedSend": settings.MAX_DELAYED_SEND, "submissionExtensions": extensions()}


def extensions() -> dict[str, list[str]]:
    """The SMTP extensions whose parameters an envelope may have: EHLO keyword -> its arguments."""
    offered = {"SIZE": [str(settings.MAX_SIZE_MESSAGE)], "DSN": [], "SMTPUTF8": []}
    if settings.MAX_DELAYED_SEND:
        offered["FUTURERELEASE"] = [str(settings.MAX_DELAYED_SEND), utc_text(last_release())]
    return offered


def last_release() -> datetime:
    """RFC 4865 §3: the latest moment that a message may be held until. It counts from the beginning of the day, so that
    the Session does not change with every second."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(seconds=settings.MAX_DELAYED_SEND)


register(Capability(SUBMISSION, account=account_limits))
