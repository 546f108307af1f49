"""What the next page says about the last action, and how to take it back; kept in the session."""

import secrets
from dataclasses import dataclass

from django.http import HttpRequest

from webmail.actions import Patches


@dataclass(frozen=True)
class Toast:
    """`undo` is the token of the action, "" where there is nothing to undo; `unsend` the submission that can be taken
    back."""

    text: str
    undo: str = ""
    unsend: str = ""


def leave_toast(request: HttpRequest, text: str, before: Patches | None = None, *, unsend: str = "") -> None:
    """Only the last action can be undone."""
    token = secrets.token_urlsafe(9) if before else ""
    request.session["toast"] = [text, token, unsend]
    if before:
        request.session["undo"] = [token, before]


def take_toast(request: HttpRequest) -> Toast | None:
    """Said once."""
    if "toast" not in request.session:
        return None
    return Toast(*request.session.pop("toast"))


def take_undo(request: HttpRequest, token: str) -> Patches | None:
    """The patches that undo an action; once, and not after another."""
    kept, before = request.session.get("undo", ("", None))
    if not kept or not secrets.compare_digest(kept.encode(), token.encode()):
        return None
    del request.session["undo"]
    patches: Patches | None = before
    return patches
