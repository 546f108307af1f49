"""The parameters of MAIL FROM and RCPT TO in an envelope (RFC 8621 §7): given without the encodings of SMTP, kept as
the queue has them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from jmap.core import types
from jmap.core.errors import BadValue
from jmap.core.types import Check

PRINTABLE = re.compile(r"[ -~]+\Z")
NUMBER = re.compile(r"[0-9]{1,20}\Z")
HOLD_FOR = re.compile(r"[1-9][0-9]{0,8}\Z")  # RFC 4865 §3
ADDRESS_TYPE = re.compile(r"[A-Za-z0-9-]+\Z")
NOTIFICATIONS = ("SUCCESS", "FAILURE", "DELAY")
MAX_ENVID, MAX_ORCPT = 100, 500  # characters, encoded (RFC 3461 §4.2, §4.4)


def xtext(text: str) -> str:
    """RFC 3461 §4. Of ASCII alone."""
    return re.sub(r"[^!-*,-<>-~]", lambda match: f"+{ord(match[0]):02X}", text)


def unitext(text: str) -> str:
    r"""RFC 6533 §3 utf-8-addr-xtext, which any server understands: é is \x{E9}."""
    return re.sub(r"[^!-*,-<>-\[\]-~]", lambda match: f"\\x{{{ord(match[0]):02X}}}", text)


def ret(value: Any) -> str:
    return one_of(types.string(value).upper(), ("FULL", "HDRS"))


def envid(value: Any) -> str:
    encoded = xtext(printable(value))
    if len(encoded) > MAX_ENVID:
        raise BadValue(f"expected at most {MAX_ENVID} characters")
    return encoded


def size(value: Any) -> int:
    if not NUMBER.match(types.string(value)):
        raise BadValue("expected a number of octets")
    return int(value)


def no_value(value: Any) -> None:
    if value is not None:
        raise BadValue("takes no value")


def hold_for(value: Any) -> timedelta:
    """RFC 4865 §4.2 (7)."""
    if not HOLD_FOR.match(types.string(value)) or int(value) > settings.MAX_DELAYED_SEND:
        raise BadValue(f"expected 1 to {settings.MAX_DELAYED_SEND} seconds")
    return timedelta(seconds=int(value))


def hold_until(value: Any) -> datetime:
    """RFC 4865 §4.2 (8). The past is refused: who means next year must not send now."""
    now = datetime.now(UTC)
    moment = types.parse_date(value, types.UTC_DATE)
    if not now < moment <= now + timedelta(seconds=settings.MAX_DELAYED_SEND):
        raise BadValue(f"expected a UTCDate within the next {settings.MAX_DELAYED_SEND} seconds")
    return moment


def notify(value: Any) -> str:
    """RFC 3461 §4.1: NEVER alone, or some of the others."""
    words = types.string(value).upper().split(",")
    if words != ["NEVER"] and len({one_of(word, NOTIFICATIONS) for word in words}) != len(words):
        raise BadValue("names a condition twice")
    return ",".join(words)


def orcpt(value: Any) -> str:
    """RFC 3461 §4.2: a type, a semicolon and an address; of the type utf-8 (RFC 6533 §3) in any script."""
    kind, semicolon, address = types.string(value).partition(";")
    if not semicolon or not ADDRESS_TYPE.match(kind) or not address:
        raise BadValue("expected a type, a semicolon and an address")
    encoded = f"{kind};{unitext(address) if kind.lower() == 'utf-8' else xtext(printable(address))}"
    if len(encoded) > MAX_ORCPT:
        raise BadValue(f"expected at most {MAX_ORCPT} characters")
    return encoded


def printable(value: Any) -> str:
    if not PRINTABLE.match(types.string(value)):
        raise BadValue("expected printable ASCII")
    return str(value)


def one_of(value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise BadValue(f"expected {' or '.join(allowed)}")
    return value


MAIL: Mapping[str, Check] = {"RET": ret, "ENVID": envid, "SIZE": size, "SMTPUTF8": no_value}
HOLD: Mapping[str, Check] = {"HOLDFOR": hold_for, "HOLDUNTIL": hold_until}
RCPT: Mapping[str, Check] = {"NOTIFY": notify, "ORCPT": orcpt}


def read_mail(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Of mailFrom; those of delayed sending where it is on, one at most. Raises BadValue."""
    found = read(given, {**MAIL, **HOLD} if settings.MAX_DELAYED_SEND else MAIL)
    if found.keys() >= HOLD.keys():
        raise BadValue("a message is held by HOLDFOR or by HOLDUNTIL, not by both")  # RFC 4865 §4.2 (9)
    return found


def read_rcpt(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Of one recipient. Raises BadValue."""
    return read(given, RCPT)


def read(given: Mapping[str, Any] | None, known: Mapping[str, Check]) -> dict[str, Any]:
    """Keyword in upper case -> value as the queue has it."""
    found: dict[str, Any] = {}
    for name, value in (given or {}).items():
        keyword = name.upper()
        if keyword not in known or keyword in found:
            raise BadValue(f"the parameter {name} is {'given twice' if keyword in found else 'not supported'}")
        try:
            found[keyword] = known[keyword](value)
        except BadValue as error:
            raise BadValue(f"{keyword}: {error}") from None
    return found
