"""However much is asked for, a response stays within what a process can hold."""

import pytest

from jmap.client import Client, MethodFailed
from jmap.core import limits
from tests.fixtures.mail import import_email, roles

NAMES = [f"header:X-{number}" for number in range(limits.MAX_PROPERTIES + 1)]


@pytest.fixture
def email(jmap: Client, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(limits, "MAX_RESPONSE", 300)
    return import_email(jmap, roles(jmap)["inbox"])


def test_one_object_is_never_too_large(jmap: Client, email: dict[str, str]) -> None:
    properties = ["headers", "bodyStructure", "bodyValues"]
    assert len(jmap.call("Email/get", ids=[email["id"]], properties=properties)["list"]) == 1


def test_calls_after_the_limit_are_refused_and_others_go_on(jmap: Client, email: dict[str, str]) -> None:
    get, parse = ("Email/get", {"ids": [email["id"]]}), ("Email/parse", {"blobIds": [email["blobId"]]})
    answers = jmap.respond(get, get, parse, ("Mailbox/get", {"ids": []}))
    assert [answer[0] for answer in answers] == ["Email/get", "error", "error", "Mailbox/get"]
    assert answers[1][1]["type"] == answers[2][1]["type"] == "requestTooLarge"


def test_many_objects_of_one_call_are_counted_one_by_one(jmap: Client, email: dict[str, str]) -> None:
    other = import_email(jmap, roles(jmap)["inbox"])
    with pytest.raises(MethodFailed, match="requestTooLarge"):
        jmap.call("Email/get", ids=[email["id"], other["id"]])


@pytest.mark.parametrize("argument", ["properties", "bodyProperties"])
def test_an_endless_list_of_properties_is_refused(jmap: Client, email: dict[str, str], argument: str) -> None:
    for method, ids in (("Email/get", "ids"), ("Email/parse", "blobIds")):
        with pytest.raises(MethodFailed, match="invalidArguments"):
            jmap.call(method, **{ids: [], argument: NAMES})
        assert jmap.call(method, **{ids: [], argument: NAMES[1:]})
