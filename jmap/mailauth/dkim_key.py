"""Public keys in DNS, and signatures checked by them (RFC 6376 §3.6, RFC 8301, RFC 8463)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from jmap.mailauth.dns import DnsTrouble, Lookup
from jmap.mailauth.tags import BadTags, decode_base64, parse_tags, without_space

MIN_RSA_BITS: Final = 1024  # RFC 8301 §3.2
MAX_RSA_BITS: Final = 8192  # more costs only us
MAX_RECORDS: Final = 3  # tried where there are several (RFC 6376 §6.1.2)
PublicKey = RSAPublicKey | Ed25519PublicKey


class BadKey(Exception):  # noqa: N818
    """No usable key; `result` is temperror or permerror."""

    def __init__(self, result: str, reason: str) -> None:
        super().__init__(reason)
        self.result = result


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """`flags`: "y" the domain is testing, "s" no identities of subdomains."""

    key: PublicKey
    flags: frozenset[str]


def find_keys(selector: str, domain: str, algorithm: str, lookup: Lookup) -> list[KeyRecord]:
    """The keys at a selector that are good for an algorithm ("rsa-sha256"); one, but for odd domains. Raises BadKey."""
    name = f"{selector}._domainkey.{domain}"
    try:
        records = lookup(name, "TXT").records
    except DnsTrouble as trouble:
        raise BadKey("temperror", str(trouble)) from None
    if not records:
        raise BadKey("permerror", f"no key at {name}")
    found, problem = [], ""
    for octets in records[:MAX_RECORDS]:
        try:
            found.append(parse_key(octets, algorithm))
        except BadTags as error:
            problem = str(error)
    if not found:
        raise BadKey("permerror", f"the key at {name}: {problem}")
    return found


@lru_cache(maxsize=256)
def parse_key(octets: bytes, algorithm: str) -> KeyRecord:
    """A key record. Raises BadTags for one that is malformed, revoked, or not meant for this."""
    kind, _, digest = algorithm.partition("-")
    try:
        tags = parse_tags(octets.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadTags("it is not UTF-8") from None
    if "v" in tags and (tags["v"] != "DKIM1" or next(iter(tags)) != "v"):
        raise BadTags("it has another version")
    if tags.get("k", "rsa").lower() != kind:
        raise BadTags(f"it is not for {kind}")
    if "h" in tags and digest not in listed(tags["h"]):
        raise BadTags(f"it forbids {digest}")
    if not listed(tags.get("s", "*")) & {"*", "email"}:
        raise BadTags("it is not for mail")
    if not tags.get("p"):
        raise BadTags("it was revoked" if "p" in tags else "it has no key")
    return KeyRecord(load_key(kind, decode_base64(tags["p"])), listed(tags.get("t", "")))


def listed(text: str) -> frozenset[str]:
    return frozenset(without_space(text).lower().split(":"))


def load_key(kind: str, octets: bytes) -> PublicKey:
    """RSA as SubjectPublicKeyInfo or bare (RFC 6376 §3.6.1), Ed25519 bare (RFC 8463 §4). Raises BadTags."""
    try:
        key = Ed25519PublicKey.from_public_bytes(octets) if kind == "ed25519" else load_der_public_key(octets)
    except (ValueError, UnsupportedAlgorithm):
        raise BadTags("it can't be read") from None
    if isinstance(key, Ed25519PublicKey) and kind == "ed25519":
        return key
    if not isinstance(key, RSAPublicKey):
        raise BadTags("it is a key of another kind")
    if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise BadTags(f"{key.key_size} bits are refused")
    return key


def is_signed(key: PublicKey, signature: bytes, digest: bytes) -> bool:
    """Whether the signature is the key's for a SHA-256 digest."""
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, digest, PKCS1v15(), Prehashed(SHA256()))
        else:
            key.verify(signature, digest)  # RFC 8463 §3: the digest is what is signed
    except (InvalidSignature, ValueError):
        return False
    return True
