"""A message with its envelope, as it goes to one domain."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from accounts.domains import BadAddress, normal_domain


@dataclass(frozen=True)
class Addressee:
    """RCPT TO with its parameters, as encoded for SMTP (RFC 3461 §4)."""

    id: int  # the row in the queue
    address: str
    notify: str | None = None
    orcpt: str | None = None


@dataclass(frozen=True)
class Letter:
    """`octets` have CRLF alone as line ends, and end with one."""

    sender: str
    addressees: Sequence[Addressee]
    octets: bytes
    ret: str | None = None
    envid: str | None = None

    @cached_property
    def has_utf8_header(self) -> bool:
        return not self.octets.partition(b"\r\n\r\n")[0].isascii()

    @cached_property
    def is_eight_bit(self) -> bool:
        return not self.octets.isascii()

    def needs_utf8(self, addressee: Addressee) -> bool:
        """Whether it can reach this addressee only by SMTPUTF8 (RFC 6531 §3.2)."""
        return self.has_utf8_header or not (path(self.sender) + path(addressee.address)).isascii()


def path(address: str) -> str:
    """The address as it stands between < and >: its domain as A-labels, so that an ASCII local part stays ASCII."""
    local, at, domain = address.rpartition("@")
    if not at or domain.isascii():
        return address
    try:
        return f"{local}@{normal_domain(domain)}"
    except BadAddress:
        return address
