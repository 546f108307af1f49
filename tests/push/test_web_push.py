"""Delivery to push services (RFC 8620 §7.2, RFC 8030), over TLS to one of our own."""

import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import orjson
import pytest
from django.db import connection
from django.utils import timezone

from accounts.provision import grant, revoke
from jmap.client import Client
from jmap.core import dispatch, sql
from jmap.core.request import check
from jmap.push import broadcast, delivery, models, vapid, webpush
from jmap.push.message import Message
from tests.fixtures.accounts import Person
from tests.fixtures.mail import import_email, make_mailbox, roles
from tests.fixtures.push_service import Device, PushService, deliver, reply
from tests.fixtures.streams import account_of, states_of

Wire = dict[str, Any]
MakeDevice = Callable[..., Device]


def respond(client: Client, using: list[str], call: list[Any]) -> Wire:
    """The arguments of the response to one call."""
    body = orjson.loads(dispatch.answer(client.caller, check({"using": using, "methodCalls": [call]})))
    found: Wire = body["methodResponses"][0][1]
    return found


def tries_again(device: Device) -> None:
    """The time of the next attempt has come."""
    models.Subscription.objects.filter(pk=device.row.pk).update(due_at="2001-01-01T00:00:00Z")
    delivery.deliver_due()


# Verification (RFC 8620 §7.2.2)


def test_a_new_subscription_is_sent_its_code_at_once(device: Device, push_service: PushService) -> None:
    device.create()
    delivery.deliver_due()
    (received,) = push_service.take()
    assert device.decrypt(received) == {
        "@type": "PushVerification", "pushSubscriptionId": device.id, "verificationCode": device.row.code
    }  # fmt: skip
    assert len(device.row.code) >= 32


def test_nothing_more_is_sent_before_it_is_verified(device: Device, alice: Person, push_service: PushService) -> None:
    device.create()
    deliver()
    make_mailbox(alice.jmap, "New")
    deliver()
    assert len(push_service.take()) == 1


def test_a_refused_verification_is_not_sent_again(device: Device, push_service: PushService) -> None:
    push_service.behave = reply(403)
    device.create()
    deliver()
    tries_again(device)
    assert len(push_service.take()) == 1


def test_what_happened_before_it_was_verified_is_told_then(device: Device, alice: Person) -> None:
    device.create(types=["Mailbox"])
    deliver()
    make_mailbox(alice.jmap, "New")
    device.verify()
    deliver()
    assert device.read() == [{"@type": "StateChange", "changed": {account_of(alice): states_of(alice, "Mailbox")}}]


# The request


def test_a_request_has_what_the_rfcs_ask_for(device: Device, alice: Person, push_service: PushService) -> None:
    device.subscribe()
    import_email(alice.jmap, roles(alice.jmap)["inbox"])
    deliver()
    (received,) = push_service.take()
    headers = received.headers
    assert (headers["content-type"], headers["content-encoding"]) == ("application/json", "aes128gcm")
    assert 0 < int(headers["ttl"]) <= 28 * 86400
    assert headers["urgency"] == "normal"
    assert 1 <= len(headers["topic"]) <= 32
    assert headers["authorization"].startswith("vapid t=")
    assert headers["authorization"].endswith(f", k={vapid.application_server_key()}")
    assert "cookie" not in headers


def test_without_keys_the_json_is_plain(device: Device, alice: Person, push_service: PushService) -> None:
    device.subscribe(keys=None, types=["Mailbox"])
    make_mailbox(alice.jmap, "New")
    deliver()
    (received,) = push_service.take()
    assert "content-encoding" not in received.headers
    assert orjson.loads(received.body)["changed"] == {account_of(alice): states_of(alice, "Mailbox")}


def test_only_new_mail_wakes_a_device_that_saves_power(
    device: Device, alice: Person, push_service: PushService
) -> None:
    device.subscribe(types=["Mailbox"])
    make_mailbox(alice.jmap, "New")
    deliver()
    assert push_service.take()[0].headers["urgency"] == "low"
    import_email(alice.jmap, roles(alice.jmap)["inbox"])
    deliver()
    assert push_service.take()[0].headers["urgency"] == "normal"


def test_a_topic_is_shared_by_news_of_the_same_types_alone(
    device: Device, alice: Person, push_service: PushService
) -> None:
    device.subscribe()
    for name in ("One", "Two"):
        make_mailbox(alice.jmap, name)
        deliver()
    import_email(alice.jmap, roles(alice.jmap)["inbox"])
    deliver()
    first, second, third = (each.headers["topic"] for each in push_service.take())
    assert first == second != third


# What is pushed


def test_only_the_types_asked_for_are_pushed(device: Device, alice: Person) -> None:
    device.subscribe(types=["Email"])
    make_mailbox(alice.jmap, "New")
    deliver()
    assert device.read() == []
    import_email(alice.jmap, roles(alice.jmap)["inbox"])
    deliver()
    assert device.read()[0]["changed"] == {account_of(alice): states_of(alice, "Email")}


def test_many_changes_are_one_push(device: Device, alice: Person) -> None:
    device.subscribe(types=["Mailbox"])
    for at in range(20):
        make_mailbox(alice.jmap, f"M{at}")
    deliver()
    assert device.read() == [{"@type": "StateChange", "changed": {account_of(alice): states_of(alice, "Mailbox")}}]
    deliver()
    assert device.read() == []


def test_what_changes_during_a_push_is_pushed_after_it(
    device: Device, alice: Person, push_service: PushService
) -> None:
    device.subscribe(types=["Mailbox"])
    make_mailbox(alice.jmap, "One")

    def change_meanwhile(handler: BaseHTTPRequestHandler) -> None:
        push_service.behave = reply(201)
        sql.run("UPDATE accounts_account SET modseq = modseq + 1, states = jsonb_set(states, '{Mailbox}',"
                " to_jsonb(modseq + 1)) WHERE id = %s", alice.account.pk)  # fmt: skip
        sql.run(broadcast.MAKE_DUE, [alice.account.pk])
        connection.close()  # this thread's
        push_service.behave(handler)

    push_service.behave = change_meanwhile
    deliver()
    first, second = device.read()
    assert first["changed"] != second["changed"] == {account_of(alice): states_of(alice, "Mailbox")}


def test_accounts_that_one_may_not_see_any_more_are_not_told_of(
    make_device: MakeDevice, alice: Person, bob: Person
) -> None:
    grant(bob.email, alice.email)
    device = make_device(alice).subscribe(types=["Mailbox"])
    make_mailbox(bob.jmap, "Shared")
    deliver()
    assert list(device.read()[0]["changed"]) == [account_of(bob)]
    make_mailbox(bob.jmap, "Private")
    revoke(bob.email, alice.email)
    deliver()
    assert device.read() == []


def test_a_revoked_login_gets_nothing_more(device: Device, alice: Person) -> None:
    device.subscribe()
    make_mailbox(alice.jmap, "New")
    models.Subscription.objects.update(due_at="2001-01-01T00:00:00Z")
    alice.user.apppassword_set.all().delete()
    delivery.deliver_due()
    assert device.read() == []
    assert not device.exists()


def test_an_expired_subscription_gets_nothing_more(device: Device, alice: Person) -> None:
    device.subscribe()
    make_mailbox(alice.jmap, "New")
    models.Subscription.objects.update(due_at="2001-01-01T00:00:00Z", expires_at="2001-01-01T00:00:00Z")
    delivery.deliver_due()
    assert device.read() == []
    assert not device.exists()


def test_a_new_application_server_key_ends_the_subscriptions_of_the_old(
    device: Device, alice: Person, settings: Any
) -> None:
    device.subscribe()
    state = alice.jmap.session()["state"]
    settings.VAPID_KEY = "A" * 42 + "E"
    from jmap.core.session import state_of

    state_of.cache_clear()
    assert alice.jmap.session()["state"] != state  # RFC 9749 §5
    deliver()
    assert not device.exists()
    state_of.cache_clear()


# Answers of the push service


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_is_success(device: Device, alice: Person, push_service: PushService, status: int) -> None:
    device.subscribe()
    push_service.behave = reply(status)
    make_mailbox(alice.jmap, "New")
    deliver()
    assert (device.row.failures, device.row.due_at, device.row.lease_until) == (0, None, None)


@pytest.mark.parametrize("status", [404, 410])
def test_a_resource_that_is_gone_ends_the_subscription(
    device: Device, alice: Person, push_service: PushService, status: int
) -> None:
    device.subscribe()
    push_service.behave = reply(status)
    make_mailbox(alice.jmap, "New")
    deliver()
    assert not device.exists()


@pytest.mark.parametrize("status", [400, 403, 413, 429, 500, 503])
def test_after_a_failure_everything_is_told_later(
    device: Device, alice: Person, push_service: PushService, status: int
) -> None:
    device.subscribe(types=["Mailbox"])
    push_service.behave = reply(status)
    make_mailbox(alice.jmap, "One")
    deliver()
    assert (device.row.failures, device.row.error) == (1, f"HTTP {status}")
    push_service.behave = reply(201)
    push_service.take()
    make_mailbox(alice.jmap, "Two")
    tries_again(device)
    assert device.read()[0]["changed"] == {account_of(alice): states_of(alice, "Mailbox")}
    assert device.row.failures == 0


def test_pauses_grow_and_retry_after_is_minded(device: Device, alice: Person, push_service: PushService) -> None:
    device.subscribe()
    make_mailbox(alice.jmap, "New")
    push_service.behave = reply(500)
    pauses = []
    for at in range(3):
        deliver() if at == 0 else tries_again(device)
        pauses.append(seconds_until_due(device))
    assert pauses[0] < pauses[1] < pauses[2]
    push_service.behave = reply(503, Retry_After="7200")
    tries_again(device)
    assert seconds_until_due(device) > 7000


def seconds_until_due(device: Device) -> float:
    return (device.row.due_at - timezone.now()).total_seconds() if device.row.due_at else 0.0


def test_too_many_requests_means_fewer_of_them(device: Device, alice: Person, push_service: PushService) -> None:
    device.subscribe()
    make_mailbox(alice.jmap, "New")
    push_service.behave = reply(429)
    deliver()
    push_service.behave = reply(201)
    tries_again(device)
    assert device.row.gap >= 10
    make_mailbox(alice.jmap, "Soon")
    sql.run(broadcast.MAKE_DUE, [alice.account.pk])
    assert seconds_until_due(device) > 5


def test_who_never_answers_is_given_up(device: Device, alice: Person, push_service: PushService) -> None:
    device.subscribe()
    models.Subscription.objects.update(failures=delivery.MOST_FAILURES)
    push_service.behave = reply(500)
    make_mailbox(alice.jmap, "New")
    deliver()
    assert not device.exists()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("120", 120), ("", 0), ("soon", 0), ("-5", 0), ("9" * 400, 86400), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_retry_after_is_read(value: str, seconds: float) -> None:
    assert webpush.retry_after(value) == seconds


# Hostile endpoints


def test_redirects_are_not_followed(device: Device, alice: Person, push_service: PushService) -> None:
    device.subscribe()
    push_service.behave = reply(307, Location=push_service.url("/elsewhere"))
    make_mailbox(alice.jmap, "New")
    deliver()
    assert [each.path for each in push_service.take()] == ["/push"]
    assert device.row.error == "HTTP 307"


def test_a_host_inside_is_not_connected_to(device: Device, push_service: PushService, settings: Any) -> None:
    settings.PUSH_TO_PRIVATE_HOSTS = False
    device.create(url=push_service.url(host="localhost"))  # a name: what it leads to shows when connecting
    deliver()
    assert push_service.take() == []
    assert device.row.error == "NotPublic"


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "127.0.0.1.", "localhost."])
def test_nor_is_it_by_another_spelling(device: Device, push_service: PushService, settings: Any, host: str) -> None:
    settings.PUSH_TO_PRIVATE_HOSTS = False
    device.create(url=push_service.url(host=host))
    delivery.deliver_due()
    assert push_service.take() == []


def test_an_unknown_certificate_is_not_trusted(device: Device, push_service: PushService, settings: Any) -> None:
    settings.PUSH_CA_FILE = ""
    device.create()
    delivery.deliver_due()
    assert push_service.take() == []


def test_a_host_that_cannot_be_reached_is_tried_again_a_few_times(device: Device, push_service: PushService) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    device.create(url=f"https://localhost:{port}/")
    delivery.deliver_due()
    assert 10 < seconds_until_due(device) < 100
    for _ in range(delivery.VERIFYING - 1):
        tries_again(device)
    assert device.row.due_at is None


def hang(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(30)


def trickle(handler: BaseHTTPRequestHandler) -> None:
    """Headers that never end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100):
        handler.wfile.write(b"X-Slow: x\r\n")
        handler.wfile.flush()
        time.sleep(0.2)


def flood(handler: BaseHTTPRequestHandler) -> None:
    """A body of a gigabyte."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(10**9))
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(bytes(10**6))


def huge_header(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("X-Huge", "x" * 10**6)
    handler.end_headers()


def nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\xff nonsense\r\n\r\n")


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()


@pytest.mark.parametrize("behave", [hang, trickle, flood, huge_header, nonsense, hang_up])
def test_a_hostile_endpoint_harms_no_other(
    make_device: MakeDevice,
    alice: Person,
    bob: Person,
    push_service: PushService,
    behave: Callable[[BaseHTTPRequestHandler], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import aiohttp

    monkeypatch.setattr(webpush, "PATIENCE", aiohttp.ClientTimeout(total=4))
    bad, good = make_device(alice, "/bad").subscribe(), make_device(bob, "/good").subscribe()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        behave(handler) if handler.path == "/bad" else reply(201)(handler)

    push_service.behave = answer
    for person in (alice, bob):
        make_mailbox(person.jmap, "New")
    begun = time.monotonic()
    deliver()
    took = time.monotonic() - begun
    arrived = next(each.at for each in push_service.received if each.path == "/good")
    assert arrived - begun < 3
    assert took < 15
    assert (good.row.failures, bad.row.lease_until) == (0, None)
    assert good.row.position != bad.row.position


def test_a_worker_is_not_kept_for_ever(device: Device, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    device.subscribe(types=["Mailbox"])
    make_mailbox(alice.jmap, "New")
    models.Subscription.objects.update(due_at="2001-01-01T00:00:00Z")
    monkeypatch.setattr(delivery, "TURN", 0)
    assert delivery.deliver_due()
    monkeypatch.setattr(delivery, "TURN", 20)
    assert not delivery.deliver_due()
    assert len(device.read()) == 1


# Losing things


def test_a_delivery_that_its_worker_died_over_is_found(device: Device, alice: Person) -> None:
    device.subscribe(types=["Mailbox"])
    make_mailbox(alice.jmap, "New")
    models.Subscription.objects.update(due_at=None, lease_until="2001-01-01T00:00:00Z")
    deliver()
    assert len(device.read()) == 1


def test_a_lost_notice_is_found(device: Device, alice: Person) -> None:
    device.subscribe(types=["Mailbox"])
    make_mailbox(alice.jmap, "New")
    models.Subscription.objects.update(due_at=None)
    deliver()
    assert len(device.read()) == 1


def test_one_subscription_that_makes_trouble_does_not_stop_the_others(
    make_device: MakeDevice, alice: Person, bob: Person
) -> None:
    bad, good = make_device(alice, "/bad").subscribe(), make_device(bob, "/good").subscribe()
    models.Subscription.objects.filter(pk=bad.row.pk).update(email_push={f"a{alice.account.pk}": "nonsense"})
    for person in (alice, bob):
        make_mailbox(person.jmap, "New")
    deliver()
    assert len(good.read()) == 1
    assert bad.row.error == "see the log"


def test_too_much_for_one_push_becomes_several() -> None:
    from jmap.push.message import state_changes
    from jmap.push.position import AccountState

    now = {id: AccountState(1, 9, {f"Type{at}": 9 for at in range(10)}) for id in range(100)}
    messages: list[Message] = state_changes({}, now, None, 3993)
    assert all(len(orjson.dumps(each.content)) <= 3993 for each in messages)
    assert sorted(id for each in messages for id in each.states) == list(range(100))
