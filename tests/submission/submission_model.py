"""EmailSubmissions as a plain dict, and random operations on it and on the server."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from jmap.core.writing import writing
from jmap.submission.results import finalize, record
from tests.fixtures.accounts import Person
from tests.submission.letters import FRIEND, envelope

Wire = dict[str, Any]
Submissions = dict[str, Wire]
SENT = ("identityId", "emailId", "threadId", "sendAt", "undoStatus")


@dataclass
class SubmissionModel:
    """One account; `states` are all states it has been in, each with the submissions of then."""

    person: Person
    identities: list[str]
    emails: list[str]
    submissions: Submissions = field(default_factory=dict)
    states: list[tuple[str, Submissions]] = field(default_factory=list)

    def call(self, verb: str, **arguments: Any) -> Wire:
        return self.person.jmap.call(f"EmailSubmission/{verb}", **arguments)

    def remember(self) -> None:
        copies = {id: dict(wire) for id, wire in self.submissions.items()}
        self.states.append((str(self.call("get", ids=[])["state"]), copies))

    def play(self, random: Random) -> None:
        deeds = [self.create, self.create, self.cancel, self.destroy, self.claim, self.report, self.do_all]
        random.choice(deeds)(random)
        self.remember()

    def new(self, random: Random) -> Wire:
        held = random.choice([None, "60", "3600", "3600", "86400"])
        given = envelope(self.person.email, FRIEND, **({"HOLDFOR": held} if held else {}))
        ids = {"identityId": random.choice(self.identities), "emailId": random.choice(self.emails)}
        return {**ids, "envelope": given}

    def create(self, random: Random) -> None:
        self.keep(self.call("set", create={str(at): self.new(random) for at in range(random.randrange(1, 4))}))

    def keep(self, answer: Wire) -> None:
        ids = [made["id"] for made in (answer["created"] or {}).values()]
        for wire in self.call("get", ids=ids)["list"]:
            self.submissions[wire["id"]] = {name: wire[name] for name in SENT}

    def cancel(self, random: Random) -> None:
        for id in self.call("set", update={self.some(random): {"undoStatus": "canceled"}})["updated"] or ():
            self.submissions[id]["undoStatus"] = "canceled"

    def destroy(self, random: Random) -> None:
        for id in self.call("set", destroy=[self.some(random)])["destroyed"] or ():
            del self.submissions[id]

    def claim(self, random: Random) -> None:
        id = self.some(random)
        with writing(self.person.account.pk, "test") as log:
            finalize(log, int(id[1:]))
        if self.submissions.get(id, {}).get("undoStatus") == "pending":
            self.submissions[id]["undoStatus"] = "final"

    def report(self, random: Random) -> None:
        record(self.person.account.pk, int(self.some(random)[1:]), FRIEND, {"delivered": "yes"})

    def do_all(self, random: Random) -> None:
        """Create, cancel and destroy in one call."""
        gone, undone = self.some(random), self.some(random)
        create = {"a": self.new(random), "b": self.new(random)}
        canceled = {"undoStatus": "canceled"}
        answer = self.call("set", create=create, update={"#a": canceled, undone: canceled}, destroy=["#b", gone])
        self.submissions.pop(gone, None)
        if undone in (answer["updated"] or {}) and undone in self.submissions:
            self.submissions[undone]["undoStatus"] = "canceled"
        self.keep(answer)

    def some(self, random: Random) -> str:
        return random.choice([*self.submissions, "s0"])

    def expected(self, among: Submissions, wanted: Any, sort: list[Wire]) -> list[str]:
        """The ids that the query finds among these, in order."""
        found = sorted((id for id in among if matches(among[id], wanted)), key=lambda id: int(id[1:]))
        if sort and not sort[-1].get("isAscending", True):
            found.reverse()
        for comparator in reversed(sort):
            found.sort(key=lambda id: key_of(among[id], comparator), reverse=not comparator.get("isAscending", True))
        return found


def key_of(wire: Wire, comparator: Wire) -> Any:
    name = comparator["property"].replace("sentAt", "sendAt")
    return datetime.fromisoformat(wire[name]) if name == "sendAt" else wire[name]


def matches(wire: Wire, wanted: Any) -> bool:
    if wanted is None:
        return True
    if "operator" in wanted:
        each = [matches(wire, condition) for condition in wanted["conditions"]]
        return {"AND": all(each), "OR": any(each), "NOT": not any(each)}[wanted["operator"]]
    return all(matches_one(wire, name, value) for name, value in wanted.items())


def matches_one(wire: Wire, name: str, value: Any) -> bool:
    if name in ("before", "after"):
        earlier = datetime.fromisoformat(wire["sendAt"]) < datetime.fromisoformat(value)
        return earlier is (name == "before")
    return bool(wire[name] == value if name == "undoStatus" else wire[name.removesuffix("s")] in value)
