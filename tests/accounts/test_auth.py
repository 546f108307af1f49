"""Who an Authorization header is, and how guessing is slowed down."""

import base64
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts import auth
from accounts.access import Caller
from accounts.auth import BadCredentials, authenticate, parse
from accounts.models import AppPassword, LoginBudget
from accounts.throttle import Throttled, buckets
from tests.fixtures.accounts import Person

HOME, ELSEWHERE, ATTACKER = "192.0.2.1", "192.0.2.2", "198.51.100.7"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """A process that has just started, and no failures counted against these addresses."""
    auth.forget()
    LoginBudget.objects.all().delete()
    yield
    auth.forget()


def basic(login: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{login}:{secret}".encode()).decode()


def guess(login: str, times: int, address: str = ATTACKER) -> list[type[Exception]]:
    """Wrong passwords; what each was answered with."""
    answers: list[type[Exception]] = []
    for at in range(times):
        with pytest.raises((BadCredentials, Throttled)) as caught:
            authenticate(basic(login, f"wrong {at}"), address)
        answers.append(caught.type)
    return answers


def test_a_password_gives_the_caller_with_their_rights(alice: Person) -> None:
    caller = authenticate(alice.basic, HOME)
    assert (caller.user_id, caller.login, caller.credential) == (alice.user.pk, alice.email, "password")
    assert list(caller.rights) == [alice.account.pk]


def test_the_login_may_be_written_in_capitals(alice: Person) -> None:
    assert authenticate(basic(alice.email.upper(), alice.password), HOME).user_id == alice.user.pk


def test_an_app_password_is_named_in_what_it_changes(alice: Person) -> None:
    password = alice.app_password()
    expected = f"app:{AppPassword.objects.get(user=alice.user).pk}"
    found: list[Caller] = [authenticate(basic(alice.email, password), HOME), authenticate(f"bearer {password}", HOME)]
    assert [caller.credential for caller in found] == [expected, expected]


def test_an_app_password_is_no_use_for_another_login(alice: Person, bob: Person) -> None:
    with pytest.raises(BadCredentials):
        authenticate(basic(bob.email, alice.app_password()), HOME)


def test_an_expired_app_password_is_refused(alice: Person) -> None:
    password = alice.app_password()
    AppPassword.objects.filter(user=alice.user).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(BadCredentials):
        authenticate(f"Bearer {password}", HOME)


def test_the_last_use_of_an_app_password_is_noted(alice: Person) -> None:
    authenticate(f"Bearer {alice.app_password()}", HOME)
    assert AppPassword.objects.get(user=alice.user).last_used_at is not None


def test_a_known_header_needs_no_statement(alice: Person) -> None:
    authenticate(alice.basic, HOME)
    with CaptureQueriesContext(connection) as queries:
        authenticate(alice.basic, HOME)
    assert len(queries) == 0


def test_a_changed_password_and_a_closed_user_are_refused_once_the_cache_forgets(alice: Person) -> None:
    authenticate(alice.basic, HOME)
    alice.user.set_password("another")
    alice.user.save()
    auth.trusted.clear()
    with pytest.raises(BadCredentials):
        authenticate(alice.basic, HOME)


def test_a_deactivated_user_is_refused_once_the_cache_forgets(alice: Person) -> None:
    password = alice.app_password()
    authenticate(alice.basic, HOME)
    alice.user.is_active = False
    alice.user.save()
    auth.trusted.clear()
    for header in (alice.basic, f"Bearer {password}"):
        with pytest.raises(BadCredentials):
            authenticate(header, HOME)


def test_unknown_logins_are_answered_and_throttled_like_known_ones(alice: Person) -> None:
    assert guess(alice.email, 12) == guess("nobody@nowhere.example", 12, "198.51.100.8")


def test_guesses_are_refused_once_the_budget_is_used_up(alice: Person) -> None:
    answers = guess(alice.email, 12)
    assert answers == [BadCredentials] * 10 + [Throttled] * 2


def test_the_refusal_says_how_long_to_wait(alice: Person) -> None:
    guess(alice.email, 10)
    with pytest.raises(Throttled) as caught:
        authenticate(basic(alice.email, "wrong"), ATTACKER)
    assert 1 <= caught.value.retry_after <= 30


def test_guesses_elsewhere_lock_nobody_out(alice: Person) -> None:
    guess(alice.email, 12)
    assert authenticate(alice.basic, HOME).user_id == alice.user.pk


def test_known_good_credentials_pass_even_from_the_address_of_the_guesses(alice: Person) -> None:
    authenticate(alice.basic, ATTACKER)
    guess(alice.email, 12)
    auth.trusted.clear()
    assert authenticate(alice.basic, ATTACKER).user_id == alice.user.pk
    assert authenticate(f"Bearer {alice.app_password()}", ATTACKER).user_id == alice.user.pk


def test_guesses_from_many_addresses_do_not_lock_out_the_address_at_home(alice: Person) -> None:
    authenticate(alice.basic, HOME)
    auth.forget()
    LoginBudget.objects.filter(good_at=None).delete()
    fill_bucket_of_login(alice)
    assert authenticate(alice.basic, HOME).user_id == alice.user.pk
    auth.forget()
    with pytest.raises(Throttled):
        authenticate(alice.basic, ELSEWHERE)


def fill_bucket_of_login(person: Person) -> None:
    everywhere = buckets(person.email, HOME)[2]
    LoginBudget.objects.create(key=everywhere.key, level=everywhere.size, at=timezone.now())


def test_failures_are_forgotten_with_time(alice: Person) -> None:
    guess(alice.email, 11)
    LoginBudget.objects.update(at=timezone.now() - timedelta(hours=2))
    assert authenticate(alice.basic, ATTACKER).user_id == alice.user.pk


@given(st.text() | st.binary().map(lambda octets: "Basic " + base64.b64encode(octets).decode()))
def test_any_header_is_parsed_or_refused(header: str) -> None:
    try:
        credentials = parse(header)
    except BadCredentials:
        return
    assert "\0" not in credentials.login + credentials.secret and credentials.secret
