"""The capabilities urn:ietf:params:jmap:webpush-vapid (RFC 9749 §3) and …:emailpush (draft-ietf-jmap-emailpush-03)."""

from typing import Any

from accounts.access import Right
from jmap.core.capabilities import Capability, register
from jmap.push import vapid

VAPID = "urn:ietf:params:jmap:webpush-vapid"
EMAILPUSH = "urn:ietf:params:jmap:emailpush"


def vapid_session(base_url: str) -> dict[str, Any]:
    return {"applicationServerKey": vapid.application_server_key()}


def emailpush_account(right: Right) -> dict[str, Any]:
    return {}


register(Capability(VAPID, session=vapid_session))
register(Capability(EMAILPUSH, account=emailpush_account))
