"""A client that changes an account at random and remembers what the server said yes to."""

import random
from dataclasses import dataclass, field
from typing import Any

from tests.soak.line import Line

MESSAGE = b"Message-ID: <%b@writer>\r\nFrom: a@b\r\nSubject: %b\r\n\r\nHello\r\n"


@dataclass
class Ledger:
    """What must be true. Emails in `doubtful` may be there or not, for a call about them was never answered."""

    keywords: dict[str, set[str]] = field(default_factory=dict)  # of every email made, by id
    destroyed: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)
    increments: int = 0

    def living(self) -> list[str]:
        return sorted(self.keywords.keys() - self.destroyed - self.doubtful)


class Writer:
    def __init__(self, line: Line, name: str, dice: random.Random, ledger: Ledger) -> None:
        self.line, self.name, self.dice, self.ledger = line, name, dice, ledger
        self.serial = 0
        self.inbox = line.inbox()
        boxes = line.call("Mailbox/get", ids=None)["list"]
        self.boxes = sorted(box["id"] for box in boxes if box["role"])

    def act(self) -> None:
        """One random operation. Raises httpx.TransportError where its outcome is unknown."""
        self.serial += 1
        chances = {self.create: 4, self.flag: 6, self.move: 4, self.destroy: 1, self.increment: 2}
        self.dice.choices(list(chances), list(chances.values()))[0]()

    def create(self) -> None:
        title = f"{self.name}{self.serial}".encode()
        made = self.line.put([MESSAGE % (title, title), MESSAGE % (title + b"b", title)], self.dice.choice(self.boxes))
        assert made["notCreated"] is None, made
        self.ledger.keywords |= {each["id"]: set() for each in made["created"].values()}

    def change(self, patch: dict[str, Any]) -> str | None:
        """Update a random email; its id, None where the other writer was faster and destroyed it."""
        living = self.ledger.living()
        if not living:
            return None
        id = self.dice.choice(living)
        answer = self.line.call("Email/set", update={id: patch})
        if answer["updated"] and id in answer["updated"]:
            return id
        assert answer["notUpdated"][id]["type"] == "notFound", answer
        return None

    def flag(self) -> None:
        word = f"{self.name}{self.serial}"
        id = self.change({f"keywords/{word}": True, "keywords/$seen": self.dice.choice([True, None])})
        if id:
            self.ledger.keywords[id].add(word)

    def move(self) -> None:
        self.change({f"mailboxIds/{self.dice.choice(self.boxes)}": True})
        self.change({"mailboxIds": {self.dice.choice(self.boxes): True}})

    def destroy(self) -> None:
        living = self.ledger.living()
        if living:
            id = self.dice.choice(living)
            self.ledger.doubtful.add(id)
            self.line.call("Email/set", destroy=[id])
            self.ledger.destroyed.add(id)

    def increment(self) -> None:
        """Read a number and write the next one, unless somebody else did in between (RFC 8620 §5.3, ifInState)."""
        read = self.line.call("Mailbox/get", ids=[self.inbox])
        number = read["list"][0]["sortOrder"] + 1
        body = {"ifInState": read["state"], "update": {self.inbox: {"sortOrder": number}}}
        answer = self.line.attempt("Mailbox/set", body)
        self.ledger.increments += answer[0] != "error"


def losses(line: Line, ledger: Ledger) -> list[str]:
    """What was acknowledged and is not so."""
    lost = []
    living = ledger.living()
    for at in range(0, len(living), 500):
        ids = living[at : at + 500]
        found = line.call("Email/get", ids=ids, properties=["keywords", "subject"])
        lost += [f"{id} is gone" for id in found["notFound"]]
        for each in found["list"]:
            lost += [f"{each['id']} lacks {word}" for word in ledger.keywords[each["id"]] - each["keywords"].keys()]
    back = line.call("Email/get", ids=sorted(ledger.destroyed)[:1000], properties=["id"])["list"]
    return lost + [f"{each['id']} is back" for each in back]
