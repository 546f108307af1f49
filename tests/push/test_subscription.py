"""PushSubscription/get and /set (RFC 8620 §7.2)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AppPassword
from jmap.client import Client, MethodFailed
from jmap.core.types import utc_text
from jmap.push import models, subscription, upkeep
from tests.fixtures.accounts import Person
from tests.fixtures.push_service import Device, PushService
from tests.push.conftest import client_of

Wire = dict[str, Any]


def fetch(device: Device, **arguments: Any) -> list[Wire]:
    found: list[Wire] = device.jmap.call("PushSubscription/get", ids=None, **arguments)["list"]
    return found


def refusal(answer: Wire) -> Wire:
    """The SetError of a creation."""
    error: Wire = answer["notCreated"]["new"]
    return error


def update(device: Device, **patch: Any) -> Wire:
    answer: Wire = device.jmap.call("PushSubscription/set", update={device.id: patch})
    return answer


def days_left(wire: Wire) -> float:
    return (datetime.fromisoformat(wire["expires"]) - timezone.now()) / timedelta(days=1)


# Creating


def test_what_the_server_decides_is_told(device: Device) -> None:
    created = device.create(types=["Email"])["created"]["new"]
    assert created.keys() == {"id", "verificationCode", "expires", "emailPush"}
    assert created["verificationCode"] is None
    assert 29 < days_left(created) <= 30


def test_types_null_means_all(device: Device) -> None:
    assert device.create(types=None)["created"]
    assert fetch(device)[0]["types"] is None


def test_keys_may_be_left_out(device: Device) -> None:
    answer = device.jmap.call(
        "PushSubscription/set", create={"new": {"deviceClientId": "a", "url": "https://push.test/x"}}
    )
    assert answer["created"]["new"]["keys"] is None


@pytest.mark.parametrize(
    "url",
    [
        "http://push.test/", "https://", "https:///x", "//push.test/", "ftp://push.test/", "https://a:b@push.test/",
        "https://push.test:99999/", "https://p\u00fcsh.test/", "", "x", None, 1, "https://push.test/" + "x" * 2000,
    ],
)  # fmt: skip
def test_a_url_that_is_not_https_is_refused(device: Device, url: Any) -> None:
    assert refusal(device.create(url=url))["properties"] == ["url"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "[::1]", "[fe80::1]", "[::ffff:10.0.0.1]", "0.0.0.0"]
)
def test_an_address_inside_is_refused_at_once(device: Device, host: str, settings: Any) -> None:
    settings.PUSH_TO_PRIVATE_HOSTS = False
    assert refusal(device.create(url=f"https://{host}/push"))["properties"] == ["url"]


@pytest.mark.parametrize(
    "keys",
    [
        {}, {"p256dh": "AAAA", "auth": "AAAA"}, {"auth": "MDEyMzQ1Njc4OWFiY2RlZg"}, [], "x",
        {"p256dh": "B" * 87, "auth": "MDEyMzQ1Njc4OWFiY2RlZg"}, {"p256dh": "!", "auth": "!"}, {"p256dh": 1, "auth": 1},
    ],
)  # fmt: skip
def test_keys_that_are_none_are_refused(device: Device, keys: Any) -> None:
    assert refusal(device.create(keys=keys))["properties"] == ["keys"]


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"verificationCode": "x"}, "verificationCode"),
        ({"expires": "2001-01-01T00:00:00Z"}, "expires"),
        ({"expires": "tomorrow"}, "expires"),
        ({"types": "Email"}, "types"),
        ({"types": [1]}, "types"),
        ({"deviceClientId": None}, "deviceClientId"),
        ({"id": "p1"}, "id"),
        ({"urgency": "high"}, "urgency"),
    ],
)
def test_other_properties_are_checked_too(device: Device, more: Wire, wrong: str) -> None:
    error = refusal(device.create(**more))
    assert (error["type"], error["properties"]) == ("invalidProperties", [wrong])


def test_a_user_may_have_so_many(device: Device) -> None:
    for _ in range(subscription.MOST):
        assert device.create()["created"]
    assert refusal(device.create())["type"] == "overQuota"


def test_a_user_may_make_so_many_in_a_short_time(device: Device) -> None:
    for _ in range(subscription.AT_ONCE):
        device.create()
        device.jmap.call("PushSubscription/set", destroy=[device.id])
    assert refusal(device.create())["type"] == "rateLimit"


# Expiry


@pytest.mark.parametrize(("asked", "given"), [(3, 3), (400, 30)])
def test_expires_is_limited_where_the_login_has_no_end(device: Device, asked: int, given: int) -> None:
    created = device.create(expires=utc_text(timezone.now() + timedelta(days=asked)))["created"]["new"]
    assert ("expires" in created) == (asked != given)
    assert given - 1 < days_left(fetch(device)[0]) <= given


def test_expires_is_the_clients_where_the_login_ends_by_itself(device: Device, alice: Person) -> None:
    AppPassword.objects.filter(user=alice.user).update(expires_at=timezone.now() + timedelta(days=3))
    assert "expires" not in device.create(expires=None)["created"]["new"]
    assert fetch(device)[0]["expires"] is None


def test_expires_may_be_put_off_without_verifying_again(device: Device) -> None:
    device.subscribe(expires=utc_text(timezone.now() + timedelta(hours=1)))
    answer = update(device, expires=utc_text(timezone.now() + timedelta(days=400)))
    assert 29 < days_left(answer["updated"][device.id]) <= 30
    assert device.row.verified


def test_an_expired_subscription_is_gone(device: Device) -> None:
    device.create()
    models.Subscription.objects.update(expires_at=timezone.now())
    assert fetch(device) == []
    assert update(device, types=[])["notUpdated"][device.id]["type"] == "notFound"
    upkeep.look_after_all()
    assert not device.exists()


# Reading


def test_get_returns_no_account_no_state_and_nothing_private(device: Device) -> None:
    device.create(types=["Email"])
    answer = device.jmap.call("PushSubscription/get", ids=None)
    assert answer.keys() == {"list", "notFound"}
    (found,) = answer["list"]
    assert found.keys() == {"id", "deviceClientId", "verificationCode", "expires", "types", "emailPush"}
    assert (found["deviceClientId"], found["types"], found["verificationCode"]) == ("device", ["Email"], None)


@pytest.mark.parametrize("name", ["url", "keys"])
def test_asking_for_what_is_private_is_forbidden(device: Device, name: str) -> None:
    with pytest.raises(MethodFailed, match="forbidden"):
        fetch(device, properties=["id", name])


def test_properties_and_ids_can_be_chosen(device: Device) -> None:
    device.create()
    answer = device.jmap.call("PushSubscription/get", ids=[device.id, "p0", "x"], properties=["types"])
    assert answer == {"list": [{"id": device.id, "types": None}], "notFound": ["p0", "x"]}


@pytest.mark.parametrize("arguments", [{"accountId": "a1"}, {"properties": ["color"]}, {"ids": "p1"}])
def test_other_arguments_of_get_are_refused(device: Device, arguments: Wire) -> None:
    with pytest.raises(MethodFailed, match="invalidArguments"):
        device.jmap.call("PushSubscription/get", **arguments)


@pytest.mark.parametrize("arguments", [{"accountId": "a1"}, {"ifInState": "x"}, {"create": []}])
def test_other_arguments_of_set_are_refused(device: Device, arguments: Wire) -> None:
    with pytest.raises(MethodFailed, match="invalidArguments"):
        device.jmap.call("PushSubscription/set", **arguments)


def test_without_the_capability_there_is_no_email_push(device: Device) -> None:
    device.create()
    using = ["urn:ietf:params:jmap:core"]
    call = ["PushSubscription/get", {"ids": None}, "0"]
    from tests.push.test_web_push import respond

    (found,) = respond(device.jmap, using, call)["list"]
    assert "emailPush" not in found


# Who sees it


def test_only_the_login_that_made_it_sees_it(device: Device, alice: Person) -> None:
    device.create()
    other = client_of(alice)
    assert other.call("PushSubscription/get", ids=None)["list"] == []
    answer = other.call("PushSubscription/set", update={device.id: {"types": []}}, destroy=[device.id])
    assert answer["notUpdated"][device.id]["type"] == answer["notDestroyed"][device.id]["type"] == "notFound"
    assert device.exists()


def test_it_goes_with_the_app_password(device: Device, alice: Person) -> None:
    device.create()
    alice.user.apppassword_set.all().delete()
    upkeep.look_after_all()
    assert not device.exists()


def test_it_goes_with_the_password(alice: Person, push_service: PushService) -> None:
    from accounts.auth import authenticate

    device = Device(Client(authenticate(alice.basic, "192.0.2.1")), push_service)
    device.create()
    upkeep.look_after_all()
    assert device.exists()
    alice.user.set_password("battery staple")
    alice.user.save()
    upkeep.look_after_all()
    assert not device.exists()


def test_it_goes_with_the_user(device: Device, alice: Person) -> None:
    device.create()
    alice.user.is_active = False
    alice.user.save()
    upkeep.look_after_all()
    assert not device.exists()


# Changing


def test_the_wrong_code_is_refused(device: Device) -> None:
    device.create()
    assert update(device, verificationCode="wrong")["notUpdated"][device.id]["properties"] == ["verificationCode"]
    assert not device.row.verified


def test_the_code_is_shown_once_it_is_known(device: Device) -> None:
    device.subscribe()
    assert fetch(device)[0]["verificationCode"] == device.row.code


def test_a_verified_subscription_stays_so(device: Device) -> None:
    device.subscribe()
    assert update(device, verificationCode=None)["notUpdated"][device.id]["type"] == "invalidProperties"
    assert update(device, verificationCode=device.row.code)["updated"] == {device.id: None}


@pytest.mark.parametrize(
    "patch", [{"url": "https://other.test/"}, {"keys": None}, {"keys/auth": "x"}, {"deviceClientId": "x"}, {"id": "p9"}]
)
def test_what_is_immutable_stays(device: Device, patch: Wire) -> None:
    device.create()
    assert update(device, **patch)["notUpdated"][device.id]["type"] == "invalidProperties"


def test_types_can_be_changed(device: Device) -> None:
    device.create(types=["Email"])
    assert update(device, types=None)["updated"] == {device.id: None}
    assert fetch(device)[0]["types"] is None


def test_one_can_be_destroyed_in_the_request_that_makes_it(device: Device) -> None:
    wire = {"deviceClientId": "a", "url": "https://push.test/x"}
    answer = device.jmap.call("PushSubscription/set", create={"new": wire}, destroy=["#new"])
    assert answer["destroyed"] == [answer["created"]["new"]["id"]]
    assert fetch(device) == []
