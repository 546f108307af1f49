"""The envelope of a submission (RFC 8621 §7): made from the message or given, with its parameters."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.provision import add_address, add_domain
from tests.fixtures.accounts import Person
from tests.submission.letters import (
    FRIEND,
    addresses,
    envelope,
    get_submission,
    import_draft,
    make_draft,
    queue_of,
    recipients,
    submit,
)

Wire = dict[str, Any]


# The envelope that is made


def test_recipients_are_those_of_to_cc_and_bcc_once_each(alice: Person) -> None:
    group = b"Friends: b@x.test, c@x.test;"
    raw = (
        b"From: %s\r\nTo: a@x.test, %s, A@x.test, a@X.Test\r\nCc: c@x.test\r\nBcc: d@x.test\r\n"
        b"Reply-To: no@x.test\r\nTo: e@x.test\r\n\r\nHi\r\n" % (alice.email.encode(), group)
    )
    found = recipients(submit(alice, import_draft(alice, raw)))
    assert found == ["a@x.test", "b@x.test", "c@x.test", "A@x.test", "e@x.test", "d@x.test"]


def test_the_return_path_is_the_sender_s_where_the_identity_allows_it(alice: Person) -> None:
    assistant = add_address(f"assistant-{alice.email}", alice.email).email
    mine = submit(alice, make_draft(alice, **{"from": addresses(assistant), "sender": addresses(alice.email)}))
    other = submit(alice, make_draft(alice, sender=addresses(assistant)))
    assert mine["envelope"]["mailFrom"] == other["envelope"]["mailFrom"] == {"email": alice.email, "parameters": None}


def test_without_a_sender_the_return_path_is_the_author(alice: Person) -> None:
    name, _, domain = alice.email.partition("@")
    found = submit(alice, make_draft(alice, **{"from": addresses(f"{name}@{domain.upper()}")}))
    assert found["envelope"]["mailFrom"]["email"] == f"{name}@{domain.upper()}"


def test_an_author_whom_the_identity_does_not_cover_is_not_the_return_path(alice: Person) -> None:
    alias = add_address(f"alias-{alice.email}", alice.email).email
    found = submit(alice, make_draft(alice, **{"from": addresses(alias)}))
    assert found["envelope"]["mailFrom"]["email"] == alice.email


def test_an_identity_of_a_whole_domain_covers_each_of_its_addresses(alice: Person) -> None:
    add_domain("wide.test")
    add_address("@wide.test", alice.email)
    wide = alice.jmap.call("Identity/get", ids=None)["list"][1]
    assert wide["email"] == "*@wide.test"
    draft = make_draft(alice, **{"from": addresses("any.name@wide.test")})
    found = submit(alice, draft, identityId=wide["id"])
    assert found["envelope"]["mailFrom"]["email"] == "any.name@wide.test"


@pytest.mark.parametrize("field", ["sender", "from"])
def test_two_senders_are_one_too_many(alice: Person, field: str) -> None:
    alias = add_address(f"alias-{alice.email}", alice.email).email
    answer = submit(alice, make_draft(alice, **{field: addresses(alice.email, alias)}))
    assert (answer["type"], answer["properties"]) == ("invalidEmail", [field])


def test_several_authors_need_a_sender(alice: Person) -> None:
    alias = add_address(f"alias-{alice.email}", alice.email).email
    authors = {"from": addresses(alice.email, alias), "sender": addresses(alice.email)}
    assert submit(alice, make_draft(alice, **authors))["undoStatus"] == "pending"


# The envelope that the client gives


def test_a_client_s_envelope_is_used_as_it_is(alice: Person) -> None:
    given = envelope(alice.email, "other@x.test", RET="HDRS", ENVID="a+b=c")
    given["rcptTo"][0]["parameters"] = {"NOTIFY": "success,Delay", "ORCPT": "rfc822;other+tag@x.test"}
    created = submit(alice, make_draft(alice), envelope=given)
    assert "envelope" not in created and get_submission(alice, created["id"])["envelope"] == given
    (row,) = queue_of(alice, created["id"])
    assert (row.sender, row.recipient, row.ret, row.envid) == (alice.email, "other@x.test", "HDRS", "a+2Bb+3Dc")
    assert (row.notify, row.orcpt) == ("SUCCESS,DELAY", "rfc822;other+2Btag@x.test")


def test_a_recipient_given_twice_is_one(alice: Person) -> None:
    created = submit(alice, make_draft(alice), envelope=envelope(alice.email, "a@x.test", "a@X.TEST", "a@x.test"))
    assert recipients(created) == ["a@x.test"] and len(queue_of(alice, created["id"])) == 1


def test_the_null_return_path_is_allowed(alice: Person) -> None:
    created = submit(alice, make_draft(alice), envelope=envelope("", FRIEND))
    assert queue_of(alice, created["id"])[0].sender == ""


def test_an_address_in_any_script_can_be_written_to(alice: Person) -> None:
    given = envelope(alice.email, "用户@例え.jp", SMTPUTF8=None)
    given["rcptTo"][0]["parameters"] = {"ORCPT": "utf-8;用户@例え.jp"}
    (row,) = queue_of(alice, submit(alice, make_draft(alice), envelope=given)["id"])
    assert (row.recipient, row.domain) == ("用户@例え.jp", "xn--r8jz45g.jp")
    assert row.orcpt == r"utf-8;\x{7528}\x{6237}@\x{4F8B}\x{3048}.jp"


WRONG_ENVELOPES: list[Any] = [
    "x",
    {},
    {"mailFrom": {"email": "a@x.test"}},
    {"mailFrom": {"email": "a@x.test"}, "rcptTo": {"email": "b@x.test"}},
    {"mailFrom": {"email": None}, "rcptTo": []},
    {"mailFrom": {"email": "a@x.test", "name": "A"}, "rcptTo": []},
    {"mailFrom": {"email": "a@x.test", "parameters": []}, "rcptTo": []},
    {"mailFrom": {"email": "a@x.test"}, "rcptTo": [], "size": 1},
]


@pytest.mark.parametrize("given", WRONG_ENVELOPES, ids=str)
def test_an_envelope_has_its_shape(alice: Person, given: Any) -> None:
    answer = submit(alice, make_draft(alice), envelope=given)
    assert (answer["type"], answer["properties"]) == ("invalidProperties", ["envelope"])


@pytest.mark.parametrize(
    "parameters",
    [
        {"BODY": "8BITMIME"},
        {"AUTH": "<>"},
        {"X-FOO": None},
        {"RET": "ALL"},
        {"RET": None},
        {"ret": "FULL", "RET": "FULL"},
        {"ENVID": "x" * 101},
        {"ENVID": "+" * 34},
        {"ENVID": ""},
        {"ENVID": "\n"},
        {"ENVID": "ü"},
        {"SIZE": "-1"},
        {"SIZE": 10},
        {"SMTPUTF8": "yes"},
        {"HOLDFOR": "0"},
        {"HOLDFOR": "-5"},
        {"HOLDFOR": "1.5"},
        {"HOLDFOR": 5},
        {"HOLDFOR": "٣"},
        {"HOLDFOR": "2592001"},
        {"HOLDUNTIL": "tomorrow"},
        {"HOLDUNTIL": "2020-01-01T00:00:00Z"},
        {"HOLDUNTIL": "9999-01-01T00:00:00Z"},
        {"NOTIFY": "NEVER"},
    ],
    ids=str,
)
def test_parameters_of_mail_from_are_checked(alice: Person, parameters: Wire) -> None:
    given = envelope(alice.email, FRIEND, **parameters)
    answer = submit(alice, make_draft(alice), envelope=given)
    assert (answer["type"], answer["properties"]) == ("invalidProperties", ["envelope"])


@pytest.mark.parametrize(
    "parameters",
    [
        {"NOTIFY": "NEVER,SUCCESS"},
        {"NOTIFY": "SUCCESS,SUCCESS"},
        {"NOTIFY": ""},
        {"NOTIFY": None},
        {"ORCPT": "bob@x.test"},
        {"ORCPT": "rfc822;"},
        {"ORCPT": "rfc 822;bob@x.test"},
        {"ORCPT": "rfc822;bøb@x.test"},
        {"ORCPT": "rfc822;" + "x" * 494},
        {"RET": "FULL"},
        {"HOLDFOR": "5"},
    ],
    ids=str,
)
def test_parameters_of_a_recipient_are_checked(alice: Person, parameters: Wire) -> None:
    given = envelope(alice.email, FRIEND)
    given["rcptTo"][0]["parameters"] = parameters
    answer = submit(alice, make_draft(alice), envelope=given)
    assert (answer["type"], answer["properties"]) == ("invalidProperties", ["envelope"])


# Held messages


def test_a_message_is_held_for_a_while(alice: Person) -> None:
    before = datetime.now(UTC)
    created = submit(alice, make_draft(alice), envelope=envelope(alice.email, FRIEND, HOLDFOR="3600"))
    send_at = datetime.fromisoformat(created["sendAt"])
    assert timedelta(hours=1) <= send_at - before < timedelta(hours=1, minutes=5)
    assert queue_of(alice, created["id"])[0].due_at == send_at


def test_a_message_is_held_until_a_moment(alice: Person) -> None:
    until = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    text = until.isoformat().replace("+00:00", "Z")
    created = submit(alice, make_draft(alice), envelope=envelope(alice.email, FRIEND, HOLDUNTIL=text))
    assert (created["sendAt"], queue_of(alice, created["id"])[0].due_at) == (text, until)


def test_a_message_is_held_in_one_way(alice: Person) -> None:
    until = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    given = envelope(alice.email, FRIEND, HOLDUNTIL=until, HOLDFOR="60")
    assert submit(alice, make_draft(alice), envelope=given)["properties"] == ["envelope"]


def test_holding_can_be_turned_off(alice: Person, settings: Any) -> None:
    settings.MAX_DELAYED_SEND = 0
    capability = alice.jmap.session()["accounts"][alice.jmap.account_id]["accountCapabilities"]
    found = capability["urn:ietf:params:jmap:submission"]
    assert found["maxDelayedSend"] == 0 and "FUTURERELEASE" not in found["submissionExtensions"]
    answer = submit(alice, make_draft(alice), envelope=envelope(alice.email, FRIEND, HOLDFOR="1"))
    assert answer["type"] == "invalidProperties"
