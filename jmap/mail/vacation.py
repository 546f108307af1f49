"""The VacationResponse data type (RFC 8621 §8). Who answers is jmap.delivery."""

from collections.abc import Mapping
from typing import Any, ClassVar

from jmap.core import types
from jmap.core.capabilities import Capability, register
from jmap.core.errors import BadValue
from jmap.core.properties import Property, boolean, text
from jmap.core.singleton import Singleton
from jmap.mail import limits, models

VACATION = "urn:ietf:params:jmap:vacationresponse"

register(Capability(VACATION, account=lambda right: {}))


def subject(value: Any) -> str:
    """A subject that a header field can hold. Raises BadValue."""
    found = types.string(value)
    if len(found.encode()) > limits.VACATION_SUBJECT or "\r" in found or "\n" in found:
        raise BadValue(f"expected one line of at most {limits.VACATION_SUBJECT} octets")
    return found


class VacationResponse(Singleton):
    name, capability, model = "VacationResponse", VACATION, models.VacationResponse
    properties: ClassVar[Mapping[str, Property]] = {
        "id": Property(types.identifier, server_set=True),
        "isEnabled": boolean(),
        "fromDate": Property(types.nullable(types.utc_date), default=None),
        "toDate": Property(types.nullable(types.utc_date), default=None),
        "subject": Property(types.nullable(subject), default=None),
        "textBody": text(max_bytes=limits.VACATION_BODY, null=True, default=None),
        "htmlBody": text(max_bytes=limits.VACATION_BODY, null=True, default=None),
    }
