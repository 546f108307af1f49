import pytest
from pytest_django.fixtures import Settings

from jmap.delivery.limits import FULL, TOO_FAST, TOO_MANY, Flow, Limits, places


@pytest.fixture
def limits(settings: Settings) -> Limits:
    settings.SMTP_CONNECTIONS, settings.SMTP_CONNECTIONS_PER_ADDRESS, settings.SMTP_RATE = 100, 2, 0
    return Limits()


def test_a_place_is_what_a_client_can_not_change() -> None:
    assert places("9.9.9.9") == ("9.9.9.9/32", "9.9.9.0/24")
    assert places("2620:fe::9:1") == ("2620:fe::/64", "2620:fe::/48")
    assert places("") == ("", "")


def test_an_address_and_its_network_have_shares(limits: Limits) -> None:
    for host in range(4):
        assert [limits.enter(f"9.9.9.{host}", is_limited=True) for _ in range(3)] == [None, None, TOO_MANY]
    assert limits.enter("9.9.9.7", is_limited=True) == TOO_MANY
    assert limits.enter("9.9.8.7", is_limited=True) is None
    limits.leave("9.9.9.0")
    assert limits.enter("9.9.9.7", is_limited=True) is None


def test_a_relay_has_as_many_as_there_are(limits: Limits) -> None:
    assert [limits.enter("9.9.9.9", is_limited=False) for _ in range(101)] == [None] * 100 + [FULL]
    assert limits.is_crowded


def test_nothing_is_remembered_of_who_has_left(limits: Limits) -> None:
    limits.enter("9.9.9.9", is_limited=True)
    limits.leave("9.9.9.9")
    assert (limits.total, dict(limits.open)) == (0, {})


def test_a_rate_holds_for_an_address_and_its_network(settings: Settings) -> None:
    settings.SMTP_RATE = 2
    limits = Limits()
    for host in range(4):
        assert [limits.enter(f"9.9.9.{host}", is_limited=True) for _ in range(3)] == [None, None, TOO_FAST]
    assert limits.enter("9.9.9.7", is_limited=True) == TOO_FAST


def test_a_bucket_leaks(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    flow = Flow(60)
    assert flow.pour("a", 60) and not flow.pour("a", 1) and flow.pour("b", 60)
    now[0] = 1.0
    assert flow.pour("a", 1) and not flow.pour("a", 1)


def test_the_number_of_buckets_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jmap.delivery.limits.REMEMBERED", 3)
    flow = Flow(1)
    for key in "abcd":
        flow.pour(key, 1)
    assert list(flow.levels) == ["b", "c", "d"]
