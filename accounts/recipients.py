"""Where mail to an address goes: alias, subaddress, catch-all (RFC 5321 §3.6, RFC 5233)."""

from dataclasses import dataclass

from accounts.domains import BadAddress, normal_address
from accounts.models import Address, Domain


@dataclass(frozen=True, slots=True)
class Recipient:
    """An account that takes mail for an address. `detail` is what stood after "+" ("" without)."""

    account_id: int
    address: str
    detail: str
    is_active: bool
    has_room: bool


def is_local(domain: str) -> bool:
    """Whether mail for this domain (in its stored spelling) is delivered here."""
    return Domain.objects.filter(name=domain).exists()


def find_recipient(address: str) -> Recipient | None:
    """The account for an address of a local domain: the address itself, without its +detail, else the catch-all
    "@domain". None where nobody takes it. Raises BadAddress."""
    local, _, domain = normal_address(address).rpartition("@")
    name, plus, detail = local.partition("+")
    spellings = [f"{local}@{domain}", *([f"{name}@{domain}"] if plus else []), f"@{domain}"]
    rows = {row.email: row for row in Address.objects.select_related("account__owner").filter(email__in=spellings)}
    found = next((rows[spelling] for spelling in spellings if spelling in rows), None)
    if found is None:
        return None
    account = found.account
    return Recipient(
        account.pk,
        f"{local}@{domain}",
        detail if found.email == f"{name}@{domain}" else "",
        account.owner is None or account.owner.is_active,
        account.quota_bytes is None or account.used_bytes < account.quota_bytes,
    )


def may_send_as(account_id: int, address: str) -> bool:
    """Whether mail from this account may name this address as its sender: one that delivers into it."""
    try:
        found = find_recipient(address)
    except BadAddress:
        return False
    return found is not None and found.account_id == account_id
