"""DKIM signatures for messages that leave (RFC 6376 §5, RFC 8463)."""

import base64
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.hazmat.primitives.serialization import load_der_private_key as load_der

from jmap.mailauth.canonical import relaxed_body, relaxed_field
from jmap.mailauth.dkim_signature import choose_fields
from jmap.mailauth.message import Message, with_crlf

PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
RSA_BITS: Final = 2048  # RFC 8301 §3.2
LINE: Final = 72
# What a reader sees or acts on: named once more than there are, so that nobody can add another (RFC 6376 §8.15).
SEALED: Final = (
    b"from", b"reply-to", b"to", b"cc", b"subject", b"date", b"message-id", b"mime-version", b"content-type",
    b"content-transfer-encoding",
)  # fmt: skip
# Signed as they are; a mailing list may well add its own.
SIGNED: Final = (
    b"sender", b"in-reply-to", b"references", b"content-language", b"resent-date", b"resent-from", b"resent-to",
    b"resent-cc", b"list-id", b"list-help", b"list-unsubscribe", b"list-unsubscribe-post", b"list-subscribe",
    b"list-post", b"list-owner", b"list-archive", b"auto-submitted", b"autocrypt",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signer:
    """A domain's key and where its public half is to be found."""

    domain: str
    selector: str
    key: PrivateKey

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if isinstance(self.key, rsa.RSAPrivateKey) else "ed25519-sha256"


def sign_message(octets: bytes, signers: Sequence[Signer]) -> bytes:
    """The message with CRLF below one signature of each signer."""
    octets = with_crlf(octets)
    message = Message(octets)
    names = tuple(name for name in SEALED + SIGNED for _ in message.named(name)) + SEALED
    head = [relaxed_field(field.raw) for field in choose_fields(message, names)]
    body_hash = base64.b64encode(hashlib.sha256(relaxed_body(message.body)).digest()).decode()
    now = int(time.time())
    fields = [signature_field(signer, head, names, body_hash, now) for signer in signers]
    return b"".join([*fields, octets])


def signature_field(signer: Signer, head: list[bytes], names: tuple[bytes, ...], body_hash: str, now: int) -> bytes:
    """The field with its line break. All but the value of b= is fixed before it is signed (§3.7)."""
    field = (
        f"DKIM-Signature: v=1; a={signer.algorithm}; c=relaxed/relaxed;\r\n"
        f" d={signer.domain}; s={signer.selector}; t={now};\r\n"
        f" h={fold_names(names)};\r\n"
        f" bh={body_hash};\r\n"
        " b="
    ).encode()
    digest = hashlib.sha256(b"\r\n".join([*head, relaxed_field(field)])).digest()
    value = base64.b64encode(signed(signer.key, digest))
    return field + b"\r\n ".join(value[at : at + LINE] for at in range(0, len(value), LINE)) + b"\r\n"


def fold_names(names: tuple[bytes, ...]) -> str:
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) > LINE:
            lines.append("")
        lines[-1] += f"{name.decode()}:"
    return "\r\n  ".join(lines).removesuffix(":")


def signed(key: PrivateKey, digest: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(digest, PKCS1v15(), Prehashed(SHA256()))
    return key.sign(digest)


def make_key(algorithm: str) -> bytes:
    """A new private key ("rsa" or "ed25519") as PKCS #8."""
    key: PrivateKey = (
        rsa.generate_private_key(65537, RSA_BITS) if algorithm == "rsa" else ed25519.Ed25519PrivateKey.generate()
    )
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load_private_key(octets: bytes) -> PrivateKey:
    """A key that make_key made."""
    key = load_der(octets, None)
    if not isinstance(key, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        raise TypeError("neither an RSA nor an Ed25519 key")
    return key


def key_record(key: PrivateKey) -> str:
    """What DNS must say at selector._domainkey.domain (RFC 6376 §3.6.1, RFC 8463 §4)."""
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(octets).decode()}"
    octets = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(octets).decode()}"
