"""EmailPush objects (draft-ietf-jmap-emailpush-03)."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from accounts.provision import grant, revoke
from jmap.core import blobs, sql
from jmap.core.writing import writing
from jmap.mail.arrivals import DELIVERED_BY
from jmap.mail.batch import Batch
from jmap.mail.envelope import read_envelope
from jmap.mail.ingest import NewEmail, ingest
from jmap.push.encryption import LONGEST
from tests.fixtures.accounts import Person
from tests.fixtures.mail import import_email, roles
from tests.fixtures.push_service import Device, PushService, deliver
from tests.fixtures.streams import account_of, states_of
from tests.push.test_web_push import tries_again

Wire = dict[str, Any]
HEADERS = "Message-ID: <{id}@mail.test>\r\nFrom: Zoë <zoe@mail.test>\r\nSubject: {subject}\r\n{more}"
MESSAGE = HEADERS + "\r\nTea at five?\r\n"


def arrive(person: Person, subject: str = "Tea", role: str = "inbox", id: str = "", more: str = "") -> str:
    """Mail that was delivered; its id."""
    account, octets = person.account.pk, MESSAGE.format(id=id or subject, subject=subject, more=more).encode()
    envelope, digest = read_envelope(account, octets), blobs.keep(account, octets)
    mailbox = int(roles(person.jmap)[role][1:])
    with writing(account, DELIVERED_BY) as log:
        batch = Batch(log)
        email, _ = ingest(batch, NewEmail(envelope, digest, {mailbox}, [], datetime.now(UTC)))
        batch.flush()
    return f"e{email}"


def config(person: Person, *properties: str, **more: Any) -> Wire:
    return {account_of(person): {"properties": list(properties), **more}}


def subscribe(device: Device, person: Person, *properties: str, **more: Any) -> Device:
    return device.subscribe(types=[], emailPush=config(person, *properties, **more))


def test_delivered_mail_is_pushed_with_the_properties_asked_for(device: Device, alice: Person) -> None:
    subscribe(device, alice, "subject", "from", "id")
    email = arrive(alice)
    deliver()
    assert device.read() == [{
        "@type": "EmailPush",
        "accountId": account_of(alice),
        "emails": [{"subject": "Tea", "from": [{"name": "Zoë", "email": "zoe@mail.test"}], "id": email}],
        "state": states_of(alice, "Email")["Email"],
    }]  # fmt: skip


def test_any_property_of_an_email_may_be_asked_for(device: Device, alice: Person) -> None:
    names = ["preview", "keywords", "mailboxIds", "header:Subject:asText", "textBody", "size", "hasAttachment"]
    subscribe(device, alice, *names)
    arrive(alice)
    deliver()
    (email,) = device.read()[0]["emails"]
    assert list(email) == names
    assert email["preview"] == "Tea at five?"


def test_what_the_user_does_is_no_delivery(device: Device, alice: Person) -> None:
    subscribe(device, alice, "id")
    email = import_email(alice.jmap, roles(alice.jmap)["inbox"])["id"]
    alice.jmap.call("Email/set", update={email: {"keywords/$seen": True}})
    deliver()
    assert device.read() == []


def test_a_thread_that_is_merged_is_not_delivered_again(device: Device, alice: Person) -> None:
    arrive(alice, id="one")
    arrive(alice, id="two")
    subscribe(device, alice, "messageId")
    arrive(alice, id="three", more="References: <one@mail.test> <two@mail.test>\r\n")
    deliver()
    assert [each["messageId"] for push in device.read() for each in push["emails"]] == [["three@mail.test"]]


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (None, ["In", "Spam"]),
        ({"inMailbox": "inbox"}, ["In"]),
        ({"subject": "spam"}, ["Spam"]),
        ({"operator": "NOT", "conditions": [{"inMailbox": "junk"}]}, ["In"]),
        ({"operator": "OR", "conditions": [{"inMailbox": "junk"}, {"hasKeyword": "$notify"}]}, ["Spam"]),
        ({"hasKeyword": "$notify"}, []),
    ],
)
def test_the_filter_says_which(device: Device, alice: Person, filter: Any, expected: list[str]) -> None:
    text = orjson.dumps(filter).decode()
    for role in ("inbox", "junk"):
        text = text.replace(f'"{role}"', f'"{roles(alice.jmap)[role]}"')
    subscribe(device, alice, "subject", filter=orjson.loads(text))
    arrive(alice, "In")
    arrive(alice, "Spam", "junk")
    deliver()
    assert [each["subject"] for push in device.read() for each in push["emails"]] == expected


def test_mail_in_quick_succession_is_one_push(device: Device, alice: Person) -> None:
    subscribe(device, alice, "subject")
    for at in range(5):
        arrive(alice, f"Tea {at}")
    deliver()
    (push,) = device.read()
    assert [each["subject"] for each in push["emails"]] == [f"Tea {at}" for at in range(5)]
    deliver()
    assert device.read() == []


def test_no_push_is_larger_than_push_services_take(device: Device, alice: Person, push_service: PushService) -> None:
    subscribe(device, alice, "id", "subject", "preview")
    for at in range(8):
        arrive(alice, f"{at} " + "x" * 900)
    deliver()
    taken = list(push_service.received)
    assert len(taken) > 1
    assert all(len(each.body) <= 4096 for each in taken)
    assert len([each for push in device.read() for each in push["emails"]]) == 8


def test_of_one_that_is_too_large_the_properties_are_left_out_that_do_not_fit(device: Device, alice: Person) -> None:
    subscribe(device, alice, "from", "subject", "id")
    email = arrive(alice, "x" * LONGEST)
    deliver()
    assert device.read()[0]["emails"] == [{"from": [{"name": "Zoë", "email": "zoe@mail.test"}], "id": email}]


@pytest.mark.parametrize("urgency", ["very-low", "high", None])
def test_the_urgency_is_the_one_asked_for(
    device: Device, alice: Person, push_service: PushService, urgency: str | None
) -> None:
    subscribe(device, alice, "id", **({"urgency": urgency} if urgency else {}))
    arrive(alice)
    deliver()
    assert push_service.take()[0].headers["urgency"] == (urgency or "normal")


def test_state_changes_are_pushed_beside_it_where_types_want_them(device: Device, alice: Person) -> None:
    device.subscribe(types=["EmailDelivery"], emailPush=config(alice, "id"))
    arrive(alice)
    deliver()
    assert [each["@type"] for each in device.read()] == ["EmailPush", "StateChange"]


def test_mail_in_a_shared_account_is_pushed_as_long_as_one_may_see_it(
    device: Device, alice: Person, bob: Person
) -> None:
    grant(bob.email, alice.email)
    device.jmap.caller = alice_again(device)
    subscribe(device, bob, "subject")
    arrive(bob, "One")
    deliver()
    assert [each["accountId"] for each in device.read()] == [account_of(bob)]
    revoke(bob.email, alice.email)
    arrive(bob, "Two")
    deliver()
    assert device.read() == []


def alice_again(device: Device) -> Any:
    from accounts import auth

    auth.forget()
    return auth.renewed(device.jmap.caller.standing)


def test_a_failed_push_comes_later(device: Device, alice: Person, push_service: PushService) -> None:
    from tests.fixtures.push_service import reply

    subscribe(device, alice, "subject")
    push_service.behave = reply(500)
    arrive(alice, "One")
    deliver()
    push_service.behave = reply(201)
    push_service.take()
    arrive(alice, "Two")
    tries_again(device)
    assert [each["subject"] for each in device.read()[0]["emails"]] == ["One", "Two"]


def test_after_a_restore_nothing_is_told_that_nobody_knows(device: Device, alice: Person) -> None:
    subscribe(device, alice, "subject")
    sql.run("UPDATE accounts_account SET epoch = epoch + 1 WHERE id = %s", alice.account.pk)
    arrive(alice, "Lost")
    deliver()
    assert device.read() == []
    arrive(alice, "Found")
    deliver()
    assert [each["subject"] for each in device.read()[0]["emails"]] == ["Found"]


def test_email_push_can_be_turned_on_later_and_starts_then(device: Device, alice: Person) -> None:
    device.subscribe(types=[])
    arrive(alice, "Before")
    patch = {"emailPush": config(alice, "subject")}
    assert device.jmap.call("PushSubscription/set", update={device.id: patch})["updated"] == {device.id: None}
    arrive(alice, "After")
    deliver()
    assert [each["subject"] for each in device.read()[0]["emails"]] == ["After"]


# What is refused


@pytest.mark.parametrize(
    "config",
    [
        {}, {"properties": None}, {"properties": ["color"]}, {"properties": ["id"], "urgency": "urgent"},
        {"properties": ["id"], "filter": {"color": "red"}}, {"properties": ["id"], "filter": []},
        {"properties": ["id"], "filter": {"hasKeyword": 1}}, {"properties": ["id"], "more": 1}, [], None,
    ],
)  # fmt: skip
def test_a_config_that_makes_no_sense_is_refused(device: Device, alice: Person, config: Any) -> None:
    answer = device.create(emailPush={account_of(alice): config})
    assert answer["notCreated"]["new"]["properties"] == ["emailPush"]


def test_an_account_that_one_may_not_see_is_refused(device: Device, bob: Person) -> None:
    assert device.create(emailPush=config(bob, "id"))["notCreated"]["new"]["properties"] == ["emailPush"]


def test_nothing_of_mail_is_pushed_unencrypted(device: Device, alice: Person) -> None:
    assert device.create(keys=None, emailPush=config(alice, "id"))["notCreated"]["new"]["properties"] == ["emailPush"]


def test_the_session_announces_it(alice: Person) -> None:
    session = alice.jmap.session()
    name = "urn:ietf:params:jmap:emailpush"
    assert session["capabilities"][name] == session["accounts"][account_of(alice)]["accountCapabilities"][name] == {}
    assert len(session["capabilities"]["urn:ietf:params:jmap:webpush-vapid"]["applicationServerKey"]) == 87
