"""Messages and the keys that sign them, made by the reference implementation."""

import base64
import hashlib
import time
from functools import cache

import dkim as dkimpy
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from jmap.mailauth.canonical import relaxed_body, relaxed_field
from jmap.mailauth.dkim_sign import PrivateKey
from jmap.mailauth.dkim_sign import signed as sign_digest
from jmap.mailauth.dns import Resolver
from jmap.mailauth.message import Message
from jmap.mailauth.verdict import Judgement, judge
from tests.fixtures.dns import DnsServer

HEADER = b"From: Ann <ann@example.org>\r\nTo: bob@example.net\r\nSubject: Tea\r\n at five\r\n"
LETTER = HEADER + b"\r\nHello  Bob,\t\r\n\r\nbye\r\n\r\n"
US = "mail.example.net"
PEER = "192.0.2.1"


@cache
def rsa_key(bits: int) -> tuple[bytes, str]:
    """A private key in PEM, and its record."""
    key = rsa.generate_private_key(65537, bits)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


@cache
def ed25519_key() -> tuple[bytes, str]:
    """A private key in base64, as dkimpy takes it, and its record."""
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(private), f"v=DKIM1; k=ed25519; p={base64.b64encode(public).decode()}"


def publish(dns: DnsServer, domain: str = "example.org", selector: str = "s", record: str = "") -> None:
    dns.add(f"{selector}._domainkey.{domain}", "TXT", record or rsa_key(2048)[1])


def signed(
    letter: bytes = LETTER, *, domain: str = "example.org", forms: str = "relaxed/relaxed", length: bool = False
) -> bytes:
    """The message below a signature with the RSA key at the selector "s"."""
    form = tuple(forms.encode().split(b"/"))
    field: bytes = dkimpy.sign(letter, b"s", domain.encode(), rsa_key(2048)[0], canonicalize=form, length=length)
    return field + letter


def hand_signed(tags: str, letter: bytes = LETTER, body: bytes | None = None, bits: int = 2048) -> bytes:
    """A signature with any tags ("{bh}" stands for the hash of the body, or of a part of it) over From alone."""
    message = Message(letter)
    body_hash = base64.b64encode(hashlib.sha256(relaxed_body(message.body) if body is None else body).digest())
    field = b"DKIM-Signature: " + tags.replace("{bh}", body_hash.decode()).encode() + b"; b="
    covered = [relaxed_field(each.raw) for each in [*message.named(b"from"), *Message(field).fields]]
    digest = hashlib.sha256(b"\r\n".join(covered)).digest()
    return field + base64.b64encode(sign_digest(private(rsa_key(bits)[0]), digest)) + b"\r\n" + letter


def private(pem: bytes) -> PrivateKey:
    key = load_pem_private_key(pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def judged(
    octets: bytes,
    resolver: Resolver,
    *,
    peer: str = PEER,
    mail_from: str = "ann@example.org",
    helo: str = "mx.example.org",
    seconds: float = 20,
) -> Judgement:
    deadline = time.monotonic() + seconds
    return judge(
        octets, peer=peer, helo=helo, mail_from=mail_from, resolver=resolver, authserv_id=US, deadline=deadline
    )
