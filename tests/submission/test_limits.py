"""How much one user may send."""

import threading

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from jmap.core import sql
from jmap.submission.limits import OverRate, charge
from tests.fixtures.accounts import Person


@pytest.fixture(autouse=True)
def narrow(settings: Settings) -> None:
    settings.MAX_MESSAGES_PER_HOUR, settings.MAX_RECIPIENTS_PER_DAY = 5, 20


def let_pass(user_id: int, seconds: int) -> None:
    sql.run("UPDATE submission_sendbudget SET at = at - make_interval(secs => %s) WHERE user_id = %s", seconds, user_id)


def test_messages_are_counted_by_the_hour(alice: Person) -> None:
    for _ in range(5):
        charge(alice.user.pk, 1)
    with pytest.raises(OverRate) as refused:
        charge(alice.user.pk, 1)
    assert 0 < refused.value.retry_after <= 720


def test_it_fits_again_after_the_seconds_that_were_told(alice: Person) -> None:
    for _ in range(5):
        charge(alice.user.pk, 1)
    with pytest.raises(OverRate) as refused:
        charge(alice.user.pk, 1)
    let_pass(alice.user.pk, refused.value.retry_after)
    charge(alice.user.pk, 1)
    with pytest.raises(OverRate):
        charge(alice.user.pk, 1)


def test_recipients_are_counted_by_the_day_and_a_refusal_counts_nothing(alice: Person) -> None:
    charge(alice.user.pk, 15)
    for _ in range(10):
        with pytest.raises(OverRate):
            charge(alice.user.pk, 6)
    charge(alice.user.pk, 5)


def test_more_recipients_than_a_day_allows_never_fit(alice: Person) -> None:
    with pytest.raises(OverRate):
        charge(alice.user.pk, 21)


def test_users_have_budgets_of_their_own_and_zero_means_none(alice: Person, bob: Person, settings: Settings) -> None:
    charge(alice.user.pk, 20)
    charge(bob.user.pk, 20)
    settings.MAX_RECIPIENTS_PER_DAY = settings.MAX_MESSAGES_PER_HOUR = 0
    charge(alice.user.pk, 10**6)


def test_what_is_rolled_back_is_not_counted(alice: Person) -> None:
    for _ in range(10):
        with transaction.atomic():
            charge(alice.user.pk, 20)
            transaction.set_rollback(True)
    charge(alice.user.pk, 20)


def test_many_at_once_do_not_slip_through(alice: Person) -> None:
    passed: list[int] = []

    def send() -> None:
        try:
            charge(alice.user.pk, 1)
            passed.append(1)
        except OverRate:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 5
