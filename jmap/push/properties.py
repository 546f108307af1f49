"""The properties of a PushSubscription (RFC 8620 §7.2; draft-ietf-jmap-emailpush-03 §4) and their checks."""

from typing import Any

from django.conf import settings
from yarl import URL

from jmap.core import types
from jmap.core.errors import BadValue, MethodError
from jmap.core.filters import parse_filter
from jmap.core.properties import Property, text
from jmap.core.public_address import is_public
from jmap.mail.email_filters import FILTERS
from jmap.mail.email_get import check_name
from jmap.push.encryption import public_key
from jmap.push.vapid import from_base64url

LONGEST_URL = 2000
MOST_TYPES = 200
MOST_PROPERTIES = 100
URGENCIES = ("very-low", "low", "normal", "high")  # RFC 8030 §5.3


def push_url(value: Any) -> str:
    """An absolute https URL of a host that may be public; what a name leads to is checked when connecting."""
    text = types.string(value)
    try:
        url = URL(text)
        usable = url.scheme == "https" and url.host and url.user is None and url.port
    except ValueError:
        usable = False
    if not usable or not text.isascii() or len(text) > LONGEST_URL:
        raise BadValue(f"expected an https URL of at most {LONGEST_URL} ASCII characters")
    if is_literal(url.host or "") and not is_public(url.host or "") and not settings.PUSH_TO_PRIVATE_HOSTS:
        raise BadValue("expected a host on the internet")
    return text


def is_literal(host: str) -> bool:
    """Whether it is an IP address, not a name."""
    return ":" in host or host.replace(".", "").isdecimal()


def octets(value: Any) -> bytes:
    try:
        return from_base64url(types.string(value))
    except ValueError:
        raise BadValue("expected URL-safe base64") from None


def keys(value: Any) -> dict[str, str]:
    """RFC 8291: a point on P-256, and 16 octets."""
    if types.object_of(value).keys() != {"p256dh", "auth"}:
        raise BadValue("expected an object with p256dh and auth")
    try:
        public_key(octets(value["p256dh"]))
    except ValueError:
        raise BadValue("p256dh is no point on P-256") from None
    if len(octets(value["auth"])) != 16:
        raise BadValue("auth has 16 octets")
    return {"p256dh": value["p256dh"], "auth": value["auth"]}


def type_names(value: Any) -> list[str]:
    names: list[str] = types.list_of(types.string)(value)
    if len(names) > MOST_TYPES or any(len(name) > 100 for name in names):
        raise BadValue("expected the names of data types")
    return names


def email_push_config(value: Any) -> dict[str, Any]:
    """An EmailPushConfig with its defaults filled in."""
    given = types.object_of(value)
    if unknown := given.keys() - {"filter", "properties", "urgency"}:
        raise BadValue(f"there is no {sorted(unknown)[0]!r}")
    names: list[str] = types.list_of(types.string)(given.get("properties"))
    if len(names) > MOST_PROPERTIES:
        raise BadValue(f"expected at most {MOST_PROPERTIES} properties")
    for name in names:
        check_name(name)
    try:
        parse_filter(given.get("filter"), FILTERS)
    except MethodError as error:
        raise BadValue(str(error)) from None
    urgency = given.get("urgency", "normal")
    if urgency not in URGENCIES:
        raise BadValue(f"urgency is one of {', '.join(URGENCIES)}")
    return {"filter": given.get("filter"), "properties": list(dict.fromkeys(names)), "urgency": urgency}


PROPERTIES = {
    "deviceClientId": text(max_bytes=1000, immutable=True),
    "url": Property(push_url, immutable=True),
    "keys": Property(types.nullable(keys), default=None, immutable=True),
    "verificationCode": Property(types.nullable(types.string), default=None),
    "expires": Property(types.nullable(types.utc_date), default=None),
    "types": Property(types.nullable(type_names), default=None),
}
EMAIL_PUSH = Property(types.nullable(types.map_of(types.identifier, email_push_config)), default=None)
PRIVATE = ("url", "keys")  # never returned
