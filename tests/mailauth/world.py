"""DNS as a table, for tests of what is made of its answers; the real thing is in tests.fixtures.dns."""

from collections import Counter, defaultdict
from typing import Any

from jmap.mailauth.dns import Answer, DnsTrouble, Mx, spelled, wire_name
from jmap.mailauth.spf import SpfResult, check_mail_from


class World:
    """A Lookup. Values are those of jmap.mailauth.dns; TXT may be given as text, MX as (preference, host)."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[Any]] = defaultdict(list)
        self.failing: set[str] = set()
        self.asked: Counter[tuple[str, str]] = Counter()

    def add(self, name: str, type: str, *values: Any) -> "World":
        self.records[name, type].extend(value_of(type, value) for value in values)
        return self

    def __call__(self, name: str, type: str) -> Answer:
        wire = wire_name(name)
        name = spelled(wire) if wire else ""
        self.asked[name, type] += 1
        if name in self.failing:
            raise DnsTrouble(name)
        found = tuple(self.records.get((name, type), ()))
        return Answer(found, exists=any(f".{each}".endswith(f".{name}") for each, _ in self.records) and bool(name))


def value_of(type: str, value: Any) -> Any:
    if type == "TXT" and isinstance(value, str):
        return value.encode()
    return Mx(*value) if type == "MX" else value


def record(text: str, world: World | None = None) -> World:
    """A world in which this is the SPF record of example.com."""
    return (world or World()).add("example.com", "TXT", text)


def check(
    world: World, peer: str = "192.0.2.1", sender: str = "ann@example.com", helo: str = "mx.example.net"
) -> SpfResult:
    return check_mail_from(peer, sender, helo, world)


def result_of(world: World, peer: str = "192.0.2.1", sender: str = "ann@example.com") -> str:
    return check(world, peer, sender).result
