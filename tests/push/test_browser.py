"""A browser's own EventSource and WebSocket."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.fixtures.accounts import Person
from tests.fixtures.mail import make_mailbox
from tests.fixtures.streams import account_of, states_of
from tests.http.conftest import bearer

LISTEN = """([url, name]) => new Promise((resolve, reject) => {
    const source = window[name] = new EventSource(url);
    window[name + "Events"] = [];
    source.addEventListener("state", (event) => window[name + "Events"].push(
        {id: event.lastEventId, data: JSON.parse(event.data)}));
    source.onopen = () => resolve("open");
    source.onerror = () => source.readyState === EventSource.CLOSED && reject("closed");
})"""
TICKET = """async ([origin, authorization]) => {
    const response = await fetch(origin + "/jmap/ticket", {method: "POST", headers: {Authorization: authorization}});
    return (await response.json()).ticket;
}"""
CONNECT = """(url) => new Promise((resolve, reject) => {
    const socket = window.socket = new WebSocket(url, "jmap");
    window.messages = [];
    socket.onmessage = (event) => window.messages.push(JSON.parse(event.data));
    socket.onopen = () => resolve(socket.protocol);
    socket.onerror = () => reject("refused");
})"""


@pytest.fixture
def stranger(chromium: Browser) -> Iterator[Page]:
    """An empty page of another origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Client</title>")

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    page = chromium.new_page()
    page.goto(f"http://127.0.0.1:{server.server_port}/")
    yield page
    page.context.close()
    server.shutdown()
    server.server_close()


def ticket(page: Page, url: str, person: Person) -> str:
    return str(page.evaluate(TICKET, [url, bearer(person)]))


def events_in(page: Page, name: str, number: int = 1) -> list[Any]:
    """So many events, when they have come."""
    page.wait_for_function(f"() => {name}Events.length >= {number}")
    found: list[Any] = page.evaluate(f"{name}Events")
    return found


def test_a_page_of_the_webmail_hears_of_changes_by_its_cookie(page: Page, alice: Person) -> None:
    assert page.evaluate(LISTEN, ["/mail/events?types=Mailbox", "own"]) == "open"
    make_mailbox(alice.jmap, "New")
    (event,) = events_in(page, "own")
    assert event["data"]["changed"] == {account_of(alice): states_of(alice, "Mailbox")}


def test_it_connects_again_by_itself_and_misses_nothing(page: Page, alice: Person) -> None:
    page.evaluate(LISTEN, ["/mail/events?types=Mailbox&closeafter=state", "own"])
    for at in range(3):  # the second and third may fall between two connections
        make_mailbox(alice.jmap, f"M{at}")
    page.wait_for_function(
        "state => ownEvents.some(each => Object.values(each.data.changed)[0].Mailbox === state)",
        arg=states_of(alice, "Mailbox")["Mailbox"],
        timeout=30_000,
    )


def test_it_ends_when_one_logs_out(page: Page, alice: Person) -> None:
    page.evaluate(LISTEN, ["/mail/events", "own"])
    alice.user.browsersession_set.all().delete()
    page.wait_for_function("() => own.readyState === EventSource.CLOSED", timeout=30_000)


def test_a_strangers_page_cannot_use_the_cookie(page: Page, stranger: Page, live_server_url: str) -> None:
    with pytest.raises(Exception, match="closed"):
        stranger.evaluate(LISTEN, [f"{live_server_url}/mail/events", "stolen"])


def test_any_page_with_a_ticket_hears_of_changes(stranger: Page, live_server_url: str, alice: Person) -> None:
    url = f"{live_server_url}/jmap/eventsource?types=Mailbox&closeafter=no&ping=0"
    assert stranger.evaluate(LISTEN, [f"{url}&ticket={ticket(stranger, live_server_url, alice)}", "jmap"]) == "open"
    make_mailbox(alice.jmap, "New")
    (event,) = events_in(stranger, "jmap")
    assert event["data"]["changed"] == {account_of(alice): states_of(alice, "Mailbox")}


def test_a_used_ticket_closes_the_event_source_for_good(stranger: Page, live_server_url: str, alice: Person) -> None:
    url = f"{live_server_url}/jmap/eventsource?ticket={ticket(stranger, live_server_url, alice)}"
    assert stranger.evaluate(LISTEN, [url, "first"]) == "open"
    with pytest.raises(Exception, match="closed"):
        stranger.evaluate(LISTEN, [url, "second"])


def test_any_page_with_a_ticket_speaks_jmap_over_web_socket(
    stranger: Page, live_server_url: str, alice: Person
) -> None:
    url = f"ws{live_server_url.removeprefix('http')}/jmap/ws?ticket={ticket(stranger, live_server_url, alice)}"
    assert stranger.evaluate(CONNECT, url) == "jmap"
    stranger.evaluate("""() => {
        socket.send(JSON.stringify({"@type": "WebSocketPushEnable", dataTypes: ["Mailbox"]}));
        socket.send(JSON.stringify({"@type": "Request", id: "R1", using: ["urn:ietf:params:jmap:core"],
            methodCalls: [["Core/echo", {hello: "Zoë"}, "0"]]}));
    }""")
    stranger.wait_for_function("() => messages.length === 1")
    make_mailbox(alice.jmap, "New")
    stranger.wait_for_function("() => messages.length === 2")
    answer, change = stranger.evaluate("messages")
    assert (answer["requestId"], answer["methodResponses"]) == ("R1", [["Core/echo", {"hello": "Zoë"}, "0"]])
    assert change["changed"] == {account_of(alice): states_of(alice, "Mailbox")}


def test_without_a_ticket_a_page_is_refused(stranger: Page, live_server_url: str) -> None:
    with pytest.raises(Exception, match="refused"):
        stranger.evaluate(CONNECT, f"ws{live_server_url.removeprefix('http')}/jmap/ws")
