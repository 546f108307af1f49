"""A signature's own fields, and checking them against a message: of DKIM, and of ARC, which borrows it."""

import hashlib
import re
import time
from dataclasses import dataclass
from typing import Final

from jmap.mailauth.canonical import BODIES, FIELDS
from jmap.mailauth.dkim_key import KeyRecord, find_keys, is_signed
from jmap.mailauth.dns import Lookup
from jmap.mailauth.message import Field, Message
from jmap.mailauth.tags import BadTags, ascii_domain, decode_base64, parse_tags, whole_number, without_space

ALGORITHMS: Final = frozenset({"rsa-sha256", "ed25519-sha256"})  # RFC 8301 §3.1: rsa-sha1 is no signature
SKEW: Final = 24 * 3600  # seconds that a signer's clock may be ahead of ours
B_TAG: Final = re.compile(rb"[ \t\r\n]*+b[ \t\r\n]*+=")


class Refused(Exception):  # noqa: N818
    """A signature that does not count; `result` is one of RFC 8601 §2.7.1."""

    def __init__(self, result: str, reason: str) -> None:
        super().__init__(reason)
        self.result = result


@dataclass(frozen=True, slots=True)
class Signature:
    """The tags of RFC 6376 §3.5 that count, domains as A-labels."""

    field: Field
    algorithm: str
    domain: str
    selector: str
    signature: bytes
    body_hash: bytes
    headers: tuple[bytes, ...]  # names in lower case
    field_form: str
    body_form: str
    length: int | None
    signed_at: int | None
    expires: int | None
    start: str  # of b=, to tell signatures apart (RFC 6008)


def read_tags(field: Field) -> dict[str, str]:
    """Raises Refused."""
    try:
        return parse_tags(field.value.decode("utf-8"))
    except (UnicodeDecodeError, BadTags) as error:
        raise Refused("permerror", str(error)) from None


def read_signature(field: Field, tags: dict[str, str]) -> Signature:
    """Raises Refused for what breaks RFC 6376 §3.5."""
    try:
        return build_signature(field, tags)
    except KeyError as error:
        raise Refused("permerror", f"{error.args[0]}= is missing") from None
    except BadTags as error:
        raise Refused("permerror", str(error)) from None


def build_signature(field: Field, tags: dict[str, str]) -> Signature:
    algorithm = tags["a"].lower()
    if algorithm not in ALGORITHMS:
        raise Refused("permerror", f"a={algorithm[:20]} is refused")
    field_form, _, body_form = tags.get("c", "simple/simple").lower().partition("/")
    if field_form not in FIELDS or (body_form or "simple") not in BODIES:
        raise BadTags("c= is unknown")
    signed_at, expires = whole_number(tags, "t"), whole_number(tags, "x")
    if signed_at is not None and expires is not None and expires <= signed_at:
        raise BadTags("it expires before it begins")
    names = tuple(name.strip().lower().encode() for name in without_space(tags["h"]).split(":"))
    if b"from" not in names:
        raise BadTags("From is not signed")
    return Signature(
        field=field,
        algorithm=algorithm,
        domain=ascii_domain(tags["d"]),
        selector=ascii_domain(tags["s"]),
        signature=decode_base64(tags["b"]),
        body_hash=decode_base64(tags["bh"]),
        headers=names,
        field_form=field_form,
        body_form=body_form or "simple",
        length=whole_number(tags, "l"),
        signed_at=signed_at,
        expires=expires,
        start=without_space(tags["b"])[:8],
    )


def check_times(signature: Signature) -> None:
    """Raises Refused for one that has expired or was made in the future."""
    now = time.time()
    if signature.expires is not None and signature.expires < now:
        raise Refused("fail", "the signature has expired")
    if signature.signed_at is not None and signature.signed_at > now + SKEW:
        raise Refused("policy", "the signature is of the future")


def check_body(signature: Signature, body: "Body") -> None:
    """Raises Refused unless the signature covers the whole body: what may be appended can show anything
    (RFC 6376 §8.2)."""
    canonical = body.canonical(signature.body_form)
    if signature.length is not None and signature.length > len(canonical):
        raise Refused("permerror", "l= is more than the body")
    if body.digest(signature.body_form, signature.length) != signature.body_hash:
        raise Refused("fail", "the body has changed")
    if signature.length is not None and signature.length < len(canonical):
        raise Refused("policy", "a part of the body is not signed")


def check_fields(signature: Signature, message: Message, lookup: Lookup) -> KeyRecord:
    """The key that signed these header fields. Raises Refused, and BadKey."""
    digest = hashlib.sha256(signed_octets(signature, message)).digest()
    keys = find_keys(signature.selector, signature.domain, signature.algorithm, lookup)
    for record in keys:
        if is_signed(record.key, signature.signature, digest):
            return record
    raise Refused("fail", "the signature does not fit" + (" (in testing)" if "y" in keys[0].flags else ""))


class Body:
    """The canonical forms and hashes of one body, each made once however many signatures there are."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.forms: dict[str, bytes] = {}
        self.digests: dict[tuple[str, int | None], bytes] = {}

    def canonical(self, form: str) -> bytes:
        if form not in self.forms:
            self.forms[form] = BODIES[form](self.octets)
        return self.forms[form]

    def digest(self, form: str, length: int | None) -> bytes:
        key = (form, length)
        if key not in self.digests:
            octets = memoryview(self.canonical(form))
            self.digests[key] = hashlib.sha256(octets[:length]).digest()
        return self.digests[key]


def signed_octets(signature: Signature, message: Message) -> bytes:
    """What the header hash is of (RFC 6376 §3.7)."""
    form = FIELDS[signature.field_form]
    chosen = [form(field.raw) for field in choose_fields(message, signature.headers)]
    return b"\r\n".join([*chosen, form(without_b(signature.field.raw))])


def choose_fields(message: Message, names: tuple[bytes, ...]) -> list[Field]:
    """Of each name the last field that was not taken yet; none where there are no more (RFC 6376 §5.4.2)."""
    left = {name: list(message.named(name)) for name in set(names)}
    return [left[name].pop() for name in names if left[name]]


def without_b(raw: bytes) -> bytes:
    """A signature field with its b= emptied."""
    name, colon, value = raw.partition(b":")
    pieces = value.split(b";")
    for at, piece in enumerate(pieces):
        if match := B_TAG.match(piece):
            pieces[at] = match[0]
    return name + colon + b";".join(pieces)
