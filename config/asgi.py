"""The ASGI application that uvicorn serves: plain HTTP goes to Django in a pool of threads."""

import gc
import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from config.celery import prepare_to_send  # noqa: E402, I001
from config.pool import Pool, Receive, Scope, Send  # noqa: E402
from django.conf import settings  # noqa: E402

pool = Pool(settings.THREADS)
prepare_to_send()

# What is loaded by now stays for ever: the collector need not walk it for each large response.
gc.collect()
gc.freeze()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """HTTP to the pool; there is no WebSocket yet."""
    if scope["type"] == "http":
        await pool(scope, receive, send)
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1011})
    elif scope["type"] == "lifespan":
        await live(receive, send)


async def live(receive: Receive, send: Send) -> None:
    while True:
        message: dict[str, Any] = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            pool.executor.shutdown(wait=True)
            return
