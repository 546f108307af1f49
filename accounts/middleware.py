"""What every page of somebody logged in leaves behind."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.sessions import note_use

Respond = Callable[[HttpRequest], HttpResponse]


def session_use(respond: Respond) -> Respond:
    """Keeps "last used" of the session."""

    def noted(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            note_use(request)
        return respond(request)

    return noted
