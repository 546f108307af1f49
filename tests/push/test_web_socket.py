"""JMAP over WebSocket (RFC 8887) over a real socket."""

import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from accounts.provision import grant, revoke
from jmap.http.slots import REQUESTS, STREAMS, Full, give_back, slot, take
from tests.config.service import eventually
from tests.fixtures.accounts import Person
from tests.fixtures.mail import import_email, make_mailbox, roles
from tests.fixtures.streams import Socket, account_of, request, states_of, web_socket

ERROR = "urn:ietf:params:jmap:error:"


def closed_with(opened: Socket, seconds: float = 20) -> int:
    """The code of the close frame; messages before it are passed over."""
    with pytest.raises(ConnectionClosed) as caught:
        while True:
            opened.connection.recv(seconds)
    assert caught.value.rcvd is not None
    return int(caught.value.rcvd.code)


def status_of(url: str, authorization: str = "", **more: Any) -> int:
    """With which HTTP status the handshake is refused."""
    with pytest.raises(InvalidStatus) as caught, web_socket(url, authorization, **more):
        pass
    return caught.value.response.status_code


# The handshake


def test_the_session_says_where_it_is(http: httpx.Client) -> None:
    found = http.get("/jmap/session").json()["capabilities"]["urn:ietf:params:jmap:websocket"]
    assert found == {"url": f"ws{str(http.base_url).removeprefix('http').rstrip('/')}/jmap/ws", "supportsPush": True}


def test_the_protocol_is_agreed_upon(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic, subprotocols=["other", "jmap"]) as opened:
        assert opened.connection.subprotocol == "jmap"


def test_who_does_not_speak_jmap_is_refused(live_server_url: str, alice: Person) -> None:
    assert status_of(live_server_url, alice.basic, subprotocols=["chat"]) == 400


def test_without_a_login_there_is_no_connection(live_server_url: str) -> None:
    with pytest.raises(InvalidStatus) as caught, web_socket(live_server_url):
        pass
    response = caught.value.response
    assert (response.status_code, response.headers["Content-Type"]) == (401, "application/problem+json")
    assert "Basic" in response.headers["WWW-Authenticate"]


def test_another_path_is_refused(live_server_url: str, alice: Person) -> None:
    with pytest.raises(InvalidStatus) as caught:
        connect(
            f"ws{live_server_url.removeprefix('http')}/jmap/other", additional_headers={"Authorization": alice.basic}
        )
    assert caught.value.response.status_code == 403


def test_a_foreign_page_cannot_use_remembered_credentials(live_server_url: str, alice: Person) -> None:
    assert status_of(live_server_url, alice.basic, origin="https://evil.test") == 403
    with web_socket(live_server_url, alice.basic, origin=live_server_url) as opened:
        assert opened.echo()["@type"] == "Response"


# Requests


def test_a_request_is_answered_with_its_id(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.send(request(["Core/echo", {"hello": True}, "b3ff"], id="R1"))
        answer = opened.receive()
    assert answer.pop("sessionState")
    assert answer == {
        "@type": "Response", "requestId": "R1", "methodResponses": [["Core/echo", {"hello": True}, "b3ff"]]
    }  # fmt: skip


def test_a_request_without_an_id_is_answered_without_one(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        assert "requestId" not in opened.echo()


def test_created_ids_are_returned_where_they_were_given(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        arguments = {"accountId": account_of(alice), "create": {"x": {"name": "New"}}}
        opened.send(request(["Mailbox/set", arguments, "0"], createdIds={"y": "m1"}))
        assert set(opened.receive()["createdIds"]) == {"x", "y"}


def test_requests_are_answered_side_by_side_and_told_apart(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        for at in range(100):
            opened.send(request(["Core/echo", {"at": at}, "c"], id=f"R{at}"))
        answers = [opened.receive() for _ in range(100)]
    assert {each["requestId"]: each["methodResponses"][0][1]["at"] for each in answers} == {
        f"R{at}": at for at in range(100)
    }


def test_a_fragmented_message_is_put_together(live_server_url: str, alice: Person) -> None:
    text = '{"@type": "Request", "id": "Zoë", "using": ["urn:ietf:params:jmap:core"], "methodCalls": []}'
    with web_socket(live_server_url, alice.basic) as opened:
        opened.connection.send(iter([text[:30], text[30:33], "", text[33:]]))
        assert opened.receive()["requestId"] == "Zoë"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The quick brown fox jumps\n over the lazy dog.", "notJSON"),
        ('{"@type": "Request", "@type": "Request"}', "notJSON"),
        ("", "notJSON"),
        ("[]", "notRequest"),
        ("null", "notRequest"),
        ("{}", "notRequest"),
        ('{"using": [], "methodCalls": []}', "notRequest"),
        ('{"@type": "Response", "using": [], "methodCalls": []}', "notRequest"),
        ('{"@type": "Request", "id": 1, "using": [], "methodCalls": []}', "notRequest"),
        ('{"@type": "Request", "using": [], "methodCalls": {}}', "notRequest"),
        ('{"@type": "Request", "using": ["urn:x"], "methodCalls": []}', "unknownCapability"),
        ('{"@type": "WebSocketPushEnable", "dataTypes": "Email"}', "notRequest"),
        ('{"@type": "WebSocketPushEnable", "dataTypes": null, "pushState": 1}', "notRequest"),
        ("[" * 100_000, "notJSON"),
    ],
)
def test_what_is_no_request_is_a_request_error(live_server_url: str, alice: Person, text: str, kind: str) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.connection.send(text)
        error = opened.receive()
        assert (error["@type"], error["type"], error["status"]) == ("RequestError", ERROR + kind, 400)
        assert error["requestId"] is None
        assert opened.echo()["@type"] == "Response"


def test_an_error_carries_the_id_of_its_request(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.send({"@type": "Request", "id": "R7", "using": ["urn:x"], "methodCalls": []})
        assert opened.receive()["requestId"] == "R7"


def test_a_request_beyond_the_limit_names_it(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.connection.send(" " * 10_000_001)
        error = opened.receive()
        assert (error["type"], error["limit"]) == (f"{ERROR}limit", "maxSizeRequest")


def test_what_is_far_too_large_ends_the_connection(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        with pytest.raises(ConnectionClosed) as caught:
            opened.connection.send(" " * 30_000_000)
            opened.connection.recv(20)
        closed = caught.value.rcvd
        assert closed is None or closed.code == 1009  # what was sent in vain may overtake the close frame


def test_a_large_request_and_response_pass(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic, max_size=None) as opened:
        opened.send(request(["Core/echo", {"text": "x" * 3_000_000}, "0"]))
        assert len(opened.receive()["methodResponses"][0][1]["text"]) == 3_000_000


def test_a_client_that_does_not_read_is_not_read_from(live_server_url: str, alice: Person) -> None:
    text = orjson.dumps(request(["Core/echo", {"text": "x" * 1_000_000}, "0"]))
    frame = b"\x81\xff" + len(text).to_bytes(8) + bytes(4) + text  # masked with zeros
    with raw_web_socket(live_server_url, alice) as connection, pytest.raises(TimeoutError):
        for _ in range(200):
            connection.sendall(frame)


def test_who_vanishes_at_any_moment_leaves_nothing_behind(live_server_url: str, alice: Person) -> None:
    text = b'{"@type": "WebSocketPushEnable", "dataTypes": 1}'  # is answered with an error
    frame = b"\x81" + bytes([0x80 | len(text)]) + bytes(4) + text
    for at in range(settings.MAX_STREAMS + 50):
        with raw_connection(live_server_url, alice) as connection:
            if at % 2:
                connection.recv(1000)
                connection.sendall(frame * 3)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # no goodbye
    assert eventually(lambda: free_streams(alice) == settings.MAX_STREAMS)


def free_streams(person: Person) -> int:
    taken = []
    with suppress(Full):
        while True:
            taken.append(take(STREAMS, person.user.pk))
    for number in taken:
        give_back(STREAMS, person.user.pk, number)
    return len(taken)


@contextmanager
def raw_web_socket(url: str, person: Person) -> Iterator[socket.socket]:
    """Nothing is read from it but the handshake's answer."""
    with raw_connection(url, person) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 101")
        yield connection


@contextmanager
def raw_connection(url: str, person: Person) -> Iterator[socket.socket]:
    """The handshake has been sent."""
    head = [
        "GET /jmap/ws HTTP/1.1", "Host: x", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: jmap",
        f"Authorization: {person.basic}", "", "",
    ]  # fmt: skip
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall("\r\n".join(head).encode())
        yield connection


def test_requests_wait_for_a_slot_with_those_that_come_by_http(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        with all_slots(alice):
            opened.send(request(id="R1"))
            assert opened.is_silent()
        assert opened.receive()["requestId"] == "R1"


def test_who_waits_too_long_for_a_slot_is_told_the_limit(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened, all_slots(alice):
        opened.send(request(id="R1"))
        error = opened.receive(40)
    assert (error["limit"], error["status"], error["requestId"]) == ("maxConcurrentRequests", 429, "R1")


@contextmanager
def all_slots(person: Person) -> Iterator[None]:
    """As if as many requests were under way as one user may have (RFC 8887 §4.3.2)."""
    with ExitStack() as held:
        for _ in range(settings.MAX_CONCURRENT_REQUESTS):
            held.enter_context(slot(REQUESTS, person.user.pk))
        yield


# Frames (RFC 8887 §4.3.1, RFC 6455)


def test_binary_messages_are_refused(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.connection.send(b'{"@type": "Request"}')
        assert closed_with(opened) == 1003


def test_a_ping_is_answered(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        assert opened.connection.ping(b"hello").wait(20)


def test_text_that_is_not_utf_8_ends_the_connection(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.connection.send(b"\xff\xfe", text=True)
        assert closed_with(opened) == 1007


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\x02{}", 1002),  # not masked
        (b"\x83\x80\0\0\0\0", 1002),  # an opcode that does not exist
        (b"\xc1\x80\0\0\0\0", 1002),  # a reserved bit
        (b"\x80\x80\0\0\0\0", 1002),  # a continuation of nothing
        (b"\x09\x80\0\0\0\0", 1002),  # a fragmented ping
        (b"\x89\xfe\x00\x7e\0\0\0\0" + bytes(126), 1002),  # a ping that is too long
    ],
)
def test_a_frame_that_breaks_the_protocol_ends_the_connection(
    live_server_url: str, alice: Person, frame: bytes, code: int
) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.connection.socket.sendall(frame)
        assert closed_with(opened) == code


def test_closing_is_answered_with_the_same_code(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.connection.close(1000)
        assert opened.connection.close_code == 1000


# Push (RFC 8887 §4.3.5)


def test_nothing_is_pushed_before_it_is_asked_for(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.echo()
        make_mailbox(alice.jmap, "New")
        assert opened.is_silent()


def test_a_change_is_pushed_with_the_push_state(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.enable()
        make_mailbox(alice.jmap, "New")
        change = opened.receive()
    assert change.pop("pushState")
    assert change == {"@type": "StateChange", "changed": {account_of(alice): states_of(alice, "Mailbox")}}


def test_only_the_types_asked_for_are_pushed(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.enable(["Email"])
        make_mailbox(alice.jmap, "New")
        import_email(alice.jmap, roles(alice.jmap)["inbox"])
        assert opened.receive()["changed"] == {account_of(alice): states_of(alice, "Email")}


def test_one_may_change_ones_mind_about_the_types(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.enable(["Email"])
        opened.enable(["Mailbox"])
        import_email(alice.jmap, roles(alice.jmap)["inbox"])
        assert list(opened.receive()["changed"][account_of(alice)]) == ["Mailbox"]


def test_pushing_is_ended_by_asking_for_it(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.enable()
        opened.send({"@type": "WebSocketPushDisable"})
        opened.echo()
        make_mailbox(alice.jmap, "New")
        assert opened.is_silent()


def test_with_the_push_state_one_is_told_what_was_missed(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.enable()
        make_mailbox(alice.jmap, "Seen")
        state = opened.receive()["pushState"]
    import_email(alice.jmap, roles(alice.jmap)["inbox"])
    with web_socket(live_server_url, alice.basic) as opened:
        opened.send({"@type": "WebSocketPushEnable", "dataTypes": ["Email"], "pushState": state})
        assert opened.receive()["changed"] == {account_of(alice): states_of(alice, "Email")}


def test_who_has_missed_nothing_is_told_nothing(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.enable()
        make_mailbox(alice.jmap, "Seen")
        state = opened.receive()["pushState"]
        opened.enable(pushState=state)
        assert opened.is_silent()


def test_who_has_an_unknown_push_state_is_told_everything(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, alice.basic) as opened:
        opened.send({"@type": "WebSocketPushEnable", "dataTypes": ["Mailbox", "Email"], "pushState": "aaa"})
        assert opened.receive()["changed"] == {account_of(alice): states_of(alice, "Mailbox")}


# Rights


def test_the_connection_ends_with_its_login(live_server_url: str, alice: Person) -> None:
    with web_socket(live_server_url, f"Bearer {alice.app_password()}") as opened:
        alice.user.apppassword_set.all().delete()
        assert closed_with(opened) == 1008


def test_an_account_that_is_withdrawn_is_pushed_no_more(live_server_url: str, alice: Person, bob: Person) -> None:
    grant(bob.email, alice.email)
    with web_socket(live_server_url, alice.basic) as opened:
        opened.enable(["Mailbox"])
        make_mailbox(bob.jmap, "Shared")
        assert list(opened.receive()["changed"]) == [account_of(bob)]
        revoke(bob.email, alice.email)
        make_mailbox(bob.jmap, "Private")
        assert opened.is_silent()
