"""Macros in SPF domains and explanations (RFC 7208 §7)."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote

from jmap.mailauth.spf_record import tokens

ESCAPES: Final = {"%": "%", "_": " ", "-": "%20"}
MAX_NAME: Final = 253
MAX_PARTS: Final = 127


@dataclass(frozen=True, slots=True)
class Scene:
    """Who sends what from where; `validated` finds a name for the address of the client, for the domain at hand."""

    ip: IPv4Address | IPv6Address
    local: str
    origin: str  # the domain of the sender
    helo: str
    receiver: str
    validated: Callable[[str], str]


def expand(text: str, scene: Scene, domain: str) -> str:
    """A macro-string with its macros replaced. Raises SpfSyntax, and DnsTrouble never."""
    return "".join(
        token if isinstance(token, str) else ESCAPES.get(token[5] or "") or replaced(token, scene, domain)
        for token in tokens(text)
    )


def expand_name(text: str, scene: Scene, domain: str) -> str:
    """A domain-spec as a name to look up, cut on the left to what a name may have (§7.3)."""
    name = expand(text, scene, domain).removesuffix(".")
    while len(name) > MAX_NAME and "." in name:
        name = name.partition(".")[2]
    return name


def replaced(macro: re.Match[str], scene: Scene, domain: str) -> str:
    letter, digits, reverse, delimiters = macro[1], macro[2], macro[3], macro[4]
    value = value_of(letter.lower(), scene, domain)
    if digits or reverse or delimiters:
        parts = re.split(f"[{re.escape(delimiters or '.')}]", value)
        if reverse:
            parts.reverse()
        if digits:
            parts = parts[-int(digits[-4:]) if len(digits.lstrip("0")) < 4 else -MAX_PARTS :]
        value = ".".join(parts)
    return quote(value, safe="") if letter.isupper() else value


def value_of(letter: str, scene: Scene, domain: str) -> str:
    match letter:
        case "s":
            return f"{scene.local}@{scene.origin}"
        case "l":
            return scene.local
        case "o":
            return scene.origin
        case "d":
            return domain
        case "i":
            return dotted(scene.ip)
        case "p":
            return scene.validated(domain)
        case "v":
            return "in-addr" if scene.ip.version == 4 else "ip6"
        case "h":
            return scene.helo
        case "c":
            return str(scene.ip)
        case "r":
            return scene.receiver
        case _:
            return str(int(time.time()))


def dotted(ip: IPv4Address | IPv6Address) -> str:
    """IPv6 as 32 digits with dots between (§7.3)."""
    return str(ip) if ip.version == 4 else ".".join(ip.exploded.replace(":", ""))
