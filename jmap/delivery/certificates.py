"""The certificate that mail connections are protected with: the operator's, read again when it changes, else one made
here, which is enough for opportunistic TLS (RFC 3207 §4.1, RFC 7435)."""

import logging
import os
import secrets
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

logger = logging.getLogger("jmap.delivery")

LIFETIME = timedelta(days=3650)
RENEWED_BEFORE = timedelta(days=30)


class Certificates:
    """`current()` is the TLS context to use now. Raises OSError (ssl.SSLError) at once for files that can't be used."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self.certificate, self.key = certificate, key
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996
        self.context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
        self.seen = self.stamps()
        self.context.load_cert_chain(certificate, key)

    def current(self) -> ssl.SSLContext:
        try:
            stamps = self.stamps()
            if stamps != self.seen:
                self.seen = stamps
                self.context.load_cert_chain(self.certificate, self.key)
        except OSError:  # half renewed: the old one serves on
            logger.warning("The certificate %s can't be read; the one before stays in use", self.certificate)
        return self.context

    def stamps(self) -> tuple[int, int]:
        return self.certificate.stat().st_mtime_ns, self.key.stat().st_mtime_ns


def own_certificate(directory: Path, hostname: str) -> Path:
    """A file with a self-signed certificate for this name and its key, kept in the directory; made anew when it is
    for another name or runs out."""
    path = directory / "mail_certificate.pem"
    if not path.exists() or not is_good(path, hostname):
        write_private(path, make_certificate(hostname))
    return path


def is_good(path: Path, hostname: str) -> bool:
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    is_fresh = found.not_valid_after_utc > datetime.now(UTC) + RENEWED_BEFORE
    return is_fresh and hostname in names.get_values_for_type(x509.DNSName)


def make_certificate(hostname: str) -> bytes:
    """Key and certificate in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:64])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(hostname)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    return private + certificate.public_bytes(encoding)


def write_private(path: Path, octets: bytes) -> None:
    """Whole or not at all, and for the owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    making = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(octets)
    making.replace(path)
