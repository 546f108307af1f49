"""The sockets that mail comes in by, as the settings say."""

import contextlib
import os
import socket
from pathlib import Path

from django.conf import settings

from config.supervisor import CannotListen, listen
from jmap.delivery.kinds import KINDS, LMTP, MX, SUBMISSION, SUBMISSIONS, Kind

Listener = tuple[Kind, socket.socket]

SETTINGS = {MX: "MX_PORT", SUBMISSION: "SUBMISSION_PORT", SUBMISSIONS: "SUBMISSIONS_PORT", LMTP: "LMTP_PORT"}
# The port that the world knows, and one for who may not have it.
USUAL = {MX: (25, 2525), SUBMISSION: (587, 2587), SUBMISSIONS: (465, 2465), LMTP: (24, 2424)}
LMTP_HOST = "127.0.0.1"  # it knows no passwords


def open_listeners() -> list[Listener]:
    """Raises CannotListen; the sockets opened before are closed then."""
    opened: list[Listener] = []
    try:
        for kind in SETTINGS:
            if (listener := open_listener(kind)) is not None:
                opened.append((kind, listener))
    except CannotListen:
        for _, listener in opened:
            listener.close()
        raise
    return opened


def open_listener(kind: Kind) -> socket.socket | None:
    """None where the setting is "off"."""
    if kind is LMTP and settings.LMTP_SOCKET:
        return listen_on_path(Path(settings.LMTP_SOCKET))
    name, text = SETTINGS[kind], str(getattr(settings, SETTINGS[kind]))
    host = LMTP_HOST if kind is LMTP else settings.MAIL_HOST
    hint = f"Set {name} to another port, or to off."
    if text == "off":
        return None
    if text:
        if not text.isdigit() or int(text) > 65535:
            raise CannotListen(f"{name}={text!r} is no port: give a number, or off")
        return listen(host, int(text), hint)
    known, other = USUAL[kind]
    with contextlib.suppress(CannotListen):
        return listen(host, known, hint)
    return listen(host, other, hint)


def listen_on_path(path: Path) -> socket.socket:
    """A Unix socket for the owner and the group; one that a dead process left behind is taken over."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if path.is_socket() and not is_served(path):
            path.unlink()
        listener.bind(str(path))
        path.chmod(0o660)
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise CannotListen(f"Can't listen on {path}: {error.strerror or error}. Set LMTP_SOCKET to another.") from None
    listener.set_inheritable(True)
    return listener


def is_served(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(path)) == 0


def described(listeners: list[Listener]) -> list[str]:
    """A line for each, for people: `SMTP, for mail from the world: 127.0.0.1 port 2525`."""
    words = {
        MX: "Mail from the world (SMTP)",
        SUBMISSION: "Sending, with STARTTLS",
        SUBMISSIONS: "Sending, with TLS",
        LMTP: "Mail from a relay (LMTP)",
    }
    return [f"{words[kind]}: {place(listener)}" for kind, listener in listeners]


def place(listener: socket.socket) -> str:
    name = listener.getsockname()
    return str(name) if isinstance(name, str) else f"{name[0]} port {name[1]}"


def passed(listeners: list[Listener]) -> list[str]:
    """As arguments for a child that inherits them: `mx:5`."""
    return [f"{kind.name}:{listener.fileno()}" for kind, listener in listeners]


def inherited(arguments: list[str]) -> list[Listener]:
    """What `passed` named, in the child."""
    pairs = [argument.split(":") for argument in arguments]
    return [(KINDS[name], socket.socket(fileno=os.dup(int(descriptor)))) for name, descriptor in pairs]
