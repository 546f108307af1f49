"""Mailboxes as a tree: what may stand where, and the order of sortAsTree (RFC 8621 §2, §2.3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Parents = Mapping[int, int | None]


@dataclass(frozen=True, slots=True)
class Place:
    """What must fit in with the other mailboxes of the account."""

    parent: int | None
    name: str
    role: str | None


class Forest:
    """The mailboxes of an account as they are, or as they would be once a whole /set is done."""

    def __init__(self, places: Mapping[int, Place]) -> None:
        self.places: dict[int, Place] = {}
        self.children: dict[int | None, set[int]] = {}
        self.named: dict[tuple[int | None, str], set[int]] = {}
        self.roles: dict[str, set[int]] = {}
        for id, place in places.items():
            self.put(id, place)

    def put(self, id: int, place: Place) -> None:
        """Set down a mailbox, which leaves the place it had."""
        self.take(id)
        self.places[id] = place
        self.children.setdefault(place.parent, set()).add(id)
        self.named.setdefault((place.parent, place.name), set()).add(id)
        if place.role is not None:
            self.roles.setdefault(place.role, set()).add(id)

    def take(self, id: int) -> None:
        place = self.places.pop(id, None)
        if place is not None:
            self.children[place.parent].discard(id)
            self.named[place.parent, place.name].discard(id)
            if place.role is not None:
                self.roles[place.role].discard(id)

    def is_circular(self, id: int) -> bool:
        """Whether the mailbox would be among its own ancestors."""
        seen: set[int] = set()
        above = self.parent(id)
        while above is not None and above != id and above not in seen:
            seen.add(above)
            above = self.parent(above)
        return above == id

    def depth(self, id: int) -> int:
        """1 for a mailbox at the top."""
        seen = {id}
        above = self.parent(id)
        while above is not None and above not in seen:
            seen.add(above)
            above = self.parent(above)
        return len(seen)

    def height(self, id: int) -> int:
        """How many levels of descendants a mailbox has that is no ancestor of itself."""
        level, height = self.children.get(id, set()), 0
        while level:
            height += 1
            level = {child for each in level for child in self.children.get(each, ())}
        return height

    def parent(self, id: int) -> int | None:
        place = self.places.get(id)
        return place.parent if place else None


def ancestors(id: int, parents: Parents) -> list[int]:
    """The parent, its parent and so on."""
    found: list[int] = []
    parent = parents.get(id)
    while parent is not None:
        found.append(parent)
        parent = parents.get(parent)
    return found


def sort_as_tree(ordered: Iterable[int], parents: Parents) -> list[int]:
    """Each mailbox before its descendants, siblings in the order given. `ordered` are all mailboxes of the account."""
    children: dict[int | None, list[int]] = {}
    for id in ordered:
        children.setdefault(parents.get(id), []).append(id)
    result: list[int] = []
    stack = list(reversed(children.get(None, [])))
    while stack:
        id = stack.pop()
        result.append(id)
        stack.extend(reversed(children.get(id, [])))
    return result


def keep_whole_branches(ids: Iterable[int], parents: Parents) -> list[int]:
    """filterAsTree: only those all of whose ancestors are in the list too."""
    listed = list(ids)
    known = set(listed)
    return [id for id in listed if known.issuperset(ancestors(id, parents))]
