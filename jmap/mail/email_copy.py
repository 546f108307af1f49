"""Email/copy (RFC 8621 §4.7): the same message in another account, read again there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jmap.core import blobs, sql
from jmap.core.context import Context
from jmap.core.errors import InvalidProperties, SetError
from jmap.core.objects import check_value, refuse
from jmap.core.writing import Log
from jmap.mail.email_create import PROPERTIES, Prepared, file_message
from jmap.mail.email_get import utc_date
from jmap.mail.envelope import read_envelope
from jmap.mail.keywords import unpack

Wire = dict[str, Any]
SETTABLE = ("mailboxIds", "keywords", "receivedAt")


def read_originals(account_id: int, numbers: Sequence[int]) -> dict[int, Any]:
    """The octets and metadata of each original, by number."""
    found = sql.rows(
        "SELECT id, blob, flags, keywords, received_at FROM mail_email WHERE account_id = %s AND id = ANY(%s)",
        account_id, list(numbers),
    )  # fmt: skip
    return {
        id: {"blob": (account_id, blob), "keywords": unpack(flags, others), "receivedAt": utc_date(received_at)}
        for id, blob, flags, others, received_at in found
    }


def prepare_copy(context: Context, account_id: int, original: Wire) -> Wire:
    """Read the message for the account it goes to, and store it there. Raises SetError notFound where the original was
    destroyed and swept away since it was looked up: no lock holds it."""
    located = blobs.open_blob(*original["blob"])
    if located is None:
        raise SetError("notFound", "The original is gone")
    raw = located.octets()
    return original | {"prepared": Prepared(context.stow(read_envelope(account_id, raw)), blobs.keep(account_id, raw))}


def create_copy(context: Context, log: Log, original: Wire, overrides: Wire) -> int:
    """File the copy; returns its number. Raises SetError."""
    wire = checked_overrides(overrides)
    wire = {"keywords": original["keywords"], **wire}
    mailboxes = {context.resolve_id(id): True for id in wire["mailboxIds"]}
    received_at = datetime.fromisoformat(wire.get("receivedAt") or original["receivedAt"])
    return file_message(log, original["prepared"], mailboxes, wire["keywords"], received_at)


def checked_overrides(overrides: Wire) -> Wire:
    """Only mailboxIds, keywords and receivedAt may be given; mailboxIds must: ids differ between accounts."""
    if "mailboxIds" not in overrides:
        raise InvalidProperties(["mailboxIds"], "name the mailboxes of the account to copy to")
    wrong = {name: "can't be set by a copy" for name in overrides if name not in SETTABLE}
    checked = {
        name: check_value(name, PROPERTIES[name], value, wrong) for name, value in overrides.items() if name in SETTABLE
    }
    refuse(wrong)
    return checked
