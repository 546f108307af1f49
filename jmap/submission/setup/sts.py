"""The MTA-STS policy of the domains served here (RFC 8461 §3), the same for all of them."""

import hashlib

from django.conf import settings

MAX_AGE = {"enforce": 30 * 24 * 3600, "testing": 24 * 3600, "none": 24 * 3600}  # seconds


def is_offered() -> bool:
    """Not where the setting is "off"; "none" is a policy too, the way to take one back (§8.3)."""
    return bool(settings.MTA_STS_MODE != "off")


def policy_text() -> str:
    """The file at /.well-known/mta-sts.txt."""
    mode = settings.MTA_STS_MODE
    lines = ["version: STSv1", f"mode: {mode}", f"mx: {settings.MAIL_HOSTNAME}", f"max_age: {MAX_AGE[mode]}"]
    return "".join(f"{line}\r\n" for line in lines)


def policy_id() -> str:
    """Another for each other policy, as senders must see when it changes (§3.1)."""
    return hashlib.sha256(policy_text().encode()).hexdigest()[:20]
