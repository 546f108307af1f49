"""DNS with a deadline, a memory and three clear outcomes: records, no such record, trouble.

    resolver = shared_resolver(tuple(settings.DNS_SERVERS))
    answer = resolver.query("example.org", "MX")  # -> Answer((Mx(10, "mx.example.org"),), secure=False)
    resolver.query("example.org", "TXT", deadline=time.monotonic() + 3)

Records are plain values, names in lower case without the dot at the end:

    A, AAAA          str                    "192.0.2.1"
    MX               Mx(preference, host)   host "" for the null MX (RFC 7505)
    TXT              bytes                  the strings of one record joined
    TLSA             Tlsa(usage, selector, matching, data)
    SRV              Srv(priority, weight, port, target)
    PTR, CNAME, NS   str
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from threading import Lock
from typing import Any, Final, cast

import dns.exception
import dns.flags
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver
import dns.reversename

PORT: Final = 53
TRY: Final = 2.0  # seconds until the next server is asked, or the same again
LIFETIME: Final = 8.0  # seconds for one query with all its tries
MAX_NAME: Final = 254  # characters, with a dot at the end (RFC 1035 §2.3.4)
PAYLOAD: Final = 1232  # octets of UDP that arrive unfragmented; more comes by TCP
MAX_CACHED: Final = 16_000_000  # octets of answers that are remembered, roughly
LONGEST_TTL: Final = 3600  # seconds; a record with a TTL of years is asked for again all the same


class DnsTrouble(Exception):  # noqa: N818
    """No answer, or none that says anything: the question must be asked again later."""


@dataclass(frozen=True, slots=True)
class Mx:
    preference: int
    host: str


@dataclass(frozen=True, slots=True)
class Tlsa:
    """RFC 6698 §2.1."""

    usage: int
    selector: int
    matching: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Srv:
    priority: int
    weight: int
    port: int
    target: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What DNS says; no records is an answer too. `secure`: DNSSEC vouches for it, or for the absence, by the word of a
    resolver on this machine. `exists`: the name is there, if only with other types. `name`: where CNAMEs led to."""

    records: tuple[Any, ...]
    secure: bool = False
    exists: bool = True
    name: str = ""


Question = tuple[dns.name.Name, str]
Lookup = Callable[[str, str], Answer]  # (name, type); raises DnsTrouble


class Resolver:
    """Asks the recursive resolvers given as "address", "address:port" or "[address]:port"; those of the system if
    there are none. For use from any number of threads. Raises ValueError for what is no address."""

    def __init__(self, servers: Sequence[str] = ()) -> None:
        self.servers = [server(text) for text in servers]
        self.cache = Cache()
        self.stub: dns.resolver.Resolver | None = None
        self.trusted = False  # whether AD counts

    def query(self, name: str, type: str, deadline: float | None = None) -> Answer:
        """The answer for a name (U-labels or A-labels). A text that can't be a domain name has no records.
        `deadline` is in time.monotonic(). Raises DnsTrouble."""
        asked = wire_name(name)
        if asked is None:
            return Answer((), exists=False, name=name)
        key = (asked, type)
        found = self.cache.get(key)
        if found is None:
            found, ttl = self._ask(asked, type, deadline)
            self.cache.put(key, found, ttl)
        return found

    def lookup(self, deadline: float | None = None) -> Lookup:
        """`query` under one deadline, as the evaluators of this package take it."""
        return partial(self.query, deadline=deadline)

    def _ask(self, name: dns.name.Name, type: str, deadline: float | None) -> tuple[Answer, float]:
        """The answer and the seconds for which it may be kept."""
        lifetime = LIFETIME if deadline is None else min(LIFETIME, deadline - time.monotonic())
        if lifetime <= 0:
            raise DnsTrouble(f"{spelled(name)}: {type}: no time is left to ask")
        try:
            found = self._stub().resolve(name, type, raise_on_no_answer=False, lifetime=lifetime, search=False)
            response, chain, exists = found.response, found.chaining_result, True
        except dns.resolver.NXDOMAIN as error:
            response, exists = cast(Any, error).response(name), False
            chain = response.resolve_chaining()
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise DnsTrouble(f"{spelled(name)}: {type}: {in_words(error)}") from error
        records = tuple(READERS[type](rdata) for rdata in chain.answer or ())
        secure = self.trusted and bool(response.flags & dns.flags.AD)
        return Answer(records, secure, exists, spelled(chain.canonical_name)), chain.minimum_ttl

    def _stub(self) -> dns.resolver.Resolver:
        """Made at the first query, so that a system without resolvers is trouble and not a crash."""
        if self.stub is None:
            stub = make_stub(self.servers)
            self.trusted = all(is_loopback(each) for each in addresses(stub))
            self.stub = stub
        return self.stub


class Cache:
    """Answers by question until they expire, the least recently used ones leaving when it is full."""

    def __init__(self, size: int = MAX_CACHED) -> None:
        self.size = size
        self.used = 0
        self.lock = Lock()
        self.entries: OrderedDict[Question, tuple[float, Answer]] = OrderedDict()

    def get(self, question: Question) -> Answer | None:
        with self.lock:
            expires, answer = self.entries.get(question, (0.0, None))
            if answer is None or expires <= time.monotonic():
                return None
            self.entries.move_to_end(question)
            return answer

    def put(self, question: Question, answer: Answer, ttl: float) -> None:
        with self.lock:
            if question in self.entries:
                self._forget(question)
            self.entries[question] = (time.monotonic() + min(ttl, LONGEST_TTL), answer)
            self.used += weight(answer)
            while self.used > self.size:
                self._forget(next(iter(self.entries)))

    def _forget(self, question: Question) -> None:
        _, answer = self.entries.pop(question)
        self.used -= weight(answer)


def weight(answer: Answer) -> int:
    """The octets that an answer costs, roughly."""
    return 500 + sum(len(record) if isinstance(record, bytes) else 100 for record in answer.records)


@lru_cache(maxsize=8)
def shared_resolver(servers: tuple[str, ...] = ()) -> Resolver:
    """The process's resolver for these servers, with its one cache."""
    return Resolver(servers)


def make_stub(servers: list[dns.nameserver.Nameserver]) -> dns.resolver.Resolver:
    stub = dns.resolver.Resolver(configure=not servers)
    if servers:
        stub.nameservers = servers
    stub.timeout = TRY
    stub.use_edns(0, 0, PAYLOAD)
    stub.flags = dns.flags.RD | dns.flags.AD  # RFC 6840 §5.7: we understand AD
    return stub


def server(text: str) -> dns.nameserver.Nameserver:
    """`127.0.0.1:5353`, `::1`, `[::1]:5353` -> a nameserver. Raises ValueError."""
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, port = text, str(PORT)
    address = ipaddress.ip_address(host.strip("[]"))
    return dns.nameserver.Do53Nameserver(str(address), int(port))


def in_words(error: Exception) -> str:
    """What strangers may read in a header: nothing of our own resolvers."""
    if isinstance(error, dns.exception.Timeout):
        return "no answer in time"
    return "the servers fail" if isinstance(error, dns.resolver.NoNameservers) else "no usable answer"


def addresses(stub: dns.resolver.Resolver) -> Iterator[str]:
    for each in stub.nameservers:
        yield each if isinstance(each, str) else each.answer_nameserver()


def is_loopback(address: str) -> bool:
    """An answer from elsewhere could have been given its AD bit by anybody on the way (RFC 7672 §2.1.1)."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def wire_name(text: str) -> dns.name.Name | None:
    """A name with its U-labels as A-labels; None for what no DNS name can be. Odd octets in labels are allowed."""
    if len(text) > MAX_NAME:
        return None
    try:
        labels = [encoded(label) for label in text.removesuffix(".").split(".")]
        return dns.name.Name([*labels, b""]) if all(labels) else None
    except (UnicodeError, dns.exception.DNSException):
        return None


def encoded(label: str) -> bytes:
    return (label.encode() if label.isascii() else label.encode("idna")).lower()


def spelled(name: dns.name.Name) -> str:
    """The text of a name, without escapes: the opposite of wire_name."""
    return ".".join(label.decode("latin-1") for label in name.labels if label).lower()


def reverse_name(address: str) -> str:
    """`192.0.2.1` -> `1.2.0.192.in-addr.arpa`. Raises ValueError."""
    return ipaddress.ip_address(address).reverse_pointer


READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "A": lambda rdata: rdata.address,
    "AAAA": lambda rdata: rdata.address,
    "MX": lambda rdata: Mx(rdata.preference, spelled(rdata.exchange)),
    "TXT": lambda rdata: b"".join(rdata.strings),
    "TLSA": lambda rdata: Tlsa(rdata.usage, rdata.selector, rdata.mtype, rdata.cert),
    "SRV": lambda rdata: Srv(rdata.priority, rdata.weight, rdata.port, spelled(rdata.target)),
    "PTR": lambda rdata: spelled(rdata.target),
    "CNAME": lambda rdata: spelled(rdata.target),
    "NS": lambda rdata: spelled(rdata.target),
}
