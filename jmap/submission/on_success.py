"""onSuccessUpdateEmail and onSuccessDestroyEmail (RFC 8621 §7.5): the implicit Email/set. It is part of the same
transaction, so that no message is on its way and still lies among the drafts."""

from collections.abc import Mapping
from typing import Any

from jmap.core import ids, sql, types
from jmap.core.arguments import Table
from jmap.core.context import Context
from jmap.core.datatype import registered
from jmap.core.set import Outcome, Part
from jmap.core.writing import Log

Wire = dict[str, Any]
ARGUMENTS: Table = {
    "onSuccessUpdateEmail": (types.nullable(types.map_of(types.any_identifier, types.anything)), None),
    "onSuccessDestroyEmail": (types.nullable(types.list_of(types.any_identifier)), None),
}


def change_emails(context: Context, log: Log, arguments: Wire, outcome: Outcome) -> list[Part]:
    """What the two arguments ask for, of the submissions that succeeded; nothing where none did."""
    emails = emails_of(context, log, arguments["create"] or {}, outcome)
    update = patches(context, arguments["onSuccessUpdateEmail"] or {}, emails)
    asked = map(context.resolve_id, arguments["onSuccessDestroyEmail"] or ())
    destroy = list(dict.fromkeys(emails[id] for id in asked if id in emails))
    if not update and not destroy:
        return []
    part, kind = Part("Email", log.state("Email"), Outcome()), registered["Email"]
    kind.update_all(context, log, update, {}, part.outcome)
    kind.destroy_all(context, log, destroy, {}, part.outcome)
    return [part]


def patches(context: Context, asked: Mapping[str, Any], emails: Mapping[str, str]) -> Wire:
    """By email; the patches of two submissions of one email are applied together."""
    found: Wire = {}
    for key, patch in asked.items():
        email = emails.get(context.resolve_id(key))
        if email is None:
            continue
        before = found.get(email)
        found[email] = {**before, **patch} if isinstance(before, dict) and isinstance(patch, dict) else patch
    return found


def emails_of(context: Context, log: Log, create: Mapping[str, Wire], outcome: Outcome) -> dict[str, str]:
    """Submission -> the id of its email, of every submission that was created, updated or destroyed."""
    numbers = list(ids.numbers("s", outcome.updated))
    rows = sql.rows(
        "SELECT id, email_id FROM submission_emailsubmission WHERE account_id = %s AND id = ANY(%s)",
        log.account_id, numbers,
    )  # fmt: skip
    found = {f"s{id}": f"e{email_id}" for id, email_id in rows}
    for number, wire in ids.numbers("s", outcome.destroyed).items():
        _, image = log.noted("EmailSubmission", number) or ("", None)
        if image:  # there is none of what this very call created
            found[wire] = f"e{image['email_id']}"
    for creation_id, created in outcome.created.items():
        found[created["id"]] = context.resolve_id(create[creation_id]["emailId"])
    return found
