"""Whom one writes to: suggested from the mail itself, until there is an address book."""

from collections import Counter
from typing import Any

from jmap.client import Client
from webmail.letters import written_one

Wire = dict[str, Any]
LOOKED_AT = 100  # emails, the newest that fit
MOST = 8
PREFIX = 3  # letters that the search takes for the beginning of a word
FIELDS = ("to", "cc", "from")


def suggest(client: Client, typed: str) -> list[str]:
    """`Ana Ruiz <ana@example.org>`, those one has written to first, then by how often they stand in mail."""
    words = typed.casefold().split()
    if not words:
        return []
    ids = client.call(
        "Email/query", filter=filter_of(words), limit=LOOKED_AT, sort=[{"property": "receivedAt", "isAscending": False}]
    )["ids"]
    emails = client.call("Email/get", ids=ids, properties=[*FIELDS])["list"]
    weights: Counter[str] = Counter()
    names: dict[str, Wire] = {}
    for email in emails:
        is_own = any(each["email"].casefold() == client.caller.login for each in email["from"] or [])
        for name in FIELDS:
            for each in email[name] or []:
                if fits(each, words):
                    weights[each["email"].casefold()] += 5 if is_own and name != "from" else 1
                    names.setdefault(each["email"].casefold(), each)
    return [written_one(names[email]) for email, _ in weights.most_common(MOST)]


def filter_of(words: list[str]) -> Wire | None:
    """Mail with these words in an address; None (the newest mail) where they are too short to be beginnings."""
    if any(len(word) < PREFIX for word in words):
        return None
    return {"operator": "OR", "conditions": [{name: " ".join(words)} for name in FIELDS]}


def fits(address: Wire, words: list[str]) -> bool:
    """Every word begins a part of the name or the address."""
    parts = f"{address.get('name') or ''} {address['email']}".casefold()
    pieces = [*parts.split(), *parts.replace("@", " ").replace(".", " ").split()]
    return "@" in address["email"] and all(any(piece.startswith(word) for piece in pieces) for word in words)
