"""Where the database is: DATABASE_URL, else the embedded cluster in the data directory."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from config.cluster import Cluster

OPTIONS = {"prepare_threshold": 1, "server_side_binding": True}


def database_settings(url: str, data_dir: Path) -> dict[str, Any]:
    """Django's DATABASES entry. Starts nothing."""
    parts = urlsplit(url or Cluster(data_dir).service_url())
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/") or "posthorn",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_MAX_AGE": None,
        "OPTIONS": {**OPTIONS, **query},
    }
