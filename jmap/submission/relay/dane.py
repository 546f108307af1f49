"""DANE for SMTP (RFC 7672): which TLSA records count, and whether a peer's certificates match one."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

from jmap.mailauth.dns import Answer, Lookup, Tlsa
from jmap.submission.relay.routes import Exchange, Place

TRUST_ANCHOR, END_ENTITY = 2, 3  # the only usages that SMTP knows (RFC 7672 §3.1)
WHOLE, SHA256, SHA512 = 0, 1, 2


def find_tlsa(exchange: Exchange, place: Place, port: int, lookup: Lookup) -> tuple[str, tuple[Tlsa, ...]] | None:
    """The name under which a host has TLSA records, and they; None where DANE does not apply. Raises DnsTrouble: then
    the host must not be used (RFC 7672 §2.2)."""
    if not (exchange.secure and place.secure):
        return None
    for base in dict.fromkeys((place.canonical, exchange.name)):  # RFC 7672 §2.2.3
        answer: Answer = lookup(f"_{port}._tcp.{base}", "TLSA")
        if answer.secure and answer.records:
            return base, answer.records
    return None


def usable(records: Sequence[Tlsa]) -> tuple[Tlsa, ...]:
    """RFC 7672 §3.1; with none of these the connection must be encrypted all the same, whoever the peer is."""
    return tuple(
        each for each in records if each.usage in (2, 3) and each.selector in (0, 1) and each.matching in (0, 1, 2)
    )


def matches(chain: Sequence[bytes], records: Sequence[Tlsa], names: Sequence[str]) -> bool:
    """Whether a chain of DER certificates, the peer's own first, is what the records announce. Names and dates count
    for trust anchors alone (RFC 7672 §3.1.1)."""
    if not chain:
        return False
    try:
        certificates = [x509.load_der_x509_certificate(each) for each in chain]
    except ValueError:
        return False
    if any(announces(each, certificates[0]) for each in records if each.usage == END_ENTITY):
        return True
    anchors = [each for each in records if each.usage == TRUST_ANCHOR]
    trusted = [*given_anchors(anchors), *(c for c in certificates[1:] if any(announces(each, c) for each in anchors))]
    return any(leads_to(certificates, anchor, names) for anchor in trusted)


def announces(record: Tlsa, certificate: x509.Certificate) -> bool:
    return digested(selected(certificate, record.selector), record.matching) == record.data


def selected(certificate: x509.Certificate, selector: int) -> bytes:
    if selector == 0:
        return certificate.public_bytes(Encoding.DER)
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def digested(octets: bytes, matching: int) -> bytes:
    if matching == WHOLE:
        return octets
    return hashlib.new("sha256" if matching == SHA256 else "sha512", octets).digest()


def given_anchors(records: Sequence[Tlsa]) -> list[x509.Certificate]:
    """Whole certificates in the records themselves, which the peer need not send."""
    found = []
    for each in records:
        if (each.selector, each.matching) == (0, WHOLE):
            try:
                found.append(x509.load_der_x509_certificate(each.data))
            except ValueError:
                continue
    return found


def leads_to(certificates: Sequence[x509.Certificate], anchor: x509.Certificate, names: Sequence[str]) -> bool:
    """Whether the peer's certificate is valid now for one of the names, by this trust anchor."""
    verifying = PolicyBuilder().store(Store([anchor])).time(datetime.now(UTC))
    verifying = verifying.extension_policies(ca_policy=AUTHORITY, ee_policy=PEER)
    others = [each for each in certificates[1:] if each != anchor]
    return any(is_valid(verifying, certificates[0], others, name) for name in names)


def is_valid(
    verifying: PolicyBuilder, certificate: x509.Certificate, others: list[x509.Certificate], name: str
) -> bool:
    try:
        verifying.build_server_verifier(x509.DNSName(name)).verify(certificate, others)
    except (VerificationError, ValueError):
        return False
    return True


def require_authority(policy: object, certificate: x509.Certificate, extension: x509.BasicConstraints) -> None:
    if not extension.ca:
        raise ValueError("not an authority")


def require_signing(policy: object, certificate: x509.Certificate, extension: x509.KeyUsage | None) -> None:
    if extension is not None and not extension.key_cert_sign:
        raise ValueError("not a key to sign certificates with")


# Authorities made by hand often lack what the web asks of its own.
AUTHORITY = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, require_authority)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, require_signing)
)
PEER = ExtensionPolicy.permit_all().require_present(x509.SubjectAlternativeName, Criticality.AGNOSTIC, None)
