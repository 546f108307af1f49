"""Delivery to accounts of this server."""

import pytest

from accounts.models import Account, User
from accounts.provision import add_address
from jmap.core import sql
from tests.fixtures.accounts import Person
from tests.submission.postoffice import PostOffice


def test_a_local_recipient_gets_the_message_without_smtp(office: PostOffice, bob: Person) -> None:
    office.put(bob.email)
    office.send()
    (received,) = office.arrived(bob.account)
    assert received.startswith(
        f"Return-Path: <{office.sender.email}>\r\nReceived: by home.test\r\n for <{bob.email}>;".encode()
    )
    assert received.endswith(b"\r\nHello\r\n")
    assert (office.row().state, office.row().reply) == ("delivered", "250 2.1.5 Delivered")
    assert office.sink.connections == 0


def test_several_local_recipients_are_not_told_of_each_other(office: PostOffice, bob: Person, make_user) -> None:  # type: ignore[no-untyped-def]
    carol = make_user()
    office.put(bob.email, carol.email)
    office.send()
    assert office.states() == ["delivered", "delivered"]
    for person, other in ((bob, carol), (carol, bob)):
        (received,) = office.arrived(person.account)
        assert other.email.encode() not in received


def test_aliases_and_details_lead_to_the_account(office: PostOffice, bob: Person) -> None:
    domain = bob.email.rpartition("@")[2]
    add_address(f"alias-{bob.account.pk}@{domain}", bob.email)
    office.put(f"alias-{bob.account.pk}+news@{domain}")
    office.send()
    rows = sql.rows("SELECT recipient FROM mail_arrival WHERE account_id = %s", bob.account.pk)
    assert rows == [(f"alias-{bob.account.pk}+news@{domain}",)]


@pytest.mark.parametrize("local", ["nobody-at-all", "x" * 65, '"quoted one"'])
def test_an_unknown_recipient_fails_with_a_report(office: PostOffice, local: str) -> None:
    office.put(f"{local}@example.org")
    office.send()
    assert office.row().state == "failed" and office.row().reply.startswith(("550 5.1.1", "553 5.1.3"))
    assert len(office.arrived()) == 1


def test_an_account_out_of_use_takes_nothing(office: PostOffice, bob: Person) -> None:
    User.objects.filter(pk=bob.user.pk).update(is_active=False)
    office.put(bob.email)
    office.send()
    assert office.row().reply.startswith("550 5.2.1")


def test_a_full_account_is_tried_again(office: PostOffice, bob: Person) -> None:
    Account.objects.filter(pk=bob.account.pk).update(quota_bytes=0)
    office.put(bob.email)
    office.send()
    assert (office.row().state, office.row().reply[:9]) == ("waiting", "452 4.2.2")
    Account.objects.filter(pk=bob.account.pk).update(quota_bytes=None)
    office.make_due()
    office.send()
    assert len(office.arrived(bob.account)) == 1


def test_local_and_remote_recipients_of_one_message(office: PostOffice, bob: Person) -> None:
    office.put(bob.email, "b@there.test")
    office.send()
    assert office.states() == ["delivered", "delivered"]
    assert len(office.arrived(bob.account)) == len(office.sink.letters) == 1
