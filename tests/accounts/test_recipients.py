from collections.abc import Callable

import pytest

from accounts.models import Account, Address, User
from accounts.provision import add_account, add_address, add_domain, add_user
from accounts.recipients import Recipient, find_postmaster, find_recipient, may_send_as
from tests.fixtures.accounts import Person


def found(address: str) -> Recipient:
    recipient = find_recipient(address)
    assert recipient is not None
    return recipient


@pytest.fixture
def domain(alice: Person) -> str:
    """A domain of its own, all of whose addresses are Alice's."""
    name = f"d{alice.account.pk}.example"
    add_domain(name)
    add_address(f"@{name}", alice.email)
    return name


def test_a_detail_leads_to_the_address_before_it(alice: Person) -> None:
    local, _, domain = alice.email.partition("@")
    recipient = found(f"{local}+Work@{domain}")
    assert (recipient.account_id, recipient.detail) == (alice.account.pk, "work")


def test_a_catch_all_takes_what_nobody_else_has(alice: Person, bob: Person, domain: str) -> None:
    add_address(f"bob@{domain}", bob.email)
    assert found(f"bob@{domain}").account_id == bob.account.pk
    assert found(f"bob+x@{domain}").account_id == bob.account.pk
    anyone = found(f"anyone+x@{domain}")
    assert (anyone.account_id, anyone.detail) == (alice.account.pk, "")


def test_an_unknown_address_leads_nowhere(alice: Person) -> None:
    assert find_recipient("nobody@example.org") is None
    assert find_recipient("nobody@elsewhere.example") is None


def test_who_is_deactivated_or_full_says_so(alice: Person) -> None:
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    Account.objects.filter(pk=alice.account.pk).update(quota_bytes=10, used_bytes=7)
    recipient = found(alice.email)
    assert (recipient.is_active, recipient.room, recipient.has_room) == (False, 3, True)


def test_a_shared_account_is_active(alice: Person) -> None:
    shared = add_account(f"shared{alice.account.pk}@example.org")
    assert found(shared.name).is_active


def test_an_administrator_is_the_postmaster_until_somebody_else_is(make_user: Callable[[], Person]) -> None:
    add_user(f"admin{make_user().account.pk}@example.org", admin=True)
    administrator = Account.objects.filter(owner__is_admin=True, owner__is_active=True).earliest("owner_id").pk
    assert found("postmaster@example.org").account_id == administrator
    assert find_recipient("postmaster@elsewhere.example") is None
    chosen = find_postmaster()
    assert chosen is not None and chosen.account_id == administrator
    domain = add_domain(f"p{administrator}.example")
    address = Address.objects.create(email=f"postmaster@{domain.name}", domain=domain, account=make_user().account)
    chosen = find_postmaster()
    assert chosen is not None and chosen.account_id == address.account_id


def test_mail_may_be_sent_from_what_delivers_here(alice: Person, bob: Person, domain: str) -> None:
    assert may_send_as(alice.account.pk, f"anyone@{domain}")
    assert not may_send_as(bob.account.pk, f"anyone@{domain}")
    assert not may_send_as(alice.account.pk, "no address")
