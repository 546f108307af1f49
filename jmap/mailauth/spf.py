"""SPF: may this address send for that domain? (RFC 7208)"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from jmap.mailauth.dns import Answer, DnsTrouble, Lookup, Mx, reverse_name
from jmap.mailauth.spf_macros import Scene, expand, expand_name
from jmap.mailauth.spf_record import Directive, Record, SpfSyntax, is_record, parse_record
from jmap.mailauth.tags import BadTags, ascii_domain

MAX_TERMS: Final = 10  # that ask DNS (§4.6.4)
MAX_VOID: Final = 2
MAX_ADDRESSES: Final = 10  # hosts of one mx, names of one ptr
MAX_EXPLANATION: Final = 400  # characters
ADDRESSED: Final = frozenset({"include", "a", "mx", "ptr", "exists"})


@dataclass(frozen=True, slots=True)
class SpfResult:
    """`result`: none, neutral, pass, fail, softfail, temperror or permerror (§2.6). `identity`: "mailfrom" or "helo".
    `explanation` is the text of the domain's owner for a fail, ASCII, or ""; `reason` is ours for an error."""

    result: str
    domain: str
    identity: str = "mailfrom"
    explanation: str = ""
    reason: str = ""


class Stop(Exception):  # noqa: N818
    """The check ends with an error, wherever it has got to (§4.6.2)."""

    def __init__(self, result: str, reason: str) -> None:
        super().__init__(reason)
        self.result = result


def check_mail_from(peer: str, sender: str, helo: str, lookup: Lookup, receiver: str = "unknown") -> SpfResult:
    """The MAIL FROM identity; for the null path it is postmaster at the HELO name (§2.4). `sender` is "" or an
    address, `peer` an IP address."""
    local, at, domain = sender.rpartition("@")
    return check(peer, local or "postmaster", domain if at else helo, helo, lookup, receiver, "mailfrom")


def check_helo(peer: str, helo: str, lookup: Lookup, receiver: str = "unknown") -> SpfResult:
    """The HELO identity (§2.3)."""
    return check(peer, "postmaster", helo, helo, lookup, receiver, "helo")


def check(peer: str, local: str, domain: str, helo: str, lookup: Lookup, receiver: str, identity: str) -> SpfResult:
    try:
        domain = ascii_domain(domain)  # RFC 8616 §4
    except BadTags:
        return SpfResult("none", domain, identity, reason="it is no domain")
    evaluation = Evaluation(plain_address(peer), local, domain, helo, lookup, receiver)
    try:
        result = evaluation.check_host(domain)
    except Stop as stop:
        return SpfResult(stop.result, domain, identity, reason=str(stop))
    return SpfResult(result, domain, identity, evaluation.explanation if result == "fail" else "")


def plain_address(text: str) -> IPv4Address | IPv6Address:
    """An IPv4-mapped IPv6 address is the IPv4 address (§5)."""
    address = ip_address(text.partition("%")[0])
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


class Evaluation:
    """One check_host() with its recursions and their common limits."""

    def __init__(
        self, ip: IPv4Address | IPv6Address, local: str, origin: str, helo: str, lookup: Lookup, receiver: str
    ) -> None:
        self.ip = ip
        self.lookup = lookup
        self.scene = Scene(ip, local, origin, helo, receiver, self.validated_name)
        self.terms = 0
        self.void = 0
        self.explanation = ""
        self.names: list[str] | None = None

    def check_host(self, domain: str, *, explain: bool = True) -> str:
        """The result for a domain. Raises Stop (§4)."""
        record = self.record_of(domain)
        if record is None:
            return "none"
        for directive in record.directives:
            if self.matches(directive, domain):
                if explain and directive.result == "fail" and record.explanation:
                    self.explanation = self.explained(record.explanation, domain)
                return directive.result
        if record.redirect and not any(each.mechanism == "all" for each in record.directives):
            return self.redirected(record.redirect, domain, explain=explain)
        return "neutral"

    def record_of(self, domain: str) -> Record | None:
        """§4.3 to §4.5."""
        if "." not in domain.strip(".") or domain.startswith("["):
            return None  # not a name of several labels, or an address literal
        found = [octets for octets in self.ask(domain, "TXT").records if is_record(octets)]
        if len(found) > 1:
            raise Stop("permerror", f"{domain} has several records")
        try:
            return parse_record(found[0]) if found else None
        except SpfSyntax as error:
            raise Stop("permerror", f"{domain}: {error}") from None

    def redirected(self, target: str, domain: str, *, explain: bool) -> str:
        """§6.1."""
        self.count_term()
        name = self.expanded(target, domain)
        result = self.check_host(name, explain=explain)
        if result == "none":
            raise Stop("permerror", f"{name} has no record to redirect to")
        return result

    def matches(self, directive: Directive, domain: str) -> bool:
        """§5."""
        if directive.mechanism == "all":
            return True
        if directive.network is not None:
            return self.ip.version == directive.network.version and self.ip in directive.network
        self.count_term()
        name = self.expanded(directive.target, domain) if directive.target else domain
        if not name.isascii():
            return False  # of a local part (RFC 8616 §4)
        match directive.mechanism:
            case "include":
                return self.included(name)
            case "a":
                return self.has_address(name, directive, is_term=True)
            case "mx":
                return any(self.has_address(host, directive) for host in self.mx_hosts(name))
            case "ptr":
                return any(is_within(found, name) for found in self.validated_names())
            case _:
                return bool(self.counted(name, "A").records)

    def included(self, name: str) -> bool:
        """§5.2."""
        result = self.check_host(name, explain=False)
        if result == "none":
            raise Stop("permerror", f"{name} has no record to include")
        return result == "pass"

    def has_address(self, name: str, directive: Directive, *, is_term: bool = False) -> bool:
        """Whether the client's address is one of the name's, or in a network around one."""
        type, prefix = ("A", directive.prefix4) if self.ip.version == 4 else ("AAAA", directive.prefix6)
        answer = self.counted(name, type) if is_term else self.ask(name, type)
        return any(self.ip in ip_network((address, prefix), strict=False) for address in answer.records)

    def mx_hosts(self, name: str) -> list[str]:
        """§5.4; no implicit MX."""
        found: list[Mx] = sorted(self.counted(name, "MX").records, key=lambda mx: mx.preference)
        if len(found) > MAX_ADDRESSES:
            raise Stop("permerror", f"{name} has more than {MAX_ADDRESSES} MX hosts")
        return [mx.host for mx in found if mx.host]

    def validated_names(self) -> list[str]:
        """The names of the client's address that lead back to it (§5.5); trouble leaves a name out."""
        if self.names is None:
            self.names = [name for name in self.reverse_names() if self.leads_back(name)]
        return self.names

    def reverse_names(self) -> tuple[str, ...]:
        try:
            return self.lookup(reverse_name(str(self.ip)), "PTR").records[:MAX_ADDRESSES]
        except DnsTrouble:
            return ()

    def leads_back(self, name: str) -> bool:
        try:
            answer = self.lookup(name, "A" if self.ip.version == 4 else "AAAA")
        except DnsTrouble:
            return False
        return str(self.ip) in answer.records

    def validated_name(self, domain: str) -> str:
        """What %{p} stands for (§7.3): best the domain itself, then a name below it, then any."""
        names = self.validated_names()
        within = [name for name in names if is_within(name, domain)]
        exact = [name for name in within if name == domain.lower()]
        return next(iter([*exact, *within, *names]), "unknown")

    def explained(self, target: str, domain: str) -> str:
        """§6.2; any trouble means that there is no explanation."""
        try:
            records = self.lookup(expand_name(target, self.scene, domain), "TXT").records
            if len(records) != 1:
                return ""
            words = expand_explanation(records[0].decode("ascii"), self.scene, domain)
        except (DnsTrouble, SpfSyntax, UnicodeDecodeError):
            return ""
        return words[:MAX_EXPLANATION] if words.isascii() and words.isprintable() else ""

    def expanded(self, target: str, domain: str) -> str:
        try:
            return expand_name(target, self.scene, domain)
        except SpfSyntax as error:
            raise Stop("permerror", str(error)) from None

    def count_term(self) -> None:
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise Stop("permerror", f"more than {MAX_TERMS} terms ask DNS")

    def counted(self, name: str, type: str) -> Answer:
        """A term's own question, whose empty answers are limited (§4.6.4)."""
        answer = self.ask(name, type)
        if not answer.records:
            self.void += 1
            if self.void > MAX_VOID:
                raise Stop("permerror", f"more than {MAX_VOID} terms ask for what is not there")
        return answer

    def ask(self, name: str, type: str) -> Answer:
        try:
            return self.lookup(name, type)
        except DnsTrouble as trouble:
            raise Stop("temperror", str(trouble)) from None


def expand_explanation(text: str, scene: Scene, domain: str) -> str:
    """An explain-string: macro-strings with spaces between (§7.1)."""
    return " ".join(expand(word, scene, domain) for word in text.split(" "))


def is_within(name: str, domain: str) -> bool:
    """Whether a name is a domain or below it; both without the dot at the end."""
    return f".{name}".lower().endswith(f".{domain.lower().removesuffix('.')}")
