"""The text of an SPF record and its terms (RFC 7208 §4.5, §4.6, §12)."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from typing import Final

Network = IPv4Network | IPv6Network
VERSION: Final = re.compile(rb"v=spf1(?: |\Z)", re.I)
DIRECTIVE: Final = re.compile(r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)(?=[:/]|\Z)(.*)\Z", re.I | re.S)
MODIFIER: Final = re.compile(r"([A-Za-z][A-Za-z0-9._-]*+)=(.*)\Z", re.S)
LENGTH: Final = re.compile(r"(?:0|[1-9][0-9]{0,2})\Z")
CIDR: Final = re.compile(r"(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?\Z")
MACRO: Final = re.compile(r"%(?:\{([slodiphcrtv])(\d*+)(r?)([.\-+,/_=]*+)\}|([%_-]))", re.I)
LITERAL: Final = re.compile(r"[!-$&-~]++")
TOP_LABEL: Final = re.compile(r"(?=.*[a-z-])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z", re.I)
QUALIFIERS: Final = {"": "pass", "+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
EXPLAINING: Final = frozenset("crt")  # macros of explanations alone (§7.2)


class SpfSyntax(ValueError):  # noqa: N818
    """A record that can't be interpreted: permerror."""


@dataclass(frozen=True, slots=True)
class Directive:
    """A mechanism and the result it gives when it matches. `target` is a domain-spec, "" for the domain itself;
    `prefix4` and `prefix6` are lengths to compare; `network` is that of ip4 and ip6."""

    mechanism: str
    result: str
    target: str = ""
    prefix4: int = 32
    prefix6: int = 128
    network: Network | None = None


@dataclass(frozen=True, slots=True)
class Record:
    directives: tuple[Directive, ...]
    redirect: str | None
    explanation: str | None


def is_record(octets: bytes) -> bool:
    """Whether a TXT record is an SPF one (§4.5)."""
    return VERSION.match(octets) is not None


def parse_record(octets: bytes) -> Record:
    """Raises SpfSyntax for an error anywhere in it (§4.6)."""
    try:
        terms = [term for term in octets.decode("ascii")[len("v=spf1") :].split(" ") if term]
    except UnicodeDecodeError:
        raise SpfSyntax("it is not ASCII") from None
    modifiers: dict[str, str] = {}
    directives = []
    for term in terms:
        if match := MODIFIER.match(term):
            add_modifier(modifiers, match[1].lower(), match[2])
        else:
            directives.append(parse_directive(term))
    return Record(tuple(directives), modifiers.get("redirect"), modifiers.get("exp"))


def add_modifier(modifiers: dict[str, str], name: str, value: str) -> None:
    """The two known ones at most once each; unknown ones need no more than to be well-formed (§6)."""
    if name not in ("redirect", "exp"):
        tokens(value)
        return
    if name in modifiers:
        raise SpfSyntax(f"{name} stands twice")
    modifiers[name] = checked_domain_spec(value)


def parse_directive(term: str) -> Directive:
    match = DIRECTIVE.match(term)
    if match is None:
        raise SpfSyntax(f"unknown term {term[:40]}")
    mechanism, result, rest = match[2].lower(), QUALIFIERS[match[1]], match[3]
    if mechanism == "all":
        if rest:
            raise SpfSyntax("all takes nothing")
        return Directive(mechanism, result)
    if mechanism in ("ip4", "ip6"):
        return Directive(mechanism, result, network=parse_network(mechanism, rest))
    if mechanism in ("a", "mx"):
        return parse_addressed(mechanism, result, rest)
    if not rest and mechanism == "ptr":
        return Directive(mechanism, result)
    if not rest.startswith(":"):
        raise SpfSyntax(f"{mechanism} needs a domain")
    return Directive(mechanism, result, checked_domain_spec(rest[1:]))


def parse_addressed(mechanism: str, result: str, rest: str) -> Directive:
    """`a` and `mx`: [":" domain-spec] [dual-cidr-length]."""
    cidr = CIDR.search(rest)
    target = rest[: cidr.start()] if cidr else rest
    prefix4, prefix6 = (int(cidr[1] or 32), int(cidr[2] or 128)) if cidr else (32, 128)
    if prefix4 > 32 or prefix6 > 128 or (target and not target.startswith(":")):
        raise SpfSyntax(f"malformed {mechanism}{rest[:40]}")
    return Directive(mechanism, result, checked_domain_spec(target[1:]) if target else "", prefix4, prefix6)


def parse_network(mechanism: str, rest: str) -> Network:
    """`:192.0.2.0/24`; bits beyond the prefix don't matter (§5.6)."""
    address, slash, length = rest[1:].partition("/")
    if not rest.startswith(":") or (slash and not LENGTH.match(length)) or "%" in address:
        raise SpfSyntax(f"malformed {mechanism}{rest[:60]}")
    try:
        if mechanism == "ip4":
            return IPv4Network((address, int(length or 32)), strict=False)
        return IPv6Network((address, int(length or 128)), strict=False)
    except ValueError:
        raise SpfSyntax(f"malformed {mechanism}{rest[:60]}") from None


def checked_domain_spec(text: str) -> str:
    """It ends in a macro or in a label that could be a top-level one (§7.1). Raises SpfSyntax."""
    found = tokens(text)
    if any(not isinstance(token, str) and token[1] and token[1].lower() in EXPLAINING for token in found):
        raise SpfSyntax(f"a macro of explanations in {text[:40]}")
    if found and not isinstance(found[-1], str):
        return text
    _, dot, last = text.removesuffix(".").rpartition(".")
    if not dot or not TOP_LABEL.match(last):
        raise SpfSyntax(f"{text[:40]} is no domain")
    return text


def tokens(text: str) -> list[str | re.Match[str]]:
    """Literals and macros of a macro-string. Raises SpfSyntax."""
    found: list[str | re.Match[str]] = []
    position = 0
    while position < len(text):
        macro = MACRO.match(text, position)
        match = macro or LITERAL.match(text, position)
        if match is None or (macro and macro[2] and not macro[2].strip("0")):  # "%{d0}"
            raise SpfSyntax(f"malformed macro in {text[:40]}")
        found.append(macro or match[0])
        position = match.end()
    return found
