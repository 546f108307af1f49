"""Reading settings from environment variables, loudly when a value makes no sense."""

import os
from pathlib import Path


class BadSetting(SystemExit):
    """A setting that can't be used; the message says which and what would do."""


def env_text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def env_int(name: str, default: int) -> int:
    value = os.environ.get(name, "")
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise BadSetting(f"{name}={value!r} is not a whole number") from None


def env_bool(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    if value:
        raise BadSetting(f"{name}={value!r}: use 'true' or 'false'")
    return default


def env_list(name: str) -> list[str]:
    return [item.strip() for item in os.environ.get(name, "").split(",") if item.strip()]


def env_choice(name: str, default: str, *others: str) -> str:
    value = os.environ.get(name) or default
    if value not in (default, *others):
        raise BadSetting(f"{name}={value!r}: use one of {', '.join(repr(each) for each in (default, *others))}")
    return value


def env_path(name: str, default: Path) -> Path:
    return Path(os.environ.get(name) or default).expanduser().absolute()


UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def env_durations(name: str, default: str) -> list[float]:
    """Such as `30s,5m,2h,1d`, in seconds."""
    texts = [text.strip() for text in (os.environ.get(name) or default).split(",")]
    try:
        return [float(text[:-1]) * UNITS[text[-1:]] for text in texts]
    except (ValueError, KeyError):
        raise BadSetting(f"{name}: use numbers with s, m, h or d, such as {default}") from None
