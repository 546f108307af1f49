"""People as they are named in lists and headings."""

from collections.abc import Iterable
from typing import Any

Wire = dict[str, Any]
SEVERAL = 3  # names shown of a conversation


def full_name(address: Wire) -> str:
    return str(address.get("name") or address.get("email") or "(unknown)").strip() or "(unknown)"


def short_name(address: Wire) -> str:
    """A first name, or what stands before the @."""
    name = full_name(address)
    if "@" in name:
        return name.partition("@")[0] or name
    _last, comma, first = name.partition(", ")  # "Ruiz, Ana"
    return (first if comma and first else name).split()[0]


def is_own(address: Wire, own: str) -> bool:
    return str(address.get("email") or "").casefold() == own.casefold()


def name_people(addresses: Iterable[Wire], own: str, nobody: str = "(no sender)") -> str:
    """Everyone once: "Ana Ruiz", or of several "Ana, Ben, me"; of more than SEVERAL the first and the last two."""
    unique = list({str(each.get("email") or each.get("name")).casefold(): each for each in addresses}.values())
    if not unique:
        return nobody
    if len(unique) == 1 and not is_own(unique[0], own):
        return full_name(unique[0])
    names = ["me" if is_own(each, own) else short_name(each) for each in unique]
    return ", ".join(names) if len(names) <= SEVERAL else f"{names[0]} … {names[-2]}, {names[-1]}"
