import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from kombu import Connection, Consumer, Queue

from config import task_messages
from config.broker_options import OWN_BROKER
from jmap.core import sql
from tests.config.service import eventually

LEASE = 1.0  # seconds


class Reader:
    """A consumer of a queue of the test's own; what it got, unacknowledged until the test says so."""

    def __init__(self, queue: Queue, prefetch: int = 0, lease: float = LEASE) -> None:
        self.connection = Connection(OWN_BROKER, transport_options={"lease": lease})
        self.got: list[Any] = []
        self.consumer = Consumer(self.connection.channel(), [queue], callbacks=[self.note], accept=["json"])
        self.consumer.qos(prefetch_count=prefetch)
        self.consumer.consume()

    def note(self, body: object, message: Any) -> None:
        self.got.append(message)

    def bodies(self, seconds: float = 0.3) -> list[object]:
        """Everything received by the end of that time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                self.connection.drain_events(timeout=left)
            except TimeoutError:
                break
        return [message.payload for message in self.got]


@pytest.fixture
def queue(request: pytest.FixtureRequest) -> Iterator[Queue]:
    queue = Queue(request.node.name)
    yield queue
    task_messages.purge(queue.name)


def publish(queue: Queue, *bodies: object) -> None:
    with Connection(OWN_BROKER) as connection:
        producer = connection.Producer(serializer="json")
        for body in bodies:
            producer.publish(body, routing_key=queue.name)


def test_messages_come_in_order(queue: Queue) -> None:
    publish(queue, 1, 2, 3)
    assert Reader(queue).bodies() == [1, 2, 3]


def test_each_message_goes_to_one_consumer(queue: Queue) -> None:
    one, other = Reader(queue, 1), Reader(queue, 1)
    publish(queue, 1, 2)
    assert sorted([*one.bodies(), *other.bodies()], key=str) == [1, 2]


def test_no_more_than_the_prefetch_limit_is_out_at_a_time(queue: Queue) -> None:
    publish(queue, 1, 2, 3)
    reader = Reader(queue, 2)
    assert reader.bodies() == [1, 2]
    reader.got[0].ack()
    began = time.monotonic()
    assert reader.bodies() == [1, 2, 3]
    assert time.monotonic() - began < 1


def test_a_waiting_consumer_is_woken(queue: Queue) -> None:
    reader = Reader(queue)
    assert reader.bodies() == []
    publish(queue, 1)
    assert reader.bodies(0.5) == [1]  # it would look by itself after ten seconds


def test_what_is_acknowledged_is_gone(queue: Queue) -> None:
    publish(queue, 1)
    reader = Reader(queue)
    reader.bodies()
    reader.got[0].ack()
    reader.bodies()
    assert task_messages.size(queue.name) == 0


def test_what_is_rejected_is_gone_and_what_is_requeued_comes_again(queue: Queue) -> None:
    publish(queue, 1, 2)
    reader = Reader(queue)
    reader.bodies()
    reader.got[0].reject()
    reader.got[1].requeue()
    reader.bodies()
    reader.connection.release()
    assert Reader(queue).bodies() == [2]


def test_a_message_of_a_consumer_that_fell_silent_goes_to_another(queue: Queue) -> None:
    publish(queue, 1)
    silent = Reader(queue)
    assert silent.bodies() == [1]
    other = Reader(queue)
    assert other.bodies() == []
    assert eventually(lambda: other.bodies() == [1], 15)


def test_a_living_consumer_keeps_its_messages_past_the_lease(queue: Queue) -> None:
    publish(queue, 1)
    living, other = Reader(queue, lease=3), Reader(queue)
    deadline = time.monotonic() + 4
    while time.monotonic() < deadline:
        assert living.bodies(0.2) == [1]
        assert other.bodies(0.2) == []


def test_closing_gives_back_at_once(queue: Queue) -> None:
    publish(queue, 1)
    first = Reader(queue)
    first.bodies()
    first.connection.release()
    assert Reader(queue).bodies() == [1]


def test_a_message_is_sent_if_and_when_the_transaction_commits(queue: Queue) -> None:
    reader = Reader(queue)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish(queue, 1)
        raise ZeroDivisionError
    with transaction.atomic():
        publish(queue, 2)
        assert reader.bodies() == []
    assert reader.bodies() == [2]


def test_a_cut_connection_is_made_again_and_loses_no_acknowledgement(queue: Queue) -> None:
    publish(queue, 1)
    reader = Reader(queue)
    reader.bodies()
    cut_listeners()
    reader.got[0].ack()
    publish(queue, 2)
    assert eventually(lambda: reader.bodies() == [1, 2])
    assert task_messages.size(queue.name) == 1


def cut_listeners() -> None:
    sql.rows(
        "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
    )


def test_a_queue_can_be_counted_and_purged(queue: Queue) -> None:
    publish(queue, 1, 2)
    assert (task_messages.size(queue.name), task_messages.purge(queue.name), task_messages.size(queue.name)) == (
        2,
        2,
        0,
    )


def test_nothing_but_a_lone_message_is_committed_without_waiting_for_the_disk(queue: Queue) -> None:
    sql.run("SET synchronous_commit = on")
    try:
        publish(queue, 1)
        with transaction.atomic():
            publish(queue, 2)
            assert sql.value("SHOW synchronous_commit") == "on"
        assert sql.value("SHOW synchronous_commit") == "on"
    finally:
        sql.run("RESET synchronous_commit")
