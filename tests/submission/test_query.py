"""EmailSubmission/get, changes, query and queryChanges (RFC 8621 §7.1 to §7.4): random operations beside a plain model,
then everything that can be asked."""

from itertools import product
from random import Random
from typing import Any

import pytest

from tests.core.test_model import applied, follow_changes, sparsely_applied
from tests.fixtures.accounts import Person
from tests.fixtures.mail import is_sound
from tests.submission.letters import make_draft, submit
from tests.submission.submission_model import SENT, SubmissionModel

Wire = dict[str, Any]
STEPS = 24


def played(person: Person, seed: int) -> SubmissionModel:
    """An account with two identities and three emails in two threads, after its operations."""
    jmap = person.jmap
    own = jmap.call("Identity/get", ids=None)["list"][0]["id"]
    other = jmap.call("Identity/set", create={"i": {"email": person.email}})["created"]["i"]["id"]
    first = make_draft(person, messageId=["1@x.test"])
    emails = [first, make_draft(person, references=["1@x.test"]), make_draft(person)]
    model, random = SubmissionModel(person, [own, other], emails), Random(seed)
    model.remember()
    for _ in range(STEPS):
        model.play(random)
    return model


def filters(model: SubmissionModel, random: Random) -> list[Any]:
    wires = list(model.states[-1][1].values())
    time = random.choice(wires)["sendAt"]
    threads = sorted({wire["threadId"] for wire in wires})
    pending = {"undoStatus": "pending"}
    both = {"operator": "AND", "conditions": [pending, {"after": time}]}
    return [
        None,
        {},
        pending,
        {"undoStatus": "canceled", "identityIds": model.identities[:1]},
        {"emailIds": [model.emails[0], "e999", "nonsense"]},
        {"threadIds": threads[:1]},
        {"identityIds": []},
        {"before": time},
        {"after": time, "undoStatus": "final"},
        {"operator": "NOT", "conditions": [pending, {"before": time}]},
        {"operator": "OR", "conditions": [{"emailIds": model.emails[1:]}, both]},
    ]


SORTS: list[list[Wire]] = [
    [],
    [{"property": "sentAt"}],
    [{"property": "sendAt", "isAscending": False}],
    [{"property": "emailId", "collation": "i;octet"}, {"property": "sentAt", "isAscending": False}],
    [{"property": "threadId", "isAscending": False}],
]


@pytest.fixture
def random() -> Random:
    return Random(7)


@pytest.mark.parametrize("seed", range(3))
def test_everything_the_server_says_is_what_the_model_says(alice: Person, random: Random, seed: int) -> None:
    model = played(alice, seed)
    check_get(model)
    check_changes(model, random)
    for wanted, sort in product(filters(model, random), SORTS):
        check_query(model, wanted, sort, random)
        check_query_changes(model, wanted, sort, random)
    assert is_sound(alice.caller)


def check_get(model: SubmissionModel) -> None:
    found = {wire["id"]: wire for wire in model.call("get", ids=None, properties=list(SENT))["list"]}
    assert found == {id: {"id": id, **wire} for id, wire in model.submissions.items()}


def check_changes(model: SubmissionModel, random: Random) -> None:
    for state, past in model.states:
        ids, updated = follow_changes(model, state, set(past), random)  # type: ignore[arg-type]
        assert ids == set(model.submissions)
        assert {id for id in past if id in model.submissions and past[id] != model.submissions[id]} <= updated


def check_query(model: SubmissionModel, wanted: Any, sort: list[Wire], random: Random) -> None:
    expected = model.expected(model.submissions, wanted, sort)
    position, limit = random.randrange(6), random.choice((None, 0, 1, 3))
    found = model.call("query", filter=wanted, sort=sort, position=position, limit=limit, calculateTotal=True)
    assert found["canCalculateChanges"] and found["total"] == len(expected)
    assert found["ids"] == expected[position:][:limit]
    if expected:
        anchored = model.call("query", filter=wanted, sort=sort, anchor=expected[-1], anchorOffset=-1)
        assert anchored["ids"] == expected[max(0, len(expected) - 2) :]


def check_query_changes(model: SubmissionModel, wanted: Any, sort: list[Wire], random: Random) -> None:
    present = model.expected(model.submissions, wanted, sort)
    for state, past in random.sample(model.states, 8):
        old, asked = model.expected(past, wanted, sort), {"sinceQueryState": state, "filter": wanted, "sort": sort}
        found = model.call("queryChanges", **asked, calculateTotal=True)
        assert set(found["removed"]) <= set(old) and found["total"] == len(present)
        assert applied(old, found) == present
        cached = old[: random.randrange(len(old) + 1)]
        new = sparsely_applied(cached, model.call("queryChanges", **asked, upToId=cached[-1] if cached else None))
        assert new == present[: len(new)]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"filter": {"subject": "x"}}, "unsupportedFilter"),
        ({"filter": {"undoStatus": 1}}, "invalidArguments"),
        ({"filter": {"emailIds": "e1"}}, "invalidArguments"),
        ({"filter": {"before": "yesterday"}}, "invalidArguments"),
        ({"filter": {"before": "2026-01-01T00:00:00+01:00"}}, "invalidArguments"),
        ({"sort": [{"property": "undoStatus"}]}, "unsupportedSort"),
        ({"sort": [{"property": "emailId", "collation": "i;nonsense"}]}, "unsupportedSort"),
        ({"anchor": "s999"}, "anchorNotFound"),
    ],
)
def test_what_cannot_be_asked_is_refused(alice: Person, arguments: Wire, error: str) -> None:
    assert alice.jmap.respond(("EmailSubmission/query", arguments))[0][1]["type"] == error


def test_an_unknown_id_is_not_found(alice: Person) -> None:
    id = submit(alice, make_draft(alice))["id"]
    answer = alice.jmap.call("EmailSubmission/get", ids=[id, "s0", "x", id], properties=["undoStatus"])
    assert (answer["list"], answer["notFound"]) == ([{"id": id, "undoStatus": "pending"}], ["s0", "x"])


@pytest.mark.parametrize("method", ["EmailSubmission/copy", "Identity/query", "Identity/queryChanges", "Identity/copy"])
def test_methods_that_the_types_do_not_have_are_unknown(alice: Person, method: str) -> None:
    assert alice.jmap.respond((method, {}))[0][1]["type"] == "unknownMethod"
