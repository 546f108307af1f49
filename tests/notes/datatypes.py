from collections.abc import Callable
from typing import Any

from accounts.access import Right
from jmap.core import ids, types
from jmap.core.capabilities import Capability, capabilities, register
from jmap.core.context import Context
from jmap.core.datatype import DataType
from jmap.core.datatype import register as register_type
from jmap.core.errors import BadValue, SetError
from jmap.core.filters import Filter, Sort, by, by_date, by_text, contains, equals, is_set
from jmap.core.properties import Property, boolean, computed, id_of, ids_of, text, uint, utc_date
from jmap.core.writing import Log
from tests.notes import models

NOTES = "https://notes.test/jmap"
WITHOUT_NOTES = "no-notes"  # accounts of this name do not support the type


def lengths(context: Context, account_id: int, rows: list[dict[str, Any]]) -> list[int]:
    return [len(row["title"]) for row in rows]


def note_number(value: Any) -> int:
    number = ids.number("n", types.string(value))
    if number is None:
        raise BadValue("expected the id of a note")
    return number


def tagged(tag: str) -> Callable[[Any], bool]:
    return lambda record: tag in record["tags"]


class Note(DataType):
    name, capability, prefix, model = "Note", NOTES, "n", models.Note
    properties = {
        "title": text(max_bytes=100),
        "pinned": boolean(default=False),
        "folderId": id_of("Note", null=True, default=None),
        "links": ids_of("Note", default={}),
        "tags": Property(types.map_of(types.string, types.json_object), default={}),
        "sortOrder": uint(default=0),
        "language": text(null=True, lower=True, default=None),
        "kind": text(immutable=True, default="plain"),
        "createdAt": utc_date(server_set=True),
        "length": computed(lengths),
    }
    filters = {
        "title": contains("title"),
        "pinned": equals("pinned", types.boolean),
        "inFolder": Filter(note_number, lambda number: lambda record: bool(record["folder_id"] == number)),
        "hasFolder": is_set("folder_id"),
        "hasTag": Filter(types.string, tagged),
        "wide": Filter(types.boolean),
    }
    sorts = {
        "title": by_text("title"),
        "sortOrder": by("sort_order"),
        "pinned": by("pinned"),
        "language": by("language"),
        "createdAt": by_date("created_at"),
        "wide": Sort(None),
    }

    def validate(self, context: Context, log: Log, wire: dict[str, Any], number: int | None) -> None:
        if wire["title"] == "forbidden":
            raise SetError("forbidden", "No note may have this title")


def account_notes(right: Right) -> dict[str, Any] | None:
    return None if right.name == WITHOUT_NOTES else {}


def register_notes() -> None:
    """Add the type to this process; a second time changes nothing."""
    if NOTES not in capabilities:
        register(Capability(NOTES, account=account_notes))
        register_type(Note())
