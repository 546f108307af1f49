"""Where mail to an address goes: alias, subaddress, catch-all (RFC 5321 §3.6, RFC 5233)."""

from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.domains import BadAddress, normal_address
from accounts.models import Address, Domain

POSTMASTER = "postmaster"


@dataclass(frozen=True, slots=True)
class Recipient:
    """An account that takes mail for an address. `detail` is what stood after "+" ("" without); `room` the octets that
    still fit, None for any number."""

    account_id: int
    address: str
    detail: str
    is_active: bool
    room: int | None

    @property
    def has_room(self) -> bool:
        return self.room is None or self.room > 0


def is_local(domain: str) -> bool:
    """Whether mail for this domain (in its stored spelling) is delivered here."""
    return Domain.objects.filter(name=domain).exists()


def find_recipient(address: str) -> Recipient | None:
    """The account for an address of a local domain: the address itself, without its +detail, else the catch-all
    "@domain"; mail to a postmaster nobody has set up goes to an administrator (RFC 5321 §4.5.1). None where nobody
    takes it. Raises BadAddress."""
    local, _, domain = normal_address(address).rpartition("@")
    name, plus, detail = local.partition("+")
    spellings = [f"{local}@{domain}", *([f"{name}@{domain}"] if plus else []), f"@{domain}"]
    rows = {row[0]: row for row in account_rows().filter(email__in=spellings)}
    found = next((rows[spelling] for spelling in spellings if spelling in rows), None)
    if found is None and name == POSTMASTER and is_local(domain):
        found = administrator_row()
    if found is None:
        return None
    return recipient(found, f"{local}@{domain}", detail if found[0] == f"{name}@{domain}" else "")


def find_postmaster() -> Recipient | None:
    """Who gets mail for "postmaster" without a domain (RFC 5321 §4.1.1.3)."""
    found = account_rows().filter(email__startswith=f"{POSTMASTER}@").order_by("pk").first() or administrator_row()
    return recipient(found, found[0], "") if found else None


# (address, account, owner, whether the owner is active, quota, octets used)
Row = tuple[str, int, int | None, bool | None, int | None, int]


def account_rows() -> QuerySet[Address, Row]:
    return Address.objects.values_list(
        "email",
        "account_id",
        "account__owner_id",
        "account__owner__is_active",
        "account__quota_bytes",
        "account__used_bytes",
    )


def administrator_row() -> Row | None:
    """Of the one who has been here longest."""
    administrators = account_rows().filter(account__owner__is_admin=True, account__owner__is_active=True)
    return administrators.order_by("account__owner_id", "pk").first()


def recipient(row: Row, address: str, detail: str) -> Recipient:
    _, account_id, owner, is_active, quota, used = row
    room = None if quota is None else quota - used
    return Recipient(account_id, address, detail, owner is None or bool(is_active), room)


def may_send_as(account_id: int, address: str) -> bool:
    """Whether mail from this account may name this address as its sender: one that delivers into it."""
    try:
        found = find_recipient(address)
    except BadAddress:
        return False
    return found is not None and found.account_id == account_id
