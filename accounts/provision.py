"""Making domains, users, accounts, addresses and grants: what the commands and the administration pages call."""

from typing import TypeVar

from django.db import IntegrityError, transaction
from django.dispatch import Signal

from accounts.app_passwords import new_app_password
from accounts.domains import BadAddress, normal_address, normal_domain, normal_recipient
from accounts.models import Access, Account, Address, Domain, User

# Sent inside the transaction that makes an account, with `account_id`: who keeps data in accounts lays the ground here.
account_made = Signal()
# Sent inside the transaction that gives an account an address (the first one, too) or takes one away, with `account_id`
# and `domain`, whose catch-all account loses or gains that address in turn.
addresses_changed = Signal()
# Sent inside the transaction that changes who may use an account, with `account_id` and `user_id`.
access_changed = Signal()

Row = TypeVar("Row", User, Address)


class ProvisionError(Exception):
    """It can't be made; the message says why, in words for the administrator."""


def add_domain(name: str) -> Domain:
    """A mail domain served here. Raises ProvisionError for one that exists or is no domain name."""
    domain, made = find_or_add_domain(checked_domain(name))
    if not made:
        raise ProvisionError(f"The domain {domain.name} exists already")
    return domain


@transaction.atomic
def add_user(email: str, name: str = "", password: str | None = None, admin: bool = False) -> User:
    """A person with a personal account and its address; the domain is made where it is missing.

    Without a password nobody can log in until one is set. Raises ProvisionError."""
    email = checked_address(email)
    refuse_taken(email)
    user = User(email=email, name=name, is_admin=admin)
    user.set_password(password)
    insert(user, email)
    account = Account.objects.create(name=email, owner=user)
    Access.objects.create(account=account, user=user)
    announce(account, email)
    return user


@transaction.atomic
def add_account(email: str) -> Account:
    """A shared account with its address, which nobody may use until it is granted. Raises ProvisionError."""
    email = checked_address(email)
    refuse_taken(email)
    account = Account.objects.create(name=email)
    announce(account, email)
    return account


def add_address(address: str, account_email: str) -> Address:
    """A further address of an account in a domain served here, or with "@example.org" all those that nobody else has.
    Raises ProvisionError."""
    return add_account_address(address, find_account(account_email))


@transaction.atomic
def add_account_address(address: str, account: Account) -> Address:
    """The same, of an account at hand."""
    address = checked_recipient(address)
    name = address.rpartition("@")[2]
    domain = Domain.objects.filter(name=name).first()
    if domain is None:
        raise ProvisionError(f"The domain {name} is not served here; add it first")
    refuse_taken(address)
    added = insert(Address(email=address, domain=domain, account=account), address)
    addresses_changed.send(Address, account_id=account.pk, domain=domain)
    return added


@transaction.atomic
def remove_address(address: Address) -> None:
    """Take an alias away. Raises ProvisionError for the last address of an account."""
    others = Address.objects.select_for_update().filter(account=address.account).exclude(pk=address.pk)
    if not others:
        raise ProvisionError(f"{address.email} is the only address of {address.account.name}")
    address.delete()
    addresses_changed.send(Address, account_id=address.account_id, domain=address.domain)


def grant(account_email: str, user_email: str, read_only: bool = False) -> Access:
    """Let a user use an account, or change what they may do there; in effect within accounts.auth.TRUSTED_FOR
    seconds. Raises ProvisionError."""
    return set_access(find_account(account_email), find_user(user_email), read_only)


@transaction.atomic
def set_access(account: Account, user: User, read_only: bool) -> Access:
    """The same, of an account and a user at hand."""
    if account.owner_id == user.pk and read_only:
        raise ProvisionError(f"{user.email} owns that account and can't be limited to reading it")
    access, _ = Access.objects.update_or_create(account=account, user=user, defaults={"read_only": read_only})
    access_changed.send(Access, account_id=account.pk, user_id=user.pk)
    return access


def revoke(account_email: str, user_email: str) -> None:
    """Take a user's access away; in effect as with grant. Raises ProvisionError."""
    remove_access(find_account(account_email), find_user(user_email))


@transaction.atomic
def remove_access(account: Account, user: User) -> None:
    """The same, of an account and a user at hand."""
    if account.owner_id == user.pk:
        raise ProvisionError(f"{user.email} owns that account")
    gone, _ = Access.objects.filter(account=account, user=user).delete()
    if not gone:
        raise ProvisionError(f"{user.email} has no access to {account.name}")
    access_changed.send(Access, account_id=account.pk, user_id=user.pk)


def app_password(user: User, name: str) -> str:
    """A new app password; only its keyed hash is kept, so it can't be shown again."""
    return new_app_password(user, name)


def find_user(email: str) -> User:
    """Raises ProvisionError when there is none."""
    user = User.objects.filter(email=checked_address(email)).first()
    if user is None:
        raise ProvisionError(f"There is no user {email}")
    return user


def find_account(email: str) -> Account:
    """The account that an address delivers into. Raises ProvisionError when there is none."""
    address = Address.objects.select_related("account").filter(email=checked_address(email)).first()
    if address is None:
        raise ProvisionError(f"There is no account {email}")
    return address.account


def announce(account: Account, email: str) -> None:
    """Give a new account its address and let the data types prepare it."""
    domain, _ = find_or_add_domain(email.rpartition("@")[2])
    insert(Address(email=email, domain=domain, account=account), email)
    account_made.send(Account, account_id=account.pk)
    addresses_changed.send(Address, account_id=account.pk, domain=domain)


def find_or_add_domain(name: str) -> tuple[Domain, bool]:
    return Domain.objects.get_or_create(name=name)


def refuse_taken(email: str) -> None:
    if Address.objects.filter(email=email).exists() or User.objects.filter(email=email).exists():
        raise ProvisionError(f"{email} exists already")


def insert(row: Row, email: str) -> Row:
    """Save; two processes may race past refuse_taken."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise ProvisionError(f"{email} exists already") from None
    return row


def checked_address(text: str) -> str:
    try:
        return normal_address(text)
    except BadAddress as error:
        raise ProvisionError(str(error)) from None


def checked_recipient(text: str) -> str:
    try:
        return normal_recipient(text)
    except BadAddress as error:
        raise ProvisionError(str(error)) from None


def checked_domain(text: str) -> str:
    try:
        return normal_domain(text)
    except BadAddress as error:
        raise ProvisionError(str(error)) from None
