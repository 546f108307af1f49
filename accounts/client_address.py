"""Where a request comes from, believing X-Forwarded-* only from settings.TRUSTED_PROXIES (addresses or networks)."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache

from django.conf import settings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@lru_cache(maxsize=8)
def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def is_trusted(address: str) -> bool:
    """Whether this peer is one of our own proxies. `*` trusts every peer (a socket that only a proxy can reach)."""
    trusted = tuple(settings.TRUSTED_PROXIES)
    if "*" in trusted:
        return True
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks(trusted))


def client_address(peer: str, forwarded_for: str) -> str:
    """The last address in X-Forwarded-For that is not a proxy of ours; `peer` is who connected."""
    chain = [part.strip() for part in forwarded_for.split(",")] if forwarded_for else []
    address = peer
    while chain and is_trusted(address):
        candidate = chain.pop()
        if not is_address(candidate):
            break
        address = candidate
    return address


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def of_request(meta: Mapping[str, str]) -> str:
    """The client address of a Django request's META."""
    return client_address(meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", ""))
