"""The Thread data type (RFC 8621 §3): the ids of its emails, oldest first."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.conf import settings

from jmap.core import sql, types
from jmap.core.context import Context
from jmap.core.datatype import DataType
from jmap.core.properties import Property
from jmap.mail.capability import MAIL
from jmap.mail.models import Email as EmailRow

SELECT = "SELECT thread_id, array_agg(id ORDER BY received_at, id) FROM mail_email WHERE account_id = %s"


class Thread(DataType):
    name, capability, prefix, model = "Thread", MAIL, "t", EmailRow
    properties: ClassVar[Mapping[str, Property]] = {
        "id": Property(types.identifier, server_set=True),
        "emailIds": Property(types.list_of(types.identifier), server_set=True),
    }
    methods = ("get", "changes")

    def fetch(
        self, context: Context, account_id: int, numbers: Sequence[int] | None, names: Sequence[str], options: Any
    ) -> dict[int, Any]:
        if numbers is None:
            found = sql.rows(
                f"{SELECT} GROUP BY thread_id ORDER BY thread_id LIMIT %s", account_id, settings.MAX_OBJECTS_IN_GET + 1
            )
        else:
            found = sql.rows(f"{SELECT} AND thread_id = ANY(%s) GROUP BY thread_id", account_id, list(numbers))
        wires: dict[int, Any] = {thread: {"id": f"t{thread}"} for thread, _ in found}
        if "emailIds" in names:
            for thread, emails in found:
                wires[thread]["emailIds"] = [f"e{email}" for email in emails]
        return wires
