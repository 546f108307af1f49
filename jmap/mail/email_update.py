"""Changing and destroying emails with Email/set (RFC 8621 §4.6), any number in a handful of statements."""

from collections.abc import Iterable, Mapping
from operator import eq
from typing import Any

import orjson

from jmap.core import ids
from jmap.core.context import Context
from jmap.core.errors import BadValue, InvalidProperties, SetError
from jmap.core.patch import apply_patch, parse_pointer
from jmap.core.properties import Property
from jmap.core.set import Outcome
from jmap.core.types import anything
from jmap.core.writing import Log
from jmap.mail import email_get
from jmap.mail.batch import Batch
from jmap.mail.email_body import BODY_NAMES, BODY_PROPERTIES
from jmap.mail.email_create import mailbox_numbers
from jmap.mail.ingest import check_keywords, check_mailboxes
from jmap.mail.junk import note_moves
from jmap.mail.keywords import keyword_set, pack, unpack

Wire = dict[str, Any]
MUTABLE = {"keywords": Property(anything, {}), "mailboxIds": Property(anything, {})}
# All that a client may have fetched of the body.
OPTIONS: Wire = {
    "bodyProperties": sorted(BODY_PROPERTIES),
    "fetchTextBodyValues": False,
    "fetchHTMLBodyValues": False,
    "fetchAllBodyValues": True,
    "maxBodyValueBytes": 0,
}


def load(log: Log, wires: Iterable[str]) -> tuple[Batch, dict[str, int]]:
    """A batch with these emails, and the number of each wire id that exists."""
    batch = Batch(log)
    numbers = {wire: number for number, wire in ids.numbers("e", wires).items()}
    existing = batch.load(numbers.values())
    return batch, {wire: number for wire, number in numbers.items() if number in existing}


def update_all(context: Context, log: Log, update: Mapping[str, Any], outcome: Outcome) -> None:
    """Each patch is checked whole before anything of it is applied, so none is half done."""
    if not update:
        return
    batch, numbers = load(log, update)
    checked: set[frozenset[int]] = set()
    for wire_id, patch in update.items():
        try:
            if wire_id not in numbers:
                raise SetError("notFound")
            update_one(context, batch, numbers[wire_id], patch, checked)
            outcome.updated[wire_id] = None
        except SetError as error:
            outcome.not_updated[wire_id] = error.wire
    note_moves(batch, numbers.values())
    batch.flush()


def update_one(context: Context, batch: Batch, number: int, patch: Any, checked: set[frozenset[int]]) -> None:
    """Apply one patch to the batch; `checked` remembers the sets of mailboxes found to exist."""
    entry = batch.entries[number]
    old = {
        "keywords": unpack(entry.flags, entry.keywords),
        "mailboxIds": {f"m{id}": True for id in sorted(entry.mailbox_ids)},
    }
    changes, others = divide(patch)
    refuse_changes(batch.log.account_id, number, others)
    new = apply_patch(old, folded(changes), MUTABLE)
    keywords, mailboxes = checked_properties(context, new)
    if mailboxes != entry.mailbox_ids and frozenset(mailboxes) not in checked:
        check_mailboxes(batch.log, mailboxes)
        checked.add(frozenset(mailboxes))
    check_keywords(keywords)
    batch.set_keywords(number, *pack(keywords))
    batch.move(number, mailboxes)


def divide(patch: Any) -> tuple[Any, Wire]:
    """The patches of what can change, and the values given for other properties, by name. Raises SetError invalidPatch
    for one that leads into another property."""
    if not isinstance(patch, dict):
        return patch, {}
    changes, others = {}, {}
    for path, value in patch.items():
        name, *inside = parse_pointer(path)
        if name in MUTABLE:
            changes[path] = value
        elif inside:
            raise SetError("invalidPatch", f"nothing inside {name} can be set")
        else:
            others[name] = value
    return changes, others


def folded(changes: Any) -> Any:
    """Keywords are case-insensitive (RFC 8621 §4.1.1): a patch of one is brought to lower case. Raises SetError
    invalidPatch where two patches are of one keyword (RFC 8620 §5.3)."""
    if not isinstance(changes, dict):
        return changes
    lower = {path.lower() if path.startswith("keywords/") else path: value for path, value in changes.items()}
    if len(lower) != len(changes):
        raise SetError("invalidPatch", "two patches set the same keyword")
    return lower


def refuse_changes(account_id: int, number: int, others: Wire) -> None:
    """What can't change may only be sent as it is (RFC 8620 §5.3)."""
    if not others:
        return
    wrong = []
    for name in others:
        try:
            email_get.check_name(name)
        except BadValue:
            wrong.append(name)
    names = [name for name in others if name not in wrong]
    present = orjson.loads(email_get.fetch(account_id, [number], names, OPTIONS)[number].octets)
    for name in names:
        same = is_view if name in BODY_NAMES else eq
        wrong += [] if same(present[name], others[name]) else [name]
    if wrong:
        raise InvalidProperties(wrong, "can't be changed")


def is_view(whole: Any, given: Any) -> bool:
    """Whether a client may have fetched this of the whole: parts with some of their properties, values cut off."""
    if isinstance(whole, dict) and isinstance(given, dict):
        if given.get("isTruncated") is True and isinstance(given.get("value"), str):
            return bool(whole.get("value", "").startswith(given["value"]))
        return all(name in whole and is_view(whole[name], item) for name, item in given.items())
    if isinstance(whole, list) and isinstance(given, list):
        return len(whole) == len(given) and all(map(is_view, whole, given))
    return bool(whole == given)


def checked_properties(context: Context, new: Wire) -> tuple[Wire, set[int]]:
    """Keywords and mailboxes after the patch; raises InvalidProperties."""
    try:
        keywords = keyword_set(new["keywords"])
    except BadValue as error:
        raise InvalidProperties(["keywords"], str(error)) from None
    mailboxes = new["mailboxIds"]
    if not isinstance(mailboxes, dict) or any(value is not True for value in mailboxes.values()):
        raise InvalidProperties(["mailboxIds"], "expected a map of ids to true")
    numbers = mailbox_numbers({context.resolve_id(id): True for id in mailboxes})
    if not numbers:
        raise InvalidProperties(["mailboxIds"], "an Email is in one mailbox at least")
    return keywords, numbers


def destroy_all(log: Log, destroy: list[str], outcome: Outcome) -> None:
    if not destroy:
        return
    batch, numbers = load(log, destroy)
    for wire_id in destroy:
        if wire_id in numbers:
            batch.destroy(numbers[wire_id])
            outcome.destroyed.append(wire_id)
        else:
            outcome.not_destroyed[wire_id] = SetError("notFound").wire
    batch.flush()
