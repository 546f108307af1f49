"""The identities of an account's addresses, kept in step with them."""

from typing import Any

from accounts.models import Account, Address, Domain
from accounts.recipients import may_send_as
from jmap.core.writing import Log, writing
from jmap.submission.models import Identity


def follow_addresses(*, account_id: int, domain: Domain, **kwargs: Any) -> None:
    """An address that one account gains is no longer that of the account which takes all else of the domain."""
    others = Address.objects.filter(email=f"@{domain.name}").values_list("account_id", flat=True)
    for each in sorted({account_id, *others}):
        keep_identities_in_step(each)


def keep_identities_in_step(account_id: int) -> None:
    """An identity for every address, and none that the account may not send from any more."""
    with writing(account_id, "provision") as log:
        wanted = sender_addresses(account_id)
        for identity in Identity.objects.filter(account_id=account_id):
            stays = may_send_as(account_id, identity.email) if identity.may_delete else identity.email in wanted
            if not stays:
                Identity.objects.filter(account_id=account_id, id=identity.id).delete()
                log.destroyed("Identity", identity.id, {})
        known = set(Identity.objects.filter(account_id=account_id, may_delete=False).values_list("email", flat=True))
        for email in wanted:
            if email not in known:
                add_identity(log, email)


def sender_addresses(account_id: int) -> list[str]:
    """The addresses of an account, a catch-all "@example.org" as "*@example.org" (RFC 8621 §6)."""
    found = Address.objects.filter(account_id=account_id).order_by("id").values_list("email", flat=True)
    return [f"*{email}" if email.startswith("@") else email for email in found]


def add_identity(log: Log, email: str) -> None:
    """With the name of the user whose account it is; a shared account's has none."""
    owner = Account.objects.select_related("owner").get(pk=log.account_id).owner
    number, name = log.new_id(), owner.name if owner else ""
    Identity.objects.create(account_id=log.account_id, id=number, name=name, email=email, may_delete=False)
    log.created("Identity", number)


def note_access_change(*, account_id: int, **kwargs: Any) -> None:
    """Who may only read shows in each Identity's mayDelete."""
    with writing(account_id, "access") as log:
        for id in Identity.objects.filter(account_id=account_id).values_list("id", flat=True):
            log.updated("Identity", id, {})
