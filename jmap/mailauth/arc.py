"""The Authenticated Received Chain, validated (RFC 8617 §5.2). What it says is recorded; it overrides nothing."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from jmap.mailauth.canonical import relaxed_field
from jmap.mailauth.dkim_key import BadKey, find_keys, is_signed
from jmap.mailauth.dkim_signature import (
    ALGORITHMS,
    Body,
    Refused,
    check_body,
    check_fields,
    check_times,
    read_signature,
    read_tags,
    without_b,
)
from jmap.mailauth.dns import Lookup
from jmap.mailauth.message import Field, Message
from jmap.mailauth.tags import BadTags, ascii_domain, decode_base64

MAX_SETS: Final = 50  # §4.2.1
RESULTS, SIGNATURE, SEAL = b"arc-authentication-results", b"arc-message-signature", b"arc-seal"
INSTANCE: Final = re.compile(rb"[ \t\r\n]*+i[ \t\r\n]*+=[ \t\r\n]*+([0-9]{1,3})[ \t\r\n]*+(?:;|\Z)")


@dataclass(frozen=True, slots=True)
class ArcResult:
    """`result`: none, pass or fail. `domains`: who sealed, the first one first."""

    result: str
    domains: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ArcSet:
    """The three fields of one sealer, and the tags of two of them."""

    results: Field
    signature: Field
    signature_tags: dict[str, str]
    seal: Field
    seal_tags: dict[str, str]


def validate(message: Message, body: Body, lookup: Lookup) -> ArcResult:
    """Any trouble is a failure, that of DNS too (§5.2.1)."""
    if not any(message.named(name) for name in (RESULTS, SIGNATURE, SEAL)):
        return ArcResult("none")
    sealers: tuple[str, ...] = ()
    try:
        sets = collect_sets(message)
        sealers = tuple(each.seal_tags.get("d", "") for each in sets)
        check_statuses(sets)
        check_signature(sets[-1], message, body, lookup)
        for count in range(len(sets), 0, -1):
            check_seal(sets[:count], lookup)
    except (Refused, BadKey) as refused:
        return ArcResult("fail", sealers, str(refused))
    return ArcResult("pass", sealers)


def collect_sets(message: Message) -> list[ArcSet]:
    """The sets in order of their instances, each whole (§5.2, steps 1 and 3). Raises Refused."""
    fields = [message.named(name) for name in (RESULTS, SIGNATURE, SEAL)]
    count = len(fields[0])
    if count > MAX_SETS or any(len(each) != count for each in fields):
        raise Refused("fail", "a set is not whole, or there are too many")
    results = {result_instance(field): field for field in fields[0]}
    signatures, seals = ({tags.get("i"): (field, tags) for field, tags in tagged(each)} for each in fields[1:])
    try:
        return [ArcSet(results[at], *signatures[at], *seals[at]) for at in map(str, range(1, count + 1))]
    except KeyError:
        raise Refused("fail", "the instances do not follow one another") from None


def tagged(fields: list[Field]) -> list[tuple[Field, dict[str, str]]]:
    """Raises Refused."""
    return [(field, read_tags(field)) for field in fields]


def result_instance(field: Field) -> str:
    match = INSTANCE.match(field.value)
    return match[1].decode() if match else ""


def check_statuses(sets: list[ArcSet]) -> None:
    """§5.2, steps 2 and 3C. Raises Refused."""
    for at, each in enumerate(sets):
        if each.seal_tags.get("cv", "").lower() != ("pass" if at else "none"):
            raise Refused("fail", f"seal {at + 1} says cv={each.seal_tags.get('cv', '')[:20]}")


def check_signature(newest: ArcSet, message: Message, body: Body, lookup: Lookup) -> None:
    """§5.2, step 4. Raises Refused, and BadKey."""
    signature = read_signature(newest.signature, newest.signature_tags)
    if any(name.startswith(b"arc-") for name in signature.headers):
        raise Refused("fail", "the signature covers fields of ARC")  # §4.1.2
    check_times(signature)
    check_body(signature, body)
    check_fields(signature, message, lookup)


def check_seal(sets: list[ArcSet], lookup: Lookup) -> None:
    """The last of these sets' seal (§5.1.1). Raises Refused, and BadKey."""
    tags = sets[-1].seal_tags
    if "h" in tags:
        raise Refused("fail", "a seal has h=")
    try:
        algorithm, domain, selector = tags["a"].lower(), ascii_domain(tags["d"]), ascii_domain(tags["s"])
        signature = decode_base64(tags["b"])
    except (KeyError, BadTags) as error:
        raise Refused("fail", f"malformed seal: {error}") from None
    if algorithm not in ALGORITHMS:
        raise Refused("fail", f"a={algorithm[:20]} is refused")
    digest = hashlib.sha256(sealed_octets(sets)).digest()
    if not any(is_signed(each.key, signature, digest) for each in find_keys(selector, domain, algorithm, lookup)):
        raise Refused("fail", f"seal {len(sets)} does not fit")


def sealed_octets(sets: list[ArcSet]) -> bytes:
    raws = [field.raw for each in sets for field in (each.results, each.signature, each.seal)]
    raws[-1] = without_b(raws[-1])
    return b"\r\n".join(map(relaxed_field, raws))
