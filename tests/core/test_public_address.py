"""Which addresses strangers may make us connect to."""

import pytest

from jmap.core.public_address import is_public

OURS = ["127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "::", "::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::1", "192.0.2.1", "2001:db8::1", "", "localhost"]  # fmt: skip


@pytest.mark.parametrize("address", OURS)
def test_what_is_not_the_internets_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_what_is_the_internets_is_not(address: str) -> None:
    assert is_public(address)
