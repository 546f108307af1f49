"""The application server key and what it signs (RFC 8292; RFC 9749)."""

import base64
import time
from functools import cache, lru_cache

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

VALID_FOR = 12 * 3600  # seconds; RFC 8292 §2: at most 24 hours
HEADER = {"typ": "JWT", "alg": "ES256"}


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    """Padding may be there or not. Raises ValueError."""
    return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)


@cache
def private_key(secret: str) -> ec.EllipticCurvePrivateKey:
    """From the 32 octets that settings.VAPID_KEY encodes."""
    return ec.derive_private_key(int.from_bytes(from_base64url(secret)), ec.SECP256R1())


def application_server_key() -> str:
    """The public key as RFC 9749 §3 announces it."""
    public = private_key(settings.VAPID_KEY).public_key()
    return base64url(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def authorization(origin: str) -> str:
    """The Authorization header for a push resource of this origin (RFC 8292 §3)."""
    period = int(time.time()) // (VALID_FOR // 2)
    return f"vapid t={token(origin, period, settings.VAPID_KEY, settings.PUSH_CONTACT)}, k={application_server_key()}"


@lru_cache(maxsize=1000)
def token(origin: str, period: int, secret: str, contact: str) -> str:
    """A signed JWT (RFC 7515 §3.1), the same for half its life."""
    claims = {"aud": origin, "exp": period * (VALID_FOR // 2) + VALID_FOR, "sub": contact}
    signed = f"{base64url(orjson.dumps(HEADER))}.{base64url(orjson.dumps(claims))}"
    signature = private_key(secret).sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(signature)
    return f"{signed}.{base64url(r.to_bytes(32) + s.to_bytes(32))}"
