"""How much of this server one client, and one network, may take (RFC 5321 §7.8).

Counted in this process alone: a restart forgets it, which harms nobody."""

import ipaddress
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, field

from django.conf import settings

from jmap.delivery.replies import Reply

NETWORK_SHARE = 4  # a network may take so many times what an address may
CROWDED = 0.8  # of all connections: from here on clients have to be quick
REMEMBERED = 50_000  # addresses and networks

FULL = Reply(421, "4.7.0", "Too many connections here; try again later")
TOO_MANY = Reply(421, "4.7.0", "Too many connections from your address or network")
TOO_FAST = Reply(421, "4.7.0", "Too much in too short a time from your address or network; try again later")


def places(address: str) -> tuple[str, str]:
    """What one client can't easily change (an IPv4 address, the /64 of an IPv6 one), and the network around it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address, address
    near, wide = (32, 24) if parsed.version == 4 else (64, 48)
    return tuple(str(ipaddress.ip_network((parsed, bits), strict=False)) for bits in (near, wide))  # type: ignore[return-value]


@dataclass
class Flow:
    """Leaky buckets: `size` at once, then `size` a minute; 0 lets everything through."""

    size: int
    levels: "OrderedDict[str, tuple[float, float]]" = field(default_factory=OrderedDict)

    def pour(self, key: str, amount: float, room: int = 1) -> bool:
        """Whether `amount` more fitted; `room` makes this key's bucket so many times as large."""
        if not self.size:
            return True
        now, capacity = time.monotonic(), float(self.size * room)
        level, at = self.levels.pop(key, (0.0, now))
        level = max(0.0, level - (now - at) * capacity / 60)
        fits = level + amount <= capacity
        self.levels[key] = (level + amount if fits else level, now)
        while len(self.levels) > REMEMBERED:
            self.levels.popitem(last=False)
        return fits


class Limits:
    """Of all listeners of this process together."""

    def __init__(self) -> None:
        self.total = 0
        self.open: Counter[str] = Counter()
        self.flow = Flow(settings.SMTP_RATE)

    @property
    def is_crowded(self) -> bool:
        return self.total >= CROWDED * settings.SMTP_CONNECTIONS

    def enter(self, address: str, *, is_limited: bool) -> Reply | None:
        """Count a connection, or say why it can't stay. Each one counted must `leave`."""
        if self.total >= settings.SMTP_CONNECTIONS:
            return FULL
        if is_limited and (refusal := self.refusal(address)):
            return refusal
        self.count(address, 1)
        return None

    def refusal(self, address: str) -> Reply | None:
        near, wide = places(address)
        most = settings.SMTP_CONNECTIONS_PER_ADDRESS
        if self.open[f"near {near}"] >= most or self.open[f"wide {wide}"] >= most * NETWORK_SHARE:
            return TOO_MANY
        return None if self.spend(address) else TOO_FAST

    def leave(self, address: str) -> None:
        self.count(address, -1)

    def count(self, address: str, change: int) -> None:
        self.total += change
        near, wide = places(address)
        for key in (f"near {near}", f"wide {wide}"):
            self.open[key] += change
            if not self.open[key]:
                del self.open[key]

    def spend(self, address: str, amount: float = 1) -> bool:
        """Whether the address, and its network, may have so much more at this moment. What an address is refused is not
        counted against its network."""
        near, wide = places(address)
        return self.flow.pour(f"near {near}", amount) and self.flow.pour(f"wide {wide}", amount, NETWORK_SHARE)
