"""Push in the whole service: several web processes, the worker, and nothing but sockets between us."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.config.service import Service, eventually, serving
from tests.fixtures.push_service import Device, PushService
from tests.fixtures.push_service import serving as push_serving
from tests.fixtures.streams import event_stream, web_socket
from tests.push.running import TYPES, Client, add_client, manage

Certificates = tuple[Path, Path]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, push_certificates: Certificates) -> Iterator[Service]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("WEB_PROCESSES", "2"), ("THREADS", "2"), ("PUSH_TO_PRIVATE_HOSTS", "true")):
            patch.setenv(name, value)
        patch.setenv("PUSH_CA_FILE", str(push_certificates[1]))
        with serving(tmp_path_factory.mktemp("push") / "data") as running:
            yield running


@pytest.fixture(scope="module")
def carol(service: Service) -> Client:
    return add_client(service, "carol@example.org")


def test_a_change_reaches_the_streams_of_every_process(service: Service, carol: Client) -> None:
    with ExitStack() as opened:
        streams = [opened.enter_context(event_stream(carol.url, carol.authorization)) for _ in range(6)]
        sockets = [opened.enter_context(web_socket(carol.url, carol.authorization)) for _ in range(6)]
        for socket in sockets:
            socket.enable(["Mailbox"])
        carol.change("Everywhere")
        begun = time.monotonic()
        states = {carol.account: {"Mailbox": carol.states()["Mailbox"]}}
        assert [stream.next().data["changed"] for stream in streams] == [states] * 6
        assert [socket.receive()["changed"] for socket in sockets] == [states] * 6
        assert time.monotonic() - begun < 3  # a notice that got lost would take up to five seconds


def test_a_ticket_is_used_up_in_every_process(service: Service, carol: Client) -> None:
    for _ in range(6):
        ticket = carol.http.post("/jmap/ticket").json()["ticket"]
        with event_stream(carol.url, ticket=ticket):
            pass
        for _ in range(4):
            assert httpx.get(f"{carol.url}/jmap/eventsource?ticket={ticket}", timeout=20).status_code == 401


def test_the_worker_verifies_a_push_subscription_and_delivers(
    service: Service, carol: Client, push_certificates: Certificates
) -> None:
    with push_serving(*push_certificates) as endpoint:
        device = Device(carol, endpoint)  # type: ignore[arg-type]
        config = {carol.account: {"properties": ["subject"]}}
        assert device.create(types=["Mailbox"], emailPush=config)["created"]
        assert eventually(lambda: endpoint.received)
        device.verify()
        before = time.monotonic()
        carol.change("Pushed")
        assert eventually(lambda: endpoint.received)
        assert time.monotonic() - before < 10
        states = {"Mailbox": carol.states()["Mailbox"]}
        assert device.read()[0]["changed"] == {carol.account: states}


def test_a_worker_that_dies_loses_no_push(service: Service, carol: Client, push_certificates: Certificates) -> None:
    with push_serving(*push_certificates) as endpoint:
        device = Device(carol, endpoint)  # type: ignore[arg-type]
        device.create(types=["Mailbox"])
        assert eventually(lambda: endpoint.received)
        device.verify()
        for worker in service.processes("config.worker"):
            worker.kill()
        carol.change("Meanwhile")
        assert eventually(lambda: states_in(device, endpoint) == carol.states()["Mailbox"], 150)


def states_in(device: Device, endpoint: PushService) -> Any:
    """The state of Mailbox in the latest push."""
    wires = [device.decrypt(each) for each in endpoint.received]
    return wires[-1]["changed"][device.jmap.account]["Mailbox"] if wires else None  # type: ignore[attr-defined]


def test_open_streams_do_not_hold_up_the_end(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as service:
        dave = add_client(service, "dave@example.org")
        with event_stream(dave.url, dave.authorization) as events, web_socket(dave.url, dave.authorization) as socket:
            begun = time.monotonic()
            service.end()
            assert time.monotonic() - begun < 12
            assert "".join(events.lines) == ""
            with pytest.raises(ConnectionClosed, match="1012"):  # RFC 6455 §7.4.1: the service restarts
                socket.receive()
    assert "Traceback" not in service.output


def test_access_is_given_and_taken_within_seconds(service: Service, carol: Client) -> None:
    erin = add_client(service, "erin@example.org")
    with event_stream(carol.url, carol.authorization, types="Mailbox") as events:
        state = carol.http.get("/jmap/session").json()["state"]
        manage(service, "grant", erin.email, carol.email)
        assert list(events.next().data["changed"]) == [erin.account]
        assert eventually(lambda: carol.http.get("/jmap/session").json()["state"] != state)
        answer = carol.http.post("/jmap/api", json={"using": [], "methodCalls": []}).json()
        assert answer["sessionState"] == carol.http.get("/jmap/session").json()["state"]
        assert carol.states(erin.account).keys() == set(TYPES)
