"""The Session resource (RFC 8620 §2)."""

import hashlib
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import orjson
from django.conf import settings

from accounts.access import Caller, Right
from jmap.core.capabilities import capabilities


def session(caller: Caller, base_url: str) -> dict[str, Any]:
    """The Session object; `base_url` has no slash at its end."""
    jmap = f"{base_url}/jmap"
    return contents(caller, base_url) | {
        "apiUrl": f"{jmap}/api",
        "downloadUrl": f"{jmap}/download/{{accountId}}/{{blobId}}/{{name}}?type={{type}}",
        "uploadUrl": f"{jmap}/upload/{{accountId}}",
        "eventSourceUrl": f"{jmap}/eventsource?types={{types}}&closeafter={{closeafter}}&ping={{ping}}",
        "state": session_state(caller),
    }


def contents(caller: Caller, base_url: str) -> dict[str, Any]:
    return {
        "capabilities": {urn: capability.session(base_url) for urn, capability in capabilities.items()},
        "accounts": {f"a{right.account_id}": account_object(right) for right in caller.rights.values()},
        "primaryAccounts": primary_accounts(caller),
        "username": caller.login,
    }


def account_object(right: Right) -> dict[str, Any]:
    return {
        "name": right.name,
        "isPersonal": right.is_personal,
        "isReadOnly": right.read_only,
        "accountCapabilities": account_capabilities(right),
    }


def account_capabilities(right: Right) -> dict[str, Any]:
    values = {urn: capability.account(right) for urn, capability in capabilities.items() if capability.account}
    return {urn: value for urn, value in values.items() if value is not None}


def primary_accounts(caller: Caller) -> dict[str, str]:
    """The personal account, for each capability it has."""
    personal = next((right for right in caller.rights.values() if right.is_personal), None)
    return dict.fromkeys(account_capabilities(personal), f"a{personal.account_id}") if personal else {}


def session_state(caller: Caller) -> str:
    """Changes whenever anything in the Session does (RFC 8620 §2)."""
    return state_of(caller.login, tuple(caller.rights.values()), settings.PUBLIC_URL, datetime.now(UTC).date())


@lru_cache(maxsize=4096)
def state_of(login: str, rights: tuple[Right, ...], origin: str, day: date) -> str:
    """`origin` is the one in the URLs, "" where each request tells its own. A capability may say something else each
    `day`, but not within one (submission: the latest day that a message may be held until)."""
    caller = Caller(0, login, "", {right.account_id: right for right in rights})
    return hashlib.sha256(orjson.dumps([contents(caller, origin), origin])).hexdigest()[:16]
