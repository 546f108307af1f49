"""What can go wrong while mail is filed: no room, damage, poison, trouble with the database."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from accounts.models import Account
from jmap.core import sql
from jmap.core.writing import writing
from jmap.delivery import claims
from jmap.delivery.claims import claim
from jmap.delivery.filing import file_arrival
from jmap.delivery.letters import ANSWER_ATTEMPTS, READ_ATTEMPTS
from jmap.mail.arrivals import Target, accept
from jmap.mail.models import Arrival
from jmap.submission.models import Identity
from tests.fixtures.accounts import Person
from tests.fixtures.filing import arrive, deliver, filed, make_due, message, waiting
from tests.fixtures.mail import is_sound
from tests.fixtures.vacation import go_away, queue


def set_quota(person: Person, octets: int | None) -> None:
    Account.objects.filter(pk=person.account.pk).update(quota_bytes=octets)


def test_mail_for_a_full_account_waits_until_there_is_room(alice: Person) -> None:
    set_quota(alice, 10)
    id = deliver(alice)
    row = Arrival.objects.get(pk=id)
    assert not filed(alice) and row.error == "The account has no room left" and row.due_at > row.received_at
    set_quota(alice, None)
    make_due(alice)
    file_arrival(id)
    assert len(filed(alice)) == 1 and waiting(alice) == 0 and is_sound(alice.caller)


def test_what_still_fits_into_an_account_is_filed(alice: Person) -> None:
    set_quota(alice, 2_000)
    large, small = message("x" * 5_000), message("small", subject="small")
    ids = [arrive(alice, large), arrive(alice, small)]
    file_arrival(ids[0])
    assert [each["subject"] for each in filed(alice)] == ["small"] and waiting(alice) == 1 and is_sound(alice.caller)


def lose_blob(id: int) -> None:
    """Take the octets of an arrival away, as damage would."""
    sql.run("DELETE FROM core_blob b USING mail_arrival a WHERE a.id = %s AND b.sha256 = a.blob", id)


def test_one_that_can_not_be_read_does_not_hold_up_the_others(alice: Person) -> None:
    bad, good = arrive(alice), arrive(alice)
    lose_blob(bad)
    file_arrival(bad)
    row = Arrival.objects.get(pk=bad)
    assert len(filed(alice)) == 1 and row.error.startswith("KeyError in letters.py:")
    assert row.lease_until is None and row.due_at > row.received_at and not Arrival.objects.filter(pk=good).exists()


@contextmanager
def refused(person: Person, subject: str) -> Iterator[None]:
    """Messages of this subject can't be written into the tables of the account."""
    table, name = "mail_emailenvelope", f"refuse_{person.account.pk}"
    check = f"account_id <> {person.account.pk} OR subject_sort <> '{subject}'"
    sql.run(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({check}) NOT VALID")
    try:
        yield
    finally:
        sql.run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def test_one_that_fails_within_the_transaction_does_not_hold_up_the_others(alice: Person) -> None:
    ids = [arrive(alice, message(subject=subject)) for subject in ("a", "b", "c")]
    with refused(alice, "b"):
        file_arrival(ids[0])
    assert [each["subject"] for each in filed(alice)] == ["a", "c"] and waiting(alice) == 1
    assert Arrival.objects.get(pk=ids[1]).error.startswith("CheckViolation in ") and is_sound(alice.caller)


def test_what_failed_before_is_tried_alone_and_later_each_time(alice: Person) -> None:
    bad, good = arrive(alice, message(subject="b")), arrive(alice)
    waits = []
    with refused(alice, "b"):
        for attempt in range(3):
            make_due(alice)
            assert [arrival.id for arrival in claim(alice.account.pk)] == ([bad] if attempt else [bad, good])
            make_due(alice)
            file_arrival(bad)
            waits.append(sql.value("SELECT due_at - now() FROM mail_arrival WHERE id = %s", bad))
    assert waits == sorted(waits) and len(filed(alice)) == 1


def test_what_can_not_be_read_for_long_is_filed_unread(alice: Person) -> None:
    octets = message("Hello", subject="b")
    id = arrive(alice, octets)
    sql.run("UPDATE mail_arrival SET attempts = %s WHERE id = %s", READ_ATTEMPTS, id)
    file_arrival(id)
    (email,) = filed(alice)
    assert email["subject"] is None and email["from"] is None and email["size"] == len(octets)
    wanted = {"fetchAllBodyValues": True, "properties": ["bodyValues", "textBody"]}
    (got,) = alice.jmap.call("Email/get", ids=[email["id"]], **wanted)["list"]
    assert octets.decode().replace("\r\n", "\n") == got["bodyValues"]["1"]["value"]
    assert waiting(alice) == 0 and is_sound(alice.caller)


def test_trouble_with_the_database_is_not_held_against_a_message(alice: Person) -> None:
    id = arrive(alice)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with writing(alice.account.pk, "test"):
            held.set()
            done.wait(30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(30)
    with pytest.raises(sql.UNREACHABLE):
        file_arrival(id)
    done.set()
    holder.join()
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")
    row = Arrival.objects.get(pk=id)
    assert row.attempts == 0 and row.lease_until is None
    file_arrival(id)
    assert len(filed(alice)) == 1


def test_what_goes_beyond_a_limit_of_the_database_is_the_message_s_own_fault() -> None:
    assert not claims.is_passing(psycopg.errors.ProgramLimitExceeded())
    assert claims.is_passing(psycopg.errors.LockNotAvailable()) and claims.is_passing(psycopg.OperationalError())


def test_arrivals_are_taken_so_many_at_a_time_as_fit_into_memory(
    alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "OCTETS", 10_000)
    sizes = [4_000, 4_000, 4_000, 40_000, 10]
    for size in sizes:
        arrive(alice, message("x" * size))
    taken = []
    while claimed := claim(alice.account.pk):
        taken.append([arrival.size // 1000 for arrival in claimed])
    assert taken == [[4, 4], [4], [40], [0]]


def test_mail_for_an_account_that_is_gone_waits(alice: Person) -> None:
    (id,) = accept(message(), "sender@far.test", [Target(2**40, "gone@example.org")], {})
    file_arrival(id)
    assert Arrival.objects.get(pk=id).error.startswith("MethodError in ")
    sql.run("DELETE FROM mail_arrival WHERE id = %s", id)


def test_no_mail_is_in_the_log_or_the_row_of_what_failed(alice: Person, caplog: pytest.LogCaptureFixture) -> None:
    id = arrive(alice, message("secret words", subject="b"))
    with refused(alice, "b"):
        file_arrival(id)
    assert str(id) in caplog.text and "secret" not in caplog.text + Arrival.objects.get(pk=id).error


def test_an_answer_that_can_not_be_given_does_not_keep_a_message_from_being_filed_and_read(alice: Person) -> None:
    go_away(alice)
    broken = {"reply_to": [{"name": None, "email": "<not>an address"}]}
    Identity.objects.filter(account_id=alice.account.pk).update(**broken)
    id = deliver(alice, message(to=alice.email, subject="Tea"))
    for _ in range(ANSWER_ATTEMPTS):
        assert waiting(alice) == 1
        make_due(alice)
        file_arrival(id)
    assert [each["subject"] for each in filed(alice)] == ["Tea"] and not queue(alice)
