"""Identities, submissions and addresses of another answer exactly as what does not exist."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import pytest

from accounts.provision import add_account, grant
from jmap.client import Client
from tests.fixtures.accounts import Person
from tests.fixtures.mail import make_mailbox
from tests.submission.letters import FRIEND, addresses, envelope, identity, make_draft, queue_of, submit

Wire = dict[str, Any]


@dataclass(frozen=True)
class Target:
    """What a stranger may try to reach by its name."""

    identity: str = "i999999"
    submission: str = "s999999"
    email: str = "e999999"
    thread: str = "t999999"
    identity_state: str = "1-abcdef-7"
    submission_state: str = "1-abcdef-8"
    address: str = "nobody@example.org"

    def hide(self, text: str) -> str:
        """The text with every name of ours as the name of what it is."""
        for name, value in sorted(asdict(self).items(), key=lambda pair: -len(pair[1])):
            text = re.sub(rf"\b{re.escape(value)}\b", f"<{name}>", text)
        return text


ABSENT = Target()


@pytest.fixture
def secret(bob: Person) -> Target:
    """Bob's; its ids are beyond those that another account has reached."""
    jmap = bob.jmap
    for at in range(6):
        make_mailbox(jmap, f"Crate {at}")
    email = make_draft(bob)
    made = jmap.call("Identity/set", create={"i": {"email": bob.email}})["created"]["i"]["id"]
    sent = submit(bob, email)
    one, two = (jmap.call(f"{kind}/get", ids=[])["state"] for kind in ("Identity", "EmailSubmission"))
    return Target(made, sent["id"], email, sent["threadId"], one, two, bob.email)


def creation(**more: Any) -> Callable[[Target, Person], tuple[str, Wire]]:
    def probe(target: Target, alice: Person) -> tuple[str, Wire]:
        names = asdict(target)
        wire = {"identityId": identity(alice), "emailId": make_draft(alice)}
        wire |= {name: names[value] for name, value in more.items()}
        return "EmailSubmission/set", {"create": {"c": wire}, "onSuccessUpdateEmail": {"#c": {"keywords/x": True}}}

    return probe


def query(name: str, value: str) -> Callable[[Target, Person], tuple[str, Wire]]:
    return lambda target, alice: ("EmailSubmission/query", {"filter": {name: [asdict(target)[value]]}})


def identities(**arguments: Any) -> tuple[str, Wire]:
    return "Identity/set", arguments


PROBES: dict[str, Callable[[Target, Person], tuple[str, Wire]]] = {
    "get an identity": lambda t, _: ("Identity/get", {"ids": [t.identity]}),
    "change an identity": lambda t, _: identities(update={t.identity: {"name": "Mine"}}),
    "destroy an identity": lambda t, _: identities(destroy=[t.identity]),
    "changes of identities": lambda t, _: ("Identity/changes", {"sinceState": t.identity_state}),
    "be another": lambda t, _: identities(create={"c": {"email": t.address}}),
    "get a submission": lambda t, _: ("EmailSubmission/get", {"ids": [t.submission]}),
    "take one back": lambda t, _: ("EmailSubmission/set", {"update": {t.submission: {"undoStatus": "canceled"}}}),
    "destroy one": lambda t, _: ("EmailSubmission/set", {"destroy": [t.submission]}),
    "change its email": lambda t, _: ("EmailSubmission/set", {"onSuccessUpdateEmail": {t.submission: {"x": 1}}}),
    "changes of submissions": lambda t, _: ("EmailSubmission/changes", {"sinceState": t.submission_state}),
    "changes of a query": lambda t, _: ("EmailSubmission/queryChanges", {"sinceQueryState": t.submission_state}),
    "find by identity": query("identityIds", "identity"),
    "find by email": query("emailIds", "email"),
    "find by thread": query("threadIds", "thread"),
    "anchor at one": lambda t, _: ("EmailSubmission/query", {"anchor": t.submission}),
    "send an email": creation(emailId="email"),
    "send as an identity": creation(identityId="identity"),
}


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES.keys())
def test_what_is_another_s_answers_as_what_is_not_there(
    alice: Person, secret: Target, probe: Callable[[Target, Person], tuple[str, Wire]]
) -> None:
    foreign, absent = (target.hide(str(alice.jmap.respond(probe(target, alice)))) for target in (secret, ABSENT))
    assert without_states(foreign) == without_states(absent)


def without_states(text: str) -> str:
    """A draft made for the probe changes the state of the account."""
    return re.sub(r"1-[0-9a-f]+-\d+", "<state>", text)


@pytest.mark.parametrize("where", ["from", "mailFrom"])
def test_an_address_of_another_is_refused_as_one_that_nobody_has(alice: Person, bob: Person, where: str) -> None:
    answers = []
    for address in (bob.email, ABSENT.address):
        author = address if where == "from" else alice.email
        draft = make_draft(alice, **{"from": addresses(author)})
        given = envelope(address if where == "mailFrom" else alice.email, FRIEND)
        answers.append(str(submit(alice, draft, envelope=given)).replace(address, "<address>"))
    assert answers[0] == answers[1]


def test_who_shares_an_account_sends_from_it_as_it(alice: Person, bob: Person) -> None:
    email = f"team-{alice.email}"
    team = add_account(email)
    grant(email, alice.email)
    hers = Person(alice.user, team, alice.password)
    client = Client(alice.caller, f"a{team.pk}")
    own = client.call("Identity/get", ids=None)["list"][0]["id"]
    drafts = client.call("Mailbox/query", filter={"role": "drafts"})["ids"][0]
    draft = {"mailboxIds": {drafts: True}, "from": addresses(email), "to": addresses(FRIEND)}
    made = client.call("Email/set", create={"d": draft, "other": {**draft, "from": addresses(alice.email)}})["created"]
    create = {name: {"identityId": own, "emailId": made[name]["id"]} for name in made}
    answer = client.call("EmailSubmission/set", create=create)
    assert queue_of(hers, answer["created"]["d"]["id"])[0].sender == email
    assert answer["notCreated"]["other"]["type"] == "forbiddenFrom"


def test_the_blobs_of_a_sent_message_are_the_account_s_alone(alice: Person, bob: Person) -> None:
    id = submit(bob, make_draft(bob))["id"]
    blob = f"b{bytes(queue_of(bob, id)[0].blob).hex()}"
    assert alice.jmap.download(blob) is None
