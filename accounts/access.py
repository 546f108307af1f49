"""Who is calling, and what they may do on which account."""

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.models import Access
from accounts.standing import Standing


@dataclass(frozen=True, slots=True)
class Right:
    """One user's access to one account."""

    account_id: int
    name: str
    is_personal: bool
    read_only: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated user with the accounts they see. `credential` names what they logged in with ("app:12",
    "password", "session") and is recorded with each change they make; `proof` is as in Standing."""

    user_id: int
    login: str
    credential: str
    rights: Mapping[int, Right]
    proof: str = ""

    @property
    def standing(self) -> Standing:
        return Standing(self.user_id, self.credential, self.proof)


def rights_of(user_id: int) -> dict[int, Right]:
    """The accounts a user sees, the personal one first; account id -> right."""
    rows = Access.objects.filter(user_id=user_id).values_list(
        "account_id", "account__name", "account__owner_id", "read_only"
    )
    rights = [Right(account, name, owner == user_id, read_only) for account, name, owner, read_only in rows]
    return {right.account_id: right for right in sorted(rights, key=lambda r: (not r.is_personal, r.account_id))}
