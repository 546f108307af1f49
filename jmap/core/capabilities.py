"""What the server can do, by capability URN: methods, and what the Session says (RFC 8620 §2)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jmap.core.limits import core_limits

if TYPE_CHECKING:
    from accounts.access import Right
    from jmap.core.context import Context

CORE = "urn:ietf:params:jmap:core"
Arguments = dict[str, Any]
Responses = list[tuple[str, Arguments]]
Method = Callable[["Context", Arguments], Responses]


@dataclass
class Capability:
    """`session` gives the value in `capabilities`, of a server that is reached under a base URL; `account` the one in
    `accountCapabilities`, or None where an account does not have it."""

    urn: str
    session: Callable[[str], Any] = lambda base_url: {}
    account: Callable[["Right"], Any] | None = None
    methods: dict[str, Method] = field(default_factory=dict)


capabilities: dict[str, Capability] = {CORE: Capability(CORE, lambda base_url: core_limits())}


def register(capability: Capability) -> Capability:
    """Announce a capability; its methods may be added afterwards."""
    return capabilities.setdefault(capability.urn, capability)


def register_method(urn: str, name: str, method: Method) -> None:
    capabilities[urn].methods[name] = method


def find_capability(using: frozenset[str], name: str) -> Capability | None:
    """The capability in `using` that has the method (RFC 8620 §3.3)."""
    return next((capabilities[urn] for urn in using if name in capabilities[urn].methods), None)
