"""The administration pages."""

import pytest
from django.test import Client

from accounts.domains import normal_domain
from accounts.models import Access, Account, Address, Domain, User
from accounts.provision import add_account, add_domain, add_user
from tests.fixtures.accounts import Person

PAGES = ["", "accounts/user/", "accounts/user/add/", "accounts/account/", "accounts/account/add/", "accounts/address/",
         "accounts/address/add/", "accounts/domain/", "accounts/domain/add/"]  # fmt: skip
NO_ACCESS = {"access_set-TOTAL_FORMS": "0", "access_set-INITIAL_FORMS": "0"}


@pytest.fixture
def admin(alice: Person) -> Client:
    User.objects.filter(pk=alice.user.pk).update(is_admin=True)
    browser = Client()
    browser.force_login(alice.user)
    return browser


@pytest.mark.parametrize("page", PAGES)
def test_an_administrator_sees_every_page(admin: Client, page: str) -> None:
    assert admin.get(f"/admin/{page}").status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_others_see_none(page: str, bob: Person) -> None:
    browser = Client()
    assert browser.get(f"/admin/{page}")["Location"].startswith(f"/admin/login/?next=/admin/{page}")
    browser.force_login(bob.user)
    assert browser.get(f"/admin/{page}", follow=True).status_code == 403


def test_logging_in_is_the_webmails_with_its_throttle(bob: Person) -> None:
    assert Client().get("/admin/login/?next=/admin/accounts/user/")["Location"] == "/login?next=/admin/accounts/user/"


def test_a_deactivated_administrator_is_out_at_once(admin: Client, alice: Person) -> None:
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    assert admin.get("/admin/").status_code == 302


def test_a_new_user_gets_account_address_and_mailboxes(admin: Client, email: str) -> None:
    admin.post("/admin/accounts/user/add/", {"email": email.upper(), "name": "Some One", "new_password": "long enough"})
    user = User.objects.get(email=email)
    assert user.check_password("long enough") and not user.is_admin
    assert Address.objects.get(email=email).account.owner == user


def test_what_exists_is_said_on_the_form(admin: Client, email: str) -> None:
    add_user(email)
    response = admin.post("/admin/accounts/user/add/", {"email": email})
    assert response.status_code == 200 and b"exists already" in response.content


def test_a_password_is_set_and_an_empty_field_keeps_it(admin: Client, bob: Person) -> None:
    page = f"/admin/accounts/user/{bob.user.pk}/change/"
    admin.post(page, {"name": "Bob", "is_active": "on", "new_password": "a new password"})
    admin.post(page, {"name": "Robert", "is_active": "on", "new_password": ""})
    user = User.objects.get(pk=bob.user.pk)
    assert user.name == "Robert" and user.check_password("a new password")


def test_nobody_takes_their_own_rights_away(admin: Client, alice: Person) -> None:
    admin.post(f"/admin/accounts/user/{alice.user.pk}/change/", {"name": "Alice"})
    user = User.objects.get(pk=alice.user.pk)
    assert (user.name, user.is_active, user.is_admin) == ("Alice", True, True)


def test_changing_a_quota_leaves_the_write_doors_columns_alone(admin: Client, bob: Person) -> None:
    page = f"/admin/accounts/account/{bob.account.pk}/change/"
    modseq = Account.objects.get(pk=bob.account.pk).modseq
    admin.post(page, {"name": bob.email, "quota_bytes": "1000", **NO_ACCESS})
    account = Account.objects.get(pk=bob.account.pk)
    assert (account.quota_bytes, account.modseq) == (1000, modseq)


def test_a_shared_account_is_granted_and_taken_away(admin: Client, email: str, bob: Person) -> None:
    admin.post("/admin/accounts/account/add/", {"name": email})
    account = Account.objects.get(name=email)
    page = f"/admin/accounts/account/{account.pk}/change/"
    one = {**NO_ACCESS, "access_set-TOTAL_FORMS": "1", "name": email, "access_set-0-account": str(account.pk),
           "access_set-0-user": str(bob.user.pk), "access_set-0-read_only": "on"}  # fmt: skip
    admin.post(page, one)
    access = Access.objects.get(account=account)
    assert (access.user, access.read_only) == (bob.user, True)
    admin.post(page, one | {"access_set-INITIAL_FORMS": "1", "access_set-0-id": str(access.pk),
                            "access_set-0-DELETE": "on"})  # fmt: skip
    assert not Access.objects.filter(account=account).exists()


def test_an_owner_cannot_be_limited(admin: Client, bob: Person) -> None:
    access = Access.objects.get(account=bob.account)
    data = {"access_set-TOTAL_FORMS": "1", "access_set-INITIAL_FORMS": "1", "access_set-0-id": str(access.pk),
            "access_set-0-account": str(bob.account.pk), "access_set-0-user": str(bob.user.pk),
            "access_set-0-read_only": "on", "name": bob.email}  # fmt: skip
    page = admin.post(f"/admin/accounts/account/{bob.account.pk}/change/", data, follow=True)
    assert b"owns that account" in page.content
    assert not Access.objects.get(pk=access.pk).read_only


def test_an_alias_comes_and_goes_but_not_the_last_address(admin: Client, domain: str) -> None:
    account = add_account(f"info@{domain}")
    admin.post("/admin/accounts/address/add/", {"email": f"sales@{domain}", "account": account.pk})
    own, alias = Address.objects.get(email=f"info@{domain}"), Address.objects.get(email=f"sales@{domain}")
    admin.post(f"/admin/accounts/address/{alias.pk}/delete/", {"post": "yes"})
    page = admin.post(f"/admin/accounts/address/{own.pk}/delete/", {"post": "yes"}, follow=True)
    assert b"only address" in page.content
    assert Address.objects.filter(account=account).get() == own


def test_an_address_of_a_strange_domain_is_refused(admin: Client, bob: Person) -> None:
    data = {"email": "a@elsewhere.example", "account": bob.account.pk}
    assert b"not served here" in admin.post("/admin/accounts/address/add/", data).content


def test_a_domain_is_added_in_its_stored_spelling(admin: Client, domain: str) -> None:
    admin.post("/admin/accounts/domain/add/", {"name": f"Bü{domain}"})
    assert Domain.objects.filter(name=normal_domain(f"bü{domain}")).exists()


def test_a_domain_with_addresses_stays(admin: Client, email: str) -> None:
    add_user(email)
    domain = Domain.objects.get(name=email.rpartition("@")[2])
    admin.post(f"/admin/accounts/domain/{domain.pk}/delete/", {"post": "yes"})
    assert Domain.objects.filter(pk=domain.pk).exists()
    unused = add_domain(f"sub.{domain.name}")
    admin.post(f"/admin/accounts/domain/{unused.pk}/delete/", {"post": "yes"})
    assert not Domain.objects.filter(pk=unused.pk).exists()
