"""The Email data type (RFC 8621 §4)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from jmap.core import types
from jmap.core.arguments import Table, flag
from jmap.core.context import Context
from jmap.core.datatype import DataType
from jmap.core.filters import Comparator
from jmap.core.properties import REQUIRED, Property
from jmap.core.query import Query, Results
from jmap.core.set import Outcome
from jmap.core.states import Net
from jmap.core.writing import Log
from jmap.mail import email_copy, email_create, email_get, email_query, email_update
from jmap.mail.capability import MAIL
from jmap.mail.email_body import DEFAULT_BODY_PROPERTIES, body_properties
from jmap.mail.email_filters import FILTERS, SORTS
from jmap.mail.keywords import keyword_set
from jmap.mail.models import Email as EmailRow

Wire = dict[str, Any]
BODY_ARGUMENTS: Table = {
    "bodyProperties": (body_properties, DEFAULT_BODY_PROPERTIES),
    "fetchTextBodyValues": flag,
    "fetchHTMLBodyValues": flag,
    "fetchAllBodyValues": flag,
    "maxBodyValueBytes": (types.unsigned, 0),
}
COLLAPSE: Table = {"collapseThreads": flag}


def from_server() -> Property:
    return Property(types.anything, server_set=True)


class Email(DataType):
    """Stored as prepared JSON and read by SQL of its own; what a client may create is richer than what it may change,
    so both have modules of their own (email_create, email_update)."""

    name, capability, prefix, model = "Email", MAIL, "e", EmailRow
    properties: ClassVar[Mapping[str, Property]] = {
        "id": from_server(),
        "blobId": from_server(),
        "threadId": from_server(),
        "size": from_server(),
        "mailboxIds": Property(types.set_of(types.identifier), REQUIRED, refers_to="Mailbox"),
        "keywords": Property(keyword_set, {}),
        "receivedAt": Property(types.utc_date, None, immutable=True),
    }
    filters, sorts = FILTERS, SORTS
    default_sort = (Comparator("receivedAt", False, "", ()),)
    arguments: ClassVar[Mapping[str, Table]] = {"get": BODY_ARGUMENTS, "query": COLLAPSE, "queryChanges": COLLAPSE}

    def default_names(self) -> Iterable[str]:
        return email_get.DEFAULT_NAMES

    def check_names(self, names: Iterable[str]) -> None:
        for name in names:
            email_get.check_name(name)

    def fetch(
        self, context: Context, account_id: int, numbers: Sequence[int] | None, names: Sequence[str], options: Wire
    ) -> dict[int, Any]:
        filled = {**{name: default for name, (_, default) in BODY_ARGUMENTS.items()}, **options}
        return email_get.fetch(account_id, numbers, names, filled, context.take_room)

    def results(self, context: Context, account_id: int, query: Query) -> Results:
        return email_query.EmailResults(account_id, query)

    def affected(
        self, context: Context, account_id: int, query: Query, changes: Mapping[int, Net]
    ) -> tuple[dict[int, Any], dict[int, Any]]:
        return email_query.affected(account_id, query, changes)

    def check_new(self, wire: Any) -> Wire:
        return email_create.check_new(wire)

    def prepare(self, context: Context, account_id: int, create: Wire) -> Any:
        return email_create.prepare(context, account_id, create)

    def create(self, context: Context, log: Log, wire: Wire, prepared: Any) -> int:
        return email_create.create(log, wire, prepared)

    def created_extras(
        self, context: Context, account_id: int, create: Any, numbers: Mapping[str, int]
    ) -> dict[str, Any]:
        return email_create.created_extras(account_id, numbers)

    def update_all(
        self, context: Context, log: Log, update: Mapping[str, Any], options: Wire, outcome: Outcome
    ) -> None:
        email_update.update_all(context, log, update, outcome)

    def destroy_all(self, context: Context, log: Log, destroy: list[str], options: Wire, outcome: Outcome) -> None:
        email_update.destroy_all(log, destroy, outcome)

    def read_originals(self, context: Context, account_id: int, numbers: Sequence[int]) -> dict[int, Any]:
        return email_copy.read_originals(account_id, numbers)

    def prepare_copy(self, context: Context, account_id: int, original: Any) -> Any:
        return email_copy.prepare_copy(context, account_id, original)

    def create_copy(self, context: Context, log: Log, original: Any, overrides: Wire) -> int:
        return email_copy.create_copy(context, log, original, overrides)

    def copied_extras(
        self, context: Context, account_id: int, overrides: Mapping[str, Wire], numbers: Mapping[str, int]
    ) -> dict[str, Any]:
        return email_create.created_extras(account_id, numbers)
