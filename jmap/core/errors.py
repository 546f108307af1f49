"""The three levels of error (RFC 8620 §3.6), each raised anywhere and caught in one place."""

from collections.abc import Iterable
from typing import Any


class RequestError(Exception):
    """The whole HTTP request is refused; becomes a problem document (RFC 8620 §3.6.1, RFC 7807)."""

    def __init__(self, type: str, detail: str, status: int = 400, limit: str | None = None) -> None:
        super().__init__(detail)
        self.type, self.detail, self.status, self.limit = type, detail, status, limit

    def problem(self) -> dict[str, Any]:
        """The JSON members of the problem document."""
        body = {"type": f"urn:ietf:params:jmap:error:{self.type}", "status": self.status, "detail": self.detail}
        return body | ({"limit": self.limit} if self.limit else {})


class MethodError(Exception):
    """One method call fails; becomes an "error" response (RFC 8620 §3.6.2). Nothing of the call has happened."""

    def __init__(self, type: str, description: str | None = None, **more: object) -> None:
        super().__init__(description or type)
        self.wire: dict[str, Any] = {"type": type, **more} | ({"description": description} if description else {})


class SetError(Exception):
    """One object of a /set fails, its siblings don't (RFC 8620 §5.3)."""

    def __init__(self, type: str, description: str | None = None, **more: object) -> None:
        super().__init__(description or type)
        self.wire: dict[str, Any] = {"type": type, **more} | ({"description": description} if description else {})


class InvalidProperties(SetError):
    """The SetError "invalidProperties" with the names of all properties that are wrong."""

    def __init__(self, properties: Iterable[str], description: str | None = None) -> None:
        super().__init__("invalidProperties", description, properties=sorted(set(properties)))


class BadValue(ValueError):
    """A JSON value is not of the type asked for; the message says what was expected."""


def invalid_arguments(description: str) -> MethodError:
    return MethodError("invalidArguments", description)
