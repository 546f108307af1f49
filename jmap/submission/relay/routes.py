"""Where a domain's mail goes (RFC 5321 §5.1, RFC 7505): its mail exchangers, and their addresses. All DNS, no waiting
for peers."""

import ipaddress
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, zip_longest

from jmap.core.public_address import is_public
from jmap.mailauth.dns import Answer, DnsTrouble, Lookup
from jmap.submission.relay.replies import Refused, Trouble, made

MAX_EXCHANGES = 10  # of more, the most preferred


@dataclass(frozen=True, slots=True)
class Exchange:
    """A host that takes mail for a domain. `secure`: DNSSEC vouches for that."""

    name: str
    preference: int = 0
    secure: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """The addresses of a host. `secure`: DNSSEC vouches for them; `canonical` is where CNAMEs led."""

    addresses: list[str] = field(default_factory=list)
    secure: bool = False
    canonical: str = ""


def find_exchanges(domain: str, lookup: Lookup, own_name: str) -> list[Exchange]:
    """In the order in which they are to be tried. `own_name` is this server's. Raises Refused, or Trouble."""
    if domain.startswith("["):
        return [Exchange(literal(domain))]
    try:
        answer = lookup(domain, "MX")
    except DnsTrouble:
        raise Trouble(made(451, "4.4.3", f"DNS does not say where mail for {domain} goes")) from None
    if not answer.exists:
        raise Refused(made(550, "5.1.2", f"There is no domain {domain}"))
    if [record.host for record in answer.records] == [""]:
        raise Refused(made(556, "5.1.10", f"{domain} takes no mail"))  # RFC 7505 §4.2
    found = [Exchange(record.host, record.preference, answer.secure) for record in answer.records if record.host]
    if not found:  # the implicit MX
        found = [Exchange(domain, 0, answer.secure)]
    return in_order(without_us(domain, found, own_name))


def literal(domain: str) -> str:
    """The address in an address literal (RFC 5321 §4.1.3). Raises Refused."""
    text = domain[1:-1]
    try:
        return str(ipaddress.ip_address(text[5:] if text.lower().startswith("ipv6:") else text))
    except ValueError:
        raise Refused(made(550, "5.1.2", f"{domain} is no address of a host")) from None


def without_us(domain: str, found: list[Exchange], own_name: str) -> list[Exchange]:
    """Those that come before this server, where it is one of them: the others would only send it back."""
    ours = min((each.preference for each in found if each.name == own_name), default=None)
    if ours is None:
        return found
    found = [each for each in found if each.preference < ours]
    if not found:
        raise Refused(made(554, "5.4.6", f"Mail for {domain} leads back to this server, which does not know it"))
    return found


def in_order(found: Iterable[Exchange]) -> list[Exchange]:
    """By preference, by chance among equals (RFC 5321 §5.1)."""
    return sorted(found, key=lambda each: (each.preference, random.random()))[:MAX_EXCHANGES]  # noqa: S311


def find_place(exchange: Exchange, lookup: Lookup, private_too: bool) -> Place:
    """The addresses of a host, IPv6 and IPv4 by turns; private ones only if `private_too`. Raises Trouble when DNS does
    not answer, Refused when the host can't be reached by anybody."""
    name = exchange.name
    if is_address(name):
        return allowed(name, Place([name], canonical=name), private_too)
    answers = [answer for type in ("AAAA", "A") if (answer := answer_of(name, type, lookup))]
    addresses = [each for each in chain.from_iterable(zip_longest(*(each.records for each in answers))) if each]
    # An answer kept back must not make DANE seem not to apply (RFC 7672 §2.2).
    if len(answers) < 2 and (exchange.secure or not addresses):
        raise Trouble(made(451, "4.4.3", f"DNS does not give an address of {name}"))
    if not addresses:
        raise Refused(made(550, "5.4.4", f"{name} has no address"))
    return allowed(name, Place(addresses, all(each.secure for each in answers), answers[-1].name or name), private_too)


def answer_of(name: str, type: str, lookup: Lookup) -> Answer | None:
    """None where DNS does not answer."""
    try:
        return lookup(name, type)
    except DnsTrouble:
        return None


def allowed(name: str, place: Place, private_too: bool) -> Place:
    """An MX record is a stranger's word: it must not make us talk to the hosts of our own network."""
    reachable = [each for each in place.addresses if private_too or is_public(each)]
    if not reachable:
        raise Refused(made(550, "5.4.4", f"{name} has only private addresses"))
    return Place(reachable, place.secure, place.canonical)


def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
