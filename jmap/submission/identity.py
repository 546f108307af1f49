"""The Identity data type (RFC 8621 §6)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from accounts.domains import BadAddress, normal_address
from accounts.recipients import may_send_as
from jmap.core import types
from jmap.core.context import Context
from jmap.core.datatype import DataType
from jmap.core.errors import BadValue, SetError
from jmap.core.properties import Property, Row, computed, text
from jmap.core.types import list_of, members, nullable
from jmap.core.writing import Image, Log
from jmap.submission import models
from jmap.submission.capability import SUBMISSION

Wire = dict[str, Any]
MAX_NAME = 1_000  # octets
MAX_SIGNATURE = 250_000  # octets; enough for a small picture
MAX_ADDRESSES = 100  # in replyTo and in bcc
MAX_IDENTITIES = 500  # in an account, besides those of its addresses

email_address = members({"name": nullable(types.string), "email": types.string}, ("email",))


def addresses(value: Any) -> list[Wire]:
    """EmailAddress[] (RFC 8621 §4.1.2.3)."""
    found = [{"name": None, **address} for address in list_of(email_address)(value)]
    if len(found) > MAX_ADDRESSES or any(len(part or "") > MAX_NAME for each in found for part in each.values()):
        raise BadValue(f"expected at most {MAX_ADDRESSES} addresses of at most {MAX_NAME} characters")
    return found


def sender(value: Any) -> str:
    """An address to send from; "*@example.org" stands for every address of the domain."""
    try:
        normal_address(types.string(value))
    except BadAddress as error:
        raise BadValue(str(error)) from None
    return str(value)


def may_delete(context: Context, account_id: int, rows: list[Row]) -> list[Any]:
    """mayDelete: not of an address of the account."""
    may_write = not context.caller.rights[account_id].read_only
    return [may_write and row["may_delete"] for row in rows]


class Identity(DataType):
    """Those of the account's addresses come and go with them (jmap.submission.provision); the user makes others."""

    name, capability, prefix, model = "Identity", SUBMISSION, "i", models.Identity
    properties: ClassVar[Mapping[str, Property]] = {
        "name": text(max_bytes=MAX_NAME, default=""),
        "email": Property(sender, immutable=True),
        "replyTo": Property(nullable(addresses), default=None),
        "bcc": Property(nullable(addresses), default=None),
        "textSignature": text(max_bytes=MAX_SIGNATURE, default=""),
        "htmlSignature": text(max_bytes=MAX_SIGNATURE, default=""),
        "mayDelete": computed(may_delete),
    }
    methods = ("get", "changes", "set")

    def create(self, context: Context, log: Log, wire: Wire, prepared: Any) -> int:
        if not may_send_as(log.account_id, wire["email"]):
            raise SetError("forbiddenFrom", f"This account may not send as {wire['email']}")
        if models.Identity.objects.filter(account_id=log.account_id, may_delete=True).count() >= MAX_IDENTITIES:
            raise SetError("overQuota", f"An account has {MAX_IDENTITIES} identities at most")
        return super().create(context, log, wire, prepared)

    def destroy(self, context: Context, log: Log, number: int, options: Wire) -> None:
        if not self.rows(log.account_id, [number])[0]["may_delete"]:
            raise SetError("forbidden", "The identity of an address stays as long as the address")
        super().destroy(context, log, number, options)

    def image(self, row: Mapping[str, Any]) -> Image:
        """Nothing: there is no Identity/query."""
        return {}
