"""Two chains of middleware: what JMAP does not need (sessions, messages, CSRF) does not run for it."""

from typing import Any

from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response

from jmap.http.middleware import cors


class PageHandler(BaseHandler):
    """Django as it is: settings.MIDDLEWARE."""

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware()


class JmapHandler(BaseHandler):
    """The views below /jmap/ with nothing around them but CORS."""

    def __init__(self) -> None:
        super().__init__()
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        innermost: Any = getattr(self, "_get_response")  # noqa: B009 Django's own, which its stubs leave out
        inner: Any = convert_exception_to_response(innermost)
        self._middleware_chain: Any = convert_exception_to_response(cors(inner))
