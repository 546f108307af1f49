"""X-Forwarded-For counts only when a proxy of ours sent it."""

import pytest
from pytest_django import Settings

from accounts.client_address import client_address
from accounts.throttle import network


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", "1.2.3.4", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, nonsense", "10.0.0.1"),
        ("10.0.0.1", ", ,", "10.0.0.1"),
        ("", "1.2.3.4", ""),
    ],
)
def test_the_last_address_not_ours_is_the_client(settings: Settings, peer: str, forwarded: str, found: str) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    assert client_address(peer, forwarded) == found


@pytest.mark.parametrize(
    ("address", "found"),
    [("1.2.3.4", "1.2.3.4"), ("2001:db8::1", "2001:db8::/64"), ("::ffff:1.2.3.4", "1.2.3.4"), ("", "")],
)
def test_failures_are_counted_for_what_a_client_cannot_change(address: str, found: str) -> None:
    assert network(address) == found
