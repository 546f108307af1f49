"""Which broker carries the task messages, and how patient we are with it."""

from typing import Any

OWN_BROKER = "posthorn://localhost"  # config.broker, in our PostgreSQL
OWN_LEASE = 30  # seconds until the message of a dead worker goes to another; renewed while the worker lives
REDIS_LEASE = 15 * 60  # Redis can't renew: longer than any task
PATIENCE = 1.0  # seconds: a broker that hangs must not hang the request that rings a bell


def broker_options(url: str, lease: int) -> dict[str, Any]:
    """Celery's broker_transport_options; `lease` in seconds, 0 for the default."""
    scheme = url.partition(":")[0]
    if scheme in ("redis", "rediss", "sentinel"):
        return {
            "visibility_timeout": lease or REDIS_LEASE,
            "unacked_restore_interval": min(10.0, (lease or REDIS_LEASE) / 3),
            "unacked_restore_throttle": 1,  # else only each tenth time
            "socket_connect_timeout": PATIENCE,
            "socket_timeout": PATIENCE,
            "socket_keepalive": True,
        }
    return {"lease": lease or OWN_LEASE} if url == OWN_BROKER else {}
