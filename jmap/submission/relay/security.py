"""How well a connection to a host must be protected: DANE, MTA-STS, or as well as the host can (RFC 7435)."""

import logging
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from jmap.mailauth.dns import DnsTrouble, Lookup, Tlsa
from jmap.submission.relay import dane
from jmap.submission.relay.replies import TlsTrouble, Trouble, made
from jmap.submission.relay.routes import Exchange, Place
from jmap.submission.relay.sts_policy import StsPolicy

logger = logging.getLogger("jmap")

# plain: none. may: TLS if it is offered, whoever the peer is. must: TLS, whoever the peer is. verified: a certificate
# that the web would trust, for one of the names. dane: one that matches the TLSA records.
Kind = Literal["plain", "may", "must", "verified", "dane"]


@dataclass(frozen=True, slots=True)
class Security:
    """`names` are those that the certificate may be for, the first one sent as SNI. `at_once`: TLS from the first
    octet, as on port 465 (RFC 8314)."""

    kind: Kind
    names: tuple[str, ...]
    tlsa: tuple[Tlsa, ...] = ()
    at_once: bool = False


def choose(domain: str, exchange: Exchange, place: Place, port: int, lookup: Lookup, sts: StsPolicy | None) -> Security:
    """For one host of a domain. Raises Trouble where the host must not be used."""
    try:
        announced = dane.find_tlsa(exchange, place, port, lookup)
    except DnsTrouble:
        raise Trouble(made(451, "4.7.5", f"DNS does not say how {exchange.name} is to be verified")) from None
    if announced is not None:
        base, records = announced
        names = tuple(dict.fromkeys((base, exchange.name, domain)))  # RFC 7672 §3.2.2
        found = dane.usable(records)
        return Security("dane" if found else "must", names, found)
    if sts is not None and sts.mode == "enforce":
        if not sts.allows(exchange.name):
            raise Trouble(
                made(451, "4.7.5", f"{exchange.name} is not among the hosts of the MTA-STS policy of {domain}")
            )
        return Security("verified", (exchange.name,))
    if sts is not None and sts.mode == "testing" and not sts.allows(exchange.name):
        logger.info(
            "%s is not among the hosts of the MTA-STS policy of %s, which is being tested", exchange.name, domain
        )
    return Security("may", (exchange.name,))


@lru_cache(maxsize=4)
def context(is_verified: bool, ca_file: str) -> ssl.SSLContext:
    """For the handshake. `ca_file` holds certificates to trust besides the system's."""
    found = ssl.create_default_context()
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    if is_verified and ca_file:
        found.load_verify_locations(cafile=ca_file)
    if not is_verified:
        found.check_hostname = False
        found.verify_mode = ssl.CERT_NONE
    return found


def check(security: Security, tls: Any) -> None:
    """After the handshake, what it did not check itself. `tls` is the ssl.SSLObject. Raises TlsTrouble."""
    if security.kind == "dane" and not dane.matches(chain_of(tls), security.tlsa, security.names):
        raise TlsTrouble(made(451, "4.7.5", f"The certificate of {security.names[0]} is not what its TLSA records say"))


def chain_of(tls: Any) -> Sequence[bytes]:
    """The certificates that the peer sent, its own first, in DER."""
    if hasattr(tls, "get_unverified_chain"):  # Python 3.13
        return list(tls.get_unverified_chain())
    return [each.public_bytes(2) for each in tls._sslobj.get_unverified_chain() or ()]  # 2: _ssl.ENCODING_DER
