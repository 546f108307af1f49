"""The WSGI environ of an ASGI scope (PEP 3333): what Django's requests and our checks read headers from."""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

Scope = Mapping[str, Any]


def environ_of(scope: Scope) -> dict[str, Any]:
    """Still without a body; of a WebSocket's handshake too."""
    host, port = scope.get("server") or ("localhost", 0)
    environ = {
        "REQUEST_METHOD": scope.get("method", "GET"),
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "REQUEST_URI": quote(scope["path"]),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.url_scheme": {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"]),
    }
    for name, value in scope["headers"]:
        add_header(environ, name.decode("latin-1"), value.decode("latin-1"))
    return environ


def add_header(environ: dict[str, Any], name: str, value: str) -> None:
    """Names with "_" are dropped: they would pass for the same name with "-"."""
    if "_" in name:
        return
    key = name.upper().replace("-", "_")
    key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
    separator = "; " if key == "HTTP_COOKIE" else ","
    environ[key] = f"{environ[key]}{separator}{value}" if key in environ else value


def client_key(environ: dict[str, Any]) -> bytes:
    """Who shares one place in the round: one credential, else one address."""
    who = environ.get("HTTP_AUTHORIZATION") or environ.get("HTTP_COOKIE") or environ.get("REMOTE_ADDR", "")
    return hashlib.blake2b(who.encode("utf-8", "replace"), digest_size=8).digest()
