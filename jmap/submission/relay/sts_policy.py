"""The texts of MTA-STS (RFC 8461): the TXT record that announces a policy, and the policy."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Mode = Literal["enforce", "testing", "none"]
MODES: tuple[Mode, ...] = ("enforce", "testing", "none")
LONGEST_AGE = 31_557_600  # seconds
RECORD_ID = re.compile(r"[A-Za-z0-9]{1,32}\Z")
PATTERN = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*\Z")


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """`mx` are host names in lower case, `*.` for any one label; `max_age` in seconds."""

    mode: Mode
    mx: tuple[str, ...]
    max_age: int

    def allows(self, host: str) -> bool:
        """RFC 8461 §4.1: the wildcard is one whole label."""
        return any(
            host == pattern or (pattern[:2] == "*." and host.partition(".")[2] == pattern[2:]) for pattern in self.mx
        )


def read_record(texts: Iterable[bytes]) -> str | None:
    """The policy id that a domain's _mta-sts records announce; None without exactly one (RFC 8461 §3.1)."""
    records = [text.decode("ascii", "replace") for text in texts if text.startswith(b"v=STSv1;")]
    if len(records) != 1:
        return None
    for field in records[0].split(";")[1:]:
        name, _, value = field.strip().partition("=")
        if name.strip() == "id" and RECORD_ID.match(value.strip()):
            return value.strip()
    return None


def read_policy(text: str) -> StsPolicy | None:
    """None for what is no policy (RFC 8461 §3.2)."""
    fields: dict[str, list[str]] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip(), []).append(value.strip())
    mode = next((each for each in MODES if each == first(fields, "mode")), None)
    age, mx = first(fields, "max_age"), tuple(value.lower().removesuffix(".") for value in fields.get("mx", []))
    if first(fields, "version") != "STSv1" or mode is None or not re.match(r"[0-9]{1,10}\Z", age):
        return None
    if not all(map(PATTERN.match, mx)) or (not mx and mode != "none"):
        return None
    return StsPolicy(mode, mx, min(int(age), LONGEST_AGE))


def first(fields: dict[str, list[str]], name: str) -> str:
    """Of a field given twice the first counts."""
    return fields.get(name, [""])[0]
