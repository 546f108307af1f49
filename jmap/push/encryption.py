"""Message encryption for web push (RFC 8291 over RFC 8188 "aes128gcm")."""

import os

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD_SIZE = 4096
LONGEST = 3993  # octets of plaintext that every push service takes (RFC 8291 §4)
CURVE = ec.SECP256R1()


def encrypt(message: bytes, client_key: bytes, client_secret: bytes) -> bytes:
    """The body of the request: `client_key` is p256dh, `client_secret` auth. The message has LONGEST octets at most."""
    return encrypt_with(message, client_key, client_secret, ec.generate_private_key(CURVE), os.urandom(16))


def encrypt_with(
    message: bytes, client_key: bytes, client_secret: bytes, own_key: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """The same with what is else random (RFC 8291 §3.4)."""
    own_public = own_key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = own_key.exchange(ec.ECDH(), public_key(client_key))
    keying = derive(shared, client_secret, b"WebPush: info\0" + client_key + own_public, 32)
    key = derive(keying, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = derive(keying, salt, b"Content-Encoding: nonce\0", 12)
    size = max(RECORD_SIZE, len(message) + 18)  # one record: more than message, delimiter and tag
    header = salt + size.to_bytes(4) + bytes([len(own_public)]) + own_public
    return header + AESGCM(key).encrypt(nonce, message + b"\x02", None)  # the last record: RFC 8188 §2


def public_key(octets: bytes) -> ec.EllipticCurvePublicKey:
    """From an uncompressed point. Raises ValueError where that is none of the curve."""
    if len(octets) != 65:
        raise ValueError("expected the 65 octets of an uncompressed point")
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, octets)


def derive(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(material)
