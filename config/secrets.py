"""Secrets made at first run and kept in the data directory, readable by the owner alone."""

import contextlib
import os
import re
import secrets
from pathlib import Path

from config.environment import BadSetting


def kept_secret(path: Path, length: int = 50) -> str:
    """The secret in the file; made there, mode 0600, when it is not there yet. Safe when two processes race."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        make_secret(path, secrets.token_urlsafe(length))
    return path.read_text().strip()


def make_secret(path: Path, secret: str) -> None:
    """Write the file whole or not at all; a file that is already there stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    making = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(making, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret)
    with contextlib.suppress(FileExistsError):  # another process was first
        os.link(making, path)
    making.unlink()


def vapid_key(given: str, data_dir: Path) -> str:
    """32 octets in base64url, from which the key that signs web pushes is made (RFC 8292): those given, else what was
    generated for this data directory."""
    if given and not re.fullmatch(r"[A-Za-z0-9_-]{43}", given):
        raise BadSetting("VAPID_KEY: 32 random octets in URL-safe base64 without padding")
    return given or kept_secret(data_dir / "vapid_key", 32)


def secret_key(data_dir: Path) -> str:
    """Django's SECRET_KEY: the environment's, else one generated for this data directory."""
    return os.environ.get("SECRET_KEY") or kept_secret(data_dir / "secret_key")
