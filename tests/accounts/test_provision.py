"""Making users, accounts and grants."""

import pytest

from accounts.access import rights_of
from accounts.models import Access, Account, Address, AppPassword, Domain, User
from accounts.provision import (
    ProvisionError,
    add_account,
    add_address,
    add_domain,
    add_user,
    app_password,
    find_account,
    grant,
    revoke,
)


def test_a_user_gets_an_account_with_its_address_in_a_domain_made_for_it(domain: str, email: str) -> None:
    user = add_user(email.upper(), "Someone", "secret")
    account = Account.objects.get(owner=user)
    assert user.email == email and user.check_password("secret")
    assert Address.objects.get(email=email).account == account
    assert Access.objects.filter(user=user, account=account, read_only=False).exists()
    assert Domain.objects.filter(name=domain).exists()


def test_a_user_without_password_cannot_log_in(email: str) -> None:
    assert not add_user(email).has_usable_password()


def test_nothing_is_left_of_a_user_that_could_not_be_made(domain: str, email: str) -> None:
    add_account(email)
    with pytest.raises(ProvisionError, match="exists already"):
        add_user(email)
    assert not User.objects.filter(email=email).exists()


def test_a_domain_is_added_once(domain: str) -> None:
    add_domain(domain)
    with pytest.raises(ProvisionError, match="exists already"):
        add_domain(domain.upper())


def test_an_alias_needs_a_domain_that_is_served_here(email: str) -> None:
    add_user(email)
    with pytest.raises(ProvisionError, match="not served here"):
        add_address(f"x@other-{email.partition('@')[2]}", email)


def test_an_alias_leads_to_the_account_and_is_nobody_elses(domain: str, email: str) -> None:
    add_user(email)
    add_address(f"Alias@{domain}", email)
    assert find_account(f"alias@{domain}") == find_account(email)
    with pytest.raises(ProvisionError, match="exists already"):
        add_user(f"alias@{domain}")


def test_a_grant_can_be_changed_and_revoked(domain: str, email: str) -> None:
    user, shared = add_user(email), add_account(f"team@{domain}")
    grant(f"team@{domain}", email, read_only=True)
    assert rights_of(user.pk)[shared.pk].read_only
    grant(f"team@{domain}", email)
    assert not rights_of(user.pk)[shared.pk].read_only
    revoke(f"team@{domain}", email)
    assert shared.pk not in rights_of(user.pk)


def test_an_owner_keeps_the_whole_of_their_account(email: str) -> None:
    add_user(email)
    for limit in (lambda: revoke(email, email), lambda: grant(email, email, read_only=True)):
        with pytest.raises(ProvisionError, match="owns"):
            limit()


def test_a_grant_names_what_is_missing(email: str) -> None:
    with pytest.raises(ProvisionError, match="no account"):
        grant(email, email)


def test_only_a_hash_of_an_app_password_is_kept(email: str) -> None:
    user = add_user(email)
    password = app_password(user, "phone")
    row = AppPassword.objects.get(user=user)
    assert password.encode() not in bytes(row.digest) and len(password.replace("-", "")) == 25
