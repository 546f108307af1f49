"""A data type of which each account has exactly one object, with the id "singleton" (RFC 8620 §5.3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jmap.core import types
from jmap.core.context import Context
from jmap.core.datatype import DataType
from jmap.core.errors import SetError
from jmap.core.writing import Log

Wire = dict[str, Any]
ID, NUMBER = "singleton", 0


class Singleton(DataType):
    """The object is there from the beginning: without a row, it has the defaults of the model's columns, whose primary
    key is account_id."""

    methods = ("get", "set")
    prefix = ""

    def wire_id(self, number: int) -> str:
        return ID

    def number(self, wire: str) -> int | None:
        return NUMBER if wire == ID else None

    def rows(self, account_id: int, numbers: Sequence[int] | None) -> list[dict[str, Any]]:
        if numbers is not None and NUMBER not in numbers:
            return []
        found = self.model._default_manager.filter(account_id=account_id).first() or self.model(account_id=account_id)
        values = {field.attname: getattr(found, field.attname) for field in self.model._meta.concrete_fields}
        return [
            {name: types.utc_text(value) if isinstance(value, datetime) else value for name, value in values.items()}
            | {"id": NUMBER}
        ]

    def check_new(self, wire: Any) -> Wire:
        raise SetError("singleton", "There is one such object; it can be changed only")

    def update(self, context: Context, log: Log, number: int, old: Wire, new: Wire) -> None:
        changed = {name: value for name, value in new.items() if old.get(name) != value}
        self.validate(context, log, new, number)
        if changed:
            rows = self.model._default_manager
            rows.update_or_create(account_id=log.account_id, defaults=self.columns(changed))
            log.updated(self.name, number)

    def destroy(self, context: Context, log: Log, number: int, options: Wire) -> None:
        raise SetError("singleton", "There is one such object; it can't be destroyed")
