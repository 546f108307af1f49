"""How mail finds its way from here, as the settings have it."""

from pathlib import Path

from django.conf import settings
from django.db import connection

from jmap.mailauth.dns import shared_resolver
from jmap.submission.relay import security, sts_memory
from jmap.submission.relay.courier import Chart, SmartHost
from jmap.submission.relay.https import Fetching
from jmap.submission.relay.security import Kind, Security
from jmap.submission.relay.session import Login, Manner
from jmap.submission.relay.sts_policy import StsPolicy

SUBMISSION, SUBMISSIONS = 587, 465  # RFC 8314


def chart() -> Chart:
    lookup = shared_resolver(tuple(settings.DNS_SERVERS)).lookup()
    return Chart(lookup, sts_of, settings.REMOTE_SMTP_PORT, settings.PRIVATE_MX, smart_host())


def manner() -> Manner:
    return Manner(settings.MAIL_HOSTNAME, settings.SEND_TIMEOUT, settings.CA_FILE)


def sts_of(domain: str) -> StsPolicy | None:
    """The MTA-STS policy of a domain; for a thread that needs no database otherwise."""
    if domain.startswith("["):
        return None
    lookup = shared_resolver(tuple(settings.DNS_SERVERS)).lookup()
    how = Fetching(security.context(True, settings.CA_FILE), settings.MTA_STS_PORT, settings.PRIVATE_MX)
    try:
        return sts_memory.policy_of(domain, lookup, how)
    finally:
        connection.close()


def smart_host() -> SmartHost | None:
    """Named by the operator, so that private addresses are no matter."""
    if not settings.SMART_HOST:
        return None
    host, colon, port = settings.SMART_HOST.rpartition(":")
    host, number = (host, int(port)) if colon and port.isdigit() else (settings.SMART_HOST, SUBMISSION)
    kind: Kind = "may" if settings.SMART_HOST_TLS == "may" else "verified"
    host = host.strip("[]")
    return SmartHost(host, number, Security(kind, (host,), at_once=number == SUBMISSIONS), login())


def login() -> Login | None:
    if not settings.SMART_HOST_USER:
        return None
    password = settings.SMART_HOST_PASSWORD
    if settings.SMART_HOST_PASSWORD_FILE:
        password = Path(settings.SMART_HOST_PASSWORD_FILE).read_text().strip()
    return Login(settings.SMART_HOST_USER, password)
