"""A plain Python model of two accounts of notes, played beside the real thing."""

import copy
from random import Random
from typing import Any

from tests.fixtures.core import Client

Notes = dict[str, dict[str, Any]]
SENT = ("title", "pinned", "folderId", "tags", "sortOrder", "language")
WORDS = ("alpha", "Beta", "gamma", "ALPHA", "élan", "")
LANGUAGES = (None, "de", "en")
FILTERS: list[Any] = [
    None,
    {"pinned": True},
    {"title": "a"},
    {"hasTag": "red"},
    {"hasFolder": False, "pinned": False},
    {"operator": "OR", "conditions": [{"hasTag": "red"}, {"hasFolder": True}]},
    {"operator": "NOT", "conditions": [{"title": "ALPHA"}, {"operator": "AND", "conditions": [{"pinned": True}]}]},
]
SORTS: list[list[tuple[str, bool]]] = [
    [],
    [("title", True)],
    [("title", False), ("sortOrder", True)],
    [("pinned", False), ("sortOrder", False)],
    [("language", True), ("createdAt", False)],
]


class AccountModel:
    """What one account holds, and everything it ever said about its state."""

    def __init__(self, jmap: Client, account: str) -> None:
        self.jmap, self.account = jmap, account
        self.notes: Notes = {}
        self.states: list[tuple[str, Notes]] = []

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        return self.jmap.call(f"Note/{method}", accountId=self.account, **arguments)

    def remember(self) -> None:
        self.states.append((self.call("get", ids=[])["state"], copy.deepcopy(self.notes)))

    def play(self, random: Random) -> None:
        """One /set with a few creations, updates and destructions, some of the same object."""
        create = {f"k{at}": self.random_note(random) for at in range(random.choice((0, 0, 1, 3)))}
        known = list(self.notes)
        update = {
            id: self.random_patch(random, id) for id in random.sample(known, min(len(known), random.randrange(4)))
        }
        destroy = random.sample(known, min(len(known), random.choice((0, 0, 0, 1, 2))))
        if create and random.random() < 0.3:
            update["#k0"] = {"title": "changed at once"}
        if create and random.random() < 0.2:
            destroy.append("#k0")
        self.apply(self.call("set", create=create, update=update, destroy=destroy), create, update)
        self.remember()

    def random_note(self, random: Random) -> dict[str, Any]:
        return {
            "title": random.choice(WORDS),
            "pinned": random.random() < 0.5,
            "folderId": random.choice([None, *self.notes]),
            "tags": {tag: {} for tag in ("red", "green") if random.random() < 0.4},
            "sortOrder": random.randrange(4),
            "language": random.choice(LANGUAGES),
        }

    def random_patch(self, random: Random, id: str) -> dict[str, Any]:
        if random.random() < 0.3:
            return {"tags/red": random.choice((None, {"n": random.randrange(3)}))}
        note = self.random_note(random)
        return {name: note[name] for name in random.sample(SENT, random.randrange(3))}

    def apply(self, done: dict[str, Any], create: dict[str, Any], update: dict[str, Any]) -> None:
        assert (done["notCreated"], done["notUpdated"], done["notDestroyed"]) == (None, None, None)
        real = {f"#{key}": made["id"] for key, made in (done["created"] or {}).items()}
        for key, made in (done["created"] or {}).items():
            self.notes[made["id"]] = {**create[key], "createdAt": made["createdAt"]}
        for key, patch in update.items():
            self.patch(self.notes[real.get(key, key)], patch)
        for id in done["destroyed"] or []:
            del self.notes[id]

    def patch(self, note: dict[str, Any], patch: dict[str, Any]) -> None:
        for path, value in patch.items():
            if path == "tags/red":
                note["tags"] = {tag: item for tag, item in note["tags"].items() if tag != "red"}
                note["tags"] |= {} if value is None else {"red": value}
            else:
                note[path] = value

    def expected(self, notes: Notes, wanted: Any, sort: list[tuple[str, bool]]) -> list[str]:
        found = sorted((id for id in notes if matches(wanted, notes[id])), key=lambda id: int(id[1:]))
        if sort and not sort[-1][1]:
            found.reverse()
        for name, ascending in reversed(sort):
            found = sorted(found, key=lambda id: sort_key(name, notes[id]), reverse=not ascending)
        return found


def sort_key(name: str, note: dict[str, Any]) -> Any:
    value = note[name]
    if name == "title":
        return value.upper().replace("É", "E\u0301")
    if name == "createdAt":
        return value[:-1]
    return (value is not None, value)


def matches(wanted: Any, note: dict[str, Any]) -> bool:
    if wanted is None:
        return True
    if "operator" in wanted:
        inner = [matches(each, note) for each in wanted["conditions"]]
        return {"AND": all(inner), "OR": any(inner), "NOT": not any(inner)}[wanted["operator"]]
    return all(matches_one(name, value, note) for name, value in wanted.items())


def matches_one(name: str, value: Any, note: dict[str, Any]) -> bool:
    if name == "title":
        return str(value).upper() in str(note["title"]).upper()
    if name == "hasTag":
        return value in note["tags"]
    if name == "hasFolder":
        return bool((note["folderId"] is not None) is value)
    return bool(note[name] is value)


def comparators(sort: list[tuple[str, bool]]) -> list[dict[str, Any]]:
    return [{"property": name, "isAscending": ascending} for name, ascending in sort]
