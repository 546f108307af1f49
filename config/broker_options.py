"""Which broker carries the task messages, and how patient we are with it."""

from importlib.util import find_spec
from typing import Any

from config.environment import BadSetting

OWN_BROKER = "posthorn://localhost"  # config.broker, in our PostgreSQL
OWN_LEASE = 30  # seconds until the message of a dead worker goes to another; renewed while the worker lives
REDIS_LEASE = 15 * 60  # Redis can't renew: longer than any task
PATIENCE = 1.0  # seconds: a broker that hangs must not hang the request that rings a bell
WORKER_PATIENCE = 10.0  # a worker would rather wait for a slow one than begin anew


def broker_options(url: str, lease: int) -> dict[str, Any]:
    """Celery's broker_transport_options; `lease` in seconds, 0 for the default. Raises BadSetting."""
    if url.startswith(("redis://", "rediss://")):
        if find_spec("redis") is None:
            raise BadSetting(
                "BROKER_URL needs a package more: python3 config/bootstrap.py sync --inexact --extra redis"
            )
        return {
            "visibility_timeout": lease or REDIS_LEASE,
            "unacked_restore_interval": min(10.0, (lease or REDIS_LEASE) / 3),
            "unacked_restore_throttle": 1,  # else only each tenth time
            "socket_connect_timeout": PATIENCE,
            "socket_timeout": PATIENCE,
            "socket_keepalive": True,
        }
    return {"lease": lease or OWN_LEASE} if url == OWN_BROKER else {}


def for_worker(options: dict[str, Any]) -> dict[str, Any]:
    """The same, as a worker wants them."""
    return {**options, "socket_timeout": WORKER_PATIENCE} if "socket_timeout" in options else options
