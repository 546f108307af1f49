"""Celery's broker within our PostgreSQL: a kombu transport. Chosen where BROKER_URL is not set.

Workers are woken by NOTIFY and lease messages with SKIP LOCKED; a lease is renewed for as long as its worker lives.
Idle, it asks the database every ten seconds. Publishing uses the thread's own database connection."""

import select
import time
from queue import Empty
from typing import Any

from kombu.transport import virtual
from kombu.utils.json import dumps, loads

from config import task_messages
from config.broker_options import OWN_LEASE
from jmap.core import sql

MANY = 100  # what a consumer without a prefetch limit takes at once
PULSE = 1.0  # seconds


class QoS(virtual.QoS):
    """Delivery tags are the ids of messages."""

    def ack(self, delivery_tag: int) -> None:
        self.channel.messages.done.add(delivery_tag)
        super().ack(delivery_tag)

    def reject(self, delivery_tag: int, requeue: bool = False) -> None:
        messages = self.channel.messages
        (messages.returned if requeue else messages.done).add(delivery_tag)
        super().ack(delivery_tag)

    def restore_unacked(self) -> list[Any]:
        self._flush()
        self.channel.messages.returned.update(self._delivered)
        self._delivered.clear()
        return []

    def room(self) -> int:
        """How many more messages may be delivered."""
        most = self.can_consume_max_estimate()
        return MANY if most is None else most


class Channel(virtual.Channel):
    QoS = QoS
    connection: "Transport"

    def __init__(self, connection: "Transport", **kwargs: Any) -> None:
        super().__init__(connection, **kwargs)
        self.messages = connection.messages
        self.heard = -1  # up to which knock it has looked

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        task_messages.put(queue, dumps(message))

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        for id, text in self.messages.claim(queue, 1):
            return tagged(id, text)
        raise Empty

    def _size(self, queue: str) -> int:
        return task_messages.size(queue)

    def _purge(self, queue: str) -> int:
        return task_messages.purge(queue)

    def deliver(self) -> int:
        """Hand out as many messages as there are and as its consumers have room for; returns how many."""
        room = self.qos.room()
        if not (room and self._active_queues) or self.heard == self.messages.knocks:
            return 0
        self.heard, taken = self.messages.knocks, 0
        for queue in list(self._active_queues):
            for id, text in self.messages.claim(queue, room - taken):
                taken += 1
                self.connection._deliver(tagged(id, text), queue)
        if taken == room:  # there may be more
            self.heard = -1
        return taken


class Transport(virtual.Transport):
    Channel = Channel
    implements = virtual.Transport.implements.extend(asynchronous=True)
    driver_type = driver_name = "postgresql"
    connection_errors = (*virtual.Transport.connection_errors, *sql.UNREACHABLE)

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        self.messages = task_messages.Consumer(float(client.transport_options.get("lease", OWN_LEASE)))
        self.loop: Any = None

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        self.loop = loop
        self.messages.watch = lambda fd: loop.add_reader(fd, self.messages.listen)
        self.messages.unwatch = loop.remove_reader
        loop.on_tick.add(self.turn)
        loop.call_repeatedly(PULSE, nothing)  # so that the loop ticks although nothing happens

    def turn(self) -> int:
        """Whatever is to be done now; returns how many messages were delivered. Harmless at any time."""
        self.messages.listen()
        self.messages.settle()
        self.messages.keep()
        return sum(channel.deliver() for channel in list(self.channels))

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:
        """For consumers without an event loop. Raises TimeoutError."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.turn():
            left = PULSE if deadline is None else min(PULSE, deadline - time.monotonic())
            if left <= 0:
                raise TimeoutError
            watched = [self.messages.fd] if self.messages.connect() else []
            select.select(watched, [], [], left)

    def close_connection(self, connection: Any) -> None:
        super().close_connection(connection)
        if self.loop is not None:
            self.loop.on_tick.discard(self.turn)
        self.messages.close()

    def as_uri(self, uri: str, include_password: bool = False, mask: str = "**") -> str:
        return uri


def tagged(id: int, text: str) -> dict[str, Any]:
    message: dict[str, Any] = loads(text)
    message["properties"]["delivery_tag"] = id
    return message


def nothing() -> None:
    pass
