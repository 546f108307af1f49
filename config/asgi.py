"""The ASGI application that uvicorn serves: streams are Channels consumers in the event loop, all else goes to Django
in a pool of threads."""

import gc
import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from config.celery import prepare_to_send  # noqa: E402, I001
from config.pool import Pool, Receive, Send  # noqa: E402
from config.threads import Threads  # noqa: E402
from django.conf import settings  # noqa: E402
from jmap.http.environ import Scope  # noqa: E402
from jmap.http.eventsource import EventSource  # noqa: E402
from jmap.http.streams import admit_event_source, admit_session  # noqa: E402
from jmap.http.websocket import JmapSocket  # noqa: E402
from jmap.push.hub import Hub  # noqa: E402

threads = Threads(settings.THREADS)
pool = Pool(threads)
hub = Hub()
events = EventSource.as_asgi(hub=hub, threads=threads, admit=admit_event_source)
own_events = EventSource.as_asgi(hub=hub, threads=threads, admit=admit_session, headers={})  # for the webmail's pages
socket = JmapSocket.as_asgi(hub=hub, threads=threads)

STREAMS = {
    ("http", "/jmap/eventsource"): events,
    ("http", "/jmap/eventsource/"): events,
    ("http", "/mail/events"): own_events,
    ("websocket", "/jmap/ws"): socket,
    ("websocket", "/jmap/ws/"): socket,
}
prepare_to_send()

# What is loaded by now stays for ever: the collector need not walk it for each large response.
gc.collect()
gc.freeze()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    stream: Any = STREAMS.get((scope["type"], scope["path"]))
    if stream is not None:
        await stream(scope, receive, send)
    elif scope["type"] == "http":
        await pool(scope, receive, send)
    else:
        await receive()
        await send({"type": "websocket.close", "code": 1008})


async def live(receive: Receive, send: Send) -> None:
    while True:
        message: dict[str, Any] = await receive()
        if message["type"] == "lifespan.startup":
            hub.start()
        else:
            await hub.stop()
            threads.executor.shutdown(wait=True)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
