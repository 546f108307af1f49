"""Which network addresses are the internet's: where strangers may make us connect to (push, MTA-STS, their MX)."""

import ipaddress
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052 §2.1


def is_public(text: str) -> bool:
    """Whether an IP address is neither private, nor of this machine or network, nor a way to write one that is."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(each.is_global and not each.is_multicast for each in (address, *embedded(address)))


def embedded(address: Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 address that an IPv6 address leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    if address in NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    inner = [address.ipv4_mapped, address.sixtofour, (address.teredo or (None, None))[1]]
    return [each for each in inner if each is not None]
