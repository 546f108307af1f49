"""The event source (RFC 8620 §7.3) over a real socket."""

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from accounts.provision import add_account, grant, revoke
from tests.fixtures.accounts import Person
from tests.fixtures.mail import import_email, make_mailbox, roles
from tests.fixtures.streams import account_of, event_stream, states_of
from tests.http.conftest import is_problem

TYPES = ("Email", "Mailbox", "Thread")


def test_a_change_is_told_with_the_states_that_get_would_answer(live_server_url: str, alice: Person) -> None:
    with event_stream(live_server_url, alice.basic) as events:
        import_email(alice.jmap, roles(alice.jmap)["inbox"])
        event = events.next()
    assert (event.name, event.data["@type"]) == ("state", "StateChange")
    states = event.data["changed"][account_of(alice)]
    assert states == {**states_of(alice, *TYPES), "EmailDelivery": states["Email"]}


def test_only_the_types_asked_for_are_told(live_server_url: str, alice: Person) -> None:
    with event_stream(live_server_url, alice.basic, types="Thread,Email") as events:
        make_mailbox(alice.jmap, "New")
        import_email(alice.jmap, roles(alice.jmap)["inbox"])
        assert events.states(account_of(alice)) == states_of(alice, "Email", "Thread")


def test_a_type_that_nobody_knows_is_told_nothing(live_server_url: str, alice: Person) -> None:
    with event_stream(live_server_url, alice.basic, types="Unheard", patience=1) as events:
        make_mailbox(alice.jmap, "New")
        assert events.is_silent()


def test_email_delivery_moves_with_new_mail_alone(live_server_url: str, alice: Person) -> None:
    inbox = roles(alice.jmap)["inbox"]
    with event_stream(live_server_url, alice.basic, types="EmailDelivery", patience=1) as events:
        email = import_email(alice.jmap, inbox)["id"]
        assert list(events.states(account_of(alice))) == ["EmailDelivery"]
        alice.jmap.call("Email/set", update={email: {"keywords/$seen": True}})
        alice.jmap.call("Email/set", destroy=[email])
        assert events.is_silent()


def test_with_closeafter_state_the_response_ends_after_one_event(live_server_url: str, alice: Person) -> None:
    with event_stream(live_server_url, alice.basic, closeafter="state") as events:
        make_mailbox(alice.jmap, "New")
        assert events.next().name == "state"
        assert list(events.lines) == []


@pytest.mark.parametrize(("asked", "used"), [(1, 5), (7, 7)])
def test_pings_come_at_the_interval_that_they_name(live_server_url: str, alice: Person, asked: int, used: int) -> None:
    with event_stream(live_server_url, alice.basic, ping=asked) as events:
        event = events.next()
    assert (event.name, event.id, event.data) == ("ping", None, {"interval": used})


def test_a_ping_waits_for_the_interval_after_the_last_event(live_server_url: str, alice: Person) -> None:
    with event_stream(live_server_url, alice.basic, ping=5) as events:
        make_mailbox(alice.jmap, "New")
        assert [events.next().name for _ in range(2)] == ["state", "ping"]


def test_what_happened_since_the_last_event_is_told_at_once(live_server_url: str, alice: Person) -> None:
    with event_stream(live_server_url, alice.basic) as events:
        make_mailbox(alice.jmap, "Seen")
        last = events.next().id
    import_email(alice.jmap, roles(alice.jmap)["inbox"])
    with event_stream(live_server_url, alice.basic, headers={"Last-Event-ID": last}) as events:
        assert events.states(account_of(alice)).items() >= states_of(alice, *TYPES).items()


def test_the_last_event_may_be_named_in_the_address(live_server_url: str, alice: Person) -> None:
    with event_stream(live_server_url, alice.basic, lastEventId="nonsense") as events:
        assert events.states(account_of(alice)).items() >= states_of(alice, "Mailbox").items()


def test_nothing_is_told_to_who_has_missed_nothing(live_server_url: str, alice: Person) -> None:
    with event_stream(live_server_url, alice.basic) as events:
        make_mailbox(alice.jmap, "Seen")
        last = events.next().id
    with event_stream(live_server_url, alice.basic, headers={"Last-Event-ID": last}, patience=1) as events:
        assert events.is_silent()


def test_all_accounts_of_the_user_are_told_of_and_no_others(live_server_url: str, alice: Person, bob: Person) -> None:
    shared = add_account(f"team-{alice.account.pk}@example.org")
    grant(shared.name, alice.email)
    with event_stream(live_server_url, alice.basic) as events:
        make_mailbox(bob.jmap, "Private")
        grant(shared.name, bob.email)
        assert list(events.next().data["changed"]) == [f"a{shared.pk}"]


def test_a_granted_account_is_told_of_and_a_withdrawn_one_no_more(
    live_server_url: str, alice: Person, bob: Person
) -> None:
    with event_stream(live_server_url, alice.basic, types="Mailbox") as events:
        grant(bob.email, alice.email)
        assert list(events.next().data["changed"]) == [account_of(bob)]
        revoke(bob.email, alice.email)
        make_mailbox(bob.jmap, "Private")
        make_mailbox(alice.jmap, "Own")
        event = events.next()
    assert list(event.data["changed"]) == [account_of(alice)]
    assert f"{bob.account.pk:x}-" not in (event.id or "").split(".")


def test_a_stream_ends_with_its_login(live_server_url: str, alice: Person) -> None:
    authorization = f"Bearer {alice.app_password()}"
    with event_stream(live_server_url, authorization) as events:
        alice.user.apppassword_set.all().delete()
        assert list(events.lines) == [""]


def test_a_changed_password_ends_the_stream(live_server_url: str, alice: Person) -> None:
    with event_stream(live_server_url, alice.basic) as events:
        alice.user.set_password("battery staple")
        alice.user.save()
        assert list(events.lines) == [""]


def test_the_headers_keep_proxies_from_collecting_events(live_server_url: str, alice: Person) -> None:
    with event_stream(live_server_url, alice.basic) as events:
        headers = events.response.headers
    assert headers["content-type"].startswith("text/event-stream")
    assert (headers["x-accel-buffering"], headers["access-control-allow-origin"]) == ("no", "*")
    assert {"no-cache", "no-transform"} <= set(headers["cache-control"].split(", "))


@pytest.mark.parametrize(
    "query", ["types=", "types={types}", "closeafter=never", "ping=-1", "ping=x", "ping=1.5", "ping=" + "9" * 40]
)
def test_variables_that_make_no_sense_are_refused(http: httpx.Client, query: str) -> None:
    assert is_problem(http.get(f"/jmap/eventsource?{query}"), 400)


def test_without_a_login_there_is_no_stream(web: httpx.Client) -> None:
    response = web.get("/jmap/eventsource?types=*&closeafter=no&ping=0")
    assert is_problem(response, 401)
    assert "www-authenticate" in response.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD"])
def test_another_method_is_refused(http: httpx.Client, method: str) -> None:
    response = http.request(method, "/jmap/eventsource")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, OPTIONS")


def test_a_preflight_is_answered(web: httpx.Client) -> None:
    response = web.options("/jmap/eventsource", headers={"Origin": "https://elsewhere.test"})
    assert response.status_code == 204
    assert "Last-Event-ID" in response.headers["access-control-allow-headers"]


def test_a_user_may_have_so_many_streams_and_a_closed_one_makes_room(live_server_url: str, alice: Person) -> None:
    streams = [raw_stream(live_server_url, alice) for _ in range(101)]
    refused = [stream for stream in streams if first_line(stream) == b"HTTP/1.1 429 Too Many Requests"]
    assert len(refused) == 1
    for stream in streams:
        stream.close()
    while first_line(again := raw_stream(live_server_url, alice)) != b"HTTP/1.1 200 OK":
        again.close()
    again.close()


def raw_stream(url: str, person: Person) -> socket.socket:
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=20)
    connection.sendall(f"GET /jmap/eventsource HTTP/1.1\r\nHost: x\r\nAuthorization: {person.basic}\r\n\r\n".encode())
    return connection


def first_line(connection: socket.socket) -> bytes:
    return connection.recv(1 << 16).partition(b"\r\n")[0]
