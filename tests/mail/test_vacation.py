"""VacationResponse (RFC 8621 §8)."""

from typing import Any

import pytest

from jmap.client import Client, MethodFailed
from tests.fixtures.accounts import Person

UNSET = {"isEnabled": False, "fromDate": None, "toDate": None, "subject": None, "textBody": None, "htmlBody": None}


def change(jmap: Client, **patch: Any) -> dict[str, Any]:
    return jmap.call("VacationResponse/set", update={"singleton": patch})


def vacation(jmap: Client) -> dict[str, Any]:
    (found,) = jmap.call("VacationResponse/get", ids=None)["list"]
    return dict(found)


def test_every_account_has_exactly_one(jmap: Client) -> None:
    answer = jmap.call("VacationResponse/get", ids=["singleton", "other", "m1"])
    assert answer["list"] == [{"id": "singleton", **UNSET}]
    assert answer["notFound"] == ["other", "m1"]
    assert vacation(jmap) == {"id": "singleton", **UNSET}


def test_only_the_properties_asked_for_are_returned(jmap: Client) -> None:
    answer = jmap.call("VacationResponse/get", ids=["singleton"], properties=["isEnabled"])
    assert answer["list"] == [{"id": "singleton", "isEnabled": False}]


def test_a_change_is_kept_and_moves_the_state(jmap: Client) -> None:
    new = {
        "isEnabled": True, "fromDate": "2026-07-01T00:00:00Z", "toDate": "2026-08-01T12:30:00Z",
        "subject": "Fort", "textBody": "Ich bin am Meer.\nBis bald", "htmlBody": "<p>Ich bin am <b>Meer</b>.</p>",
    }  # fmt: skip
    answer = change(jmap, **new)
    assert answer["updated"] == {"singleton": None} and answer["oldState"] != answer["newState"]
    assert vacation(jmap) == {"id": "singleton", **new}
    assert jmap.call("VacationResponse/get", ids=None)["state"] == answer["newState"]
    assert change(jmap, subject=None, htmlBody=None)["updated"] == {"singleton": None}
    assert vacation(jmap) == {"id": "singleton", **new, "subject": None, "htmlBody": None}


def test_a_change_that_changes_nothing_keeps_the_state(jmap: Client) -> None:
    answer = change(jmap, isEnabled=False, subject=None)
    assert answer["updated"] == {"singleton": None} and answer["oldState"] == answer["newState"]


def test_it_can_be_neither_created_nor_destroyed(jmap: Client) -> None:
    answer = jmap.call("VacationResponse/set", create={"new": UNSET}, destroy=["singleton", "other"])
    assert answer["notCreated"]["new"]["type"] == "singleton"
    assert answer["notDestroyed"]["singleton"]["type"] == "singleton"
    assert answer["notDestroyed"]["other"]["type"] == "notFound"
    assert answer["oldState"] == answer["newState"]


def test_no_other_one_can_be_changed(jmap: Client) -> None:
    answer = jmap.call("VacationResponse/set", update={"other": {"isEnabled": True}})
    assert answer["notUpdated"]["other"]["type"] == "notFound"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("isEnabled", None),
        ("isEnabled", "yes"),
        ("fromDate", "2026-07-01"),
        ("toDate", "2026-07-01T00:00:00+02:00"),
        ("subject", "two\r\nlines"),
        ("subject", "x" * 501),
        ("textBody", 7),
        ("htmlBody", "x" * 100_001),
        ("id", "other"),
        ("from", "me"),
    ],
)
def test_what_can_not_be_is_refused_by_name(jmap: Client, name: str, value: Any) -> None:
    refused = change(jmap, **{name: value})["notUpdated"]["singleton"]
    assert refused["type"] == "invalidProperties" and refused["properties"] == [name]
    assert vacation(jmap) == {"id": "singleton", **UNSET}


def test_a_wrong_state_changes_nothing(jmap: Client) -> None:
    with pytest.raises(MethodFailed, match="stateMismatch"):
        jmap.call("VacationResponse/set", ifInState="1-0-0", update={"singleton": {"isEnabled": True}})
    assert not vacation(jmap)["isEnabled"]


def test_there_are_no_other_methods(jmap: Client) -> None:
    for method in ("changes", "query", "queryChanges", "copy"):
        with pytest.raises(MethodFailed, match="unknownMethod"):
            jmap.call(f"VacationResponse/{method}")


def test_each_account_has_its_own(alice: Person, bob: Person) -> None:
    change(alice.jmap, isEnabled=True)
    assert vacation(alice.jmap)["isEnabled"] and not vacation(bob.jmap)["isEnabled"]


def test_the_session_announces_it(alice: Person) -> None:
    session = alice.jmap.session()
    urn = "urn:ietf:params:jmap:vacationresponse"
    assert session["capabilities"][urn] == {}
    assert session["accounts"][alice.jmap.account_id]["accountCapabilities"][urn] == {}
