"""Ids on the wire are a letter and the row's number: `a1`, `m3`, `e17` (RFC 8620 §1.2)."""

import re
from collections.abc import Iterable

MAX_NUMBER = 2**63 - 1
NUMBER = re.compile(r"[a-z](0|[1-9][0-9]{0,18})\Z")


def number(prefix: str, wire: str) -> int | None:
    """The row's number, or None when the id can't be one of ours (so no such record exists)."""
    if not wire.startswith(prefix) or not NUMBER.match(wire):
        return None
    found = int(wire[1:])
    return found if found <= MAX_NUMBER else None


def numbers(prefix: str, wires: Iterable[str]) -> dict[int, str]:
    """Row number -> wire id, in the order given, of those that could be ours."""
    return {found: wire for wire in wires if (found := number(prefix, wire)) is not None}


def account_number(wire: str) -> int | None:
    return number("a", wire)
