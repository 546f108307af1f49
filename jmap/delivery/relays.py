"""Mail servers of our own that hand mail on to us: by LMTP, or from settings.TRUSTED_RELAYS."""

import ipaddress

from django.conf import settings

from accounts.client_address import networks
from jmap.delivery.kinds import Kind


def is_relay(kind: Kind, address: str) -> bool:
    """Whether it is one of ours that speaks. Raises ValueError where the setting is wrong."""
    if kind.is_lmtp:
        return True
    trusted = networks(tuple(text for text in settings.TRUSTED_RELAYS if text != "none"))
    parsed = ipaddress.ip_address(address)
    return not kind.wants_login and any(parsed in network for network in trusted)
