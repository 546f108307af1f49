"""Clients that follow an account for as long as it takes, and connect again whenever they are cut off."""

import threading
import time
from typing import Any

import httpx
from websockets.exceptions import WebSocketException

from tests.fixtures.streams import event_stream, request, web_socket
from tests.push.running import Client

Wire = dict[str, Any]
CUT_OFF = (httpx.HTTPError, WebSocketException, OSError, StopIteration, TimeoutError, AssertionError)
PATIENCE = 8.0  # seconds of silence after which a client looks whether the connection still lives


class Follower(threading.Thread):
    """Knows what it was told: account -> type -> state. `told` has the time of each piece of news of an account."""

    def __init__(self, client: Client, url: str) -> None:
        super().__init__(daemon=True)
        self.client, self.url = client, url
        self.known: dict[str, Wire] = {}
        self.told: list[tuple[float, str]] = []
        self.place: str | None = None
        self.connections, self.stopping = 0, threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self.follow()
            except CUT_OFF:
                time.sleep(0.05)

    def follow(self) -> None:
        """One connection."""
        raise NotImplementedError

    def begin(self) -> None:
        """Connected without a place to go on from, so what is so now is asked for."""
        self.connections += 1
        if self.place is None:
            session = self.client.http.get("/jmap/session").raise_for_status().json()
            for account in session["accounts"]:
                self.known.setdefault(account, {}).update(self.client.states(account))

    def note(self, changed: Wire, place: str | None) -> None:
        for account, states in changed.items():
            self.told.append((time.monotonic(), account))
            self.known.setdefault(account, {}).update(states)
        self.place = place or self.place


class EventFollower(Follower):
    def follow(self) -> None:
        headers = {"Last-Event-ID": self.place} if self.place else {}
        with event_stream(self.url, self.client.authorization, headers=headers, patience=PATIENCE, ping=5) as events:
            self.begin()
            while not self.stopping.is_set():
                event = events.next()
                if event.name == "state":
                    self.note(event.data["changed"], event.id)


class SocketFollower(Follower):
    """After a silence it connects anew: nothing says that the connection still lives."""

    def follow(self) -> None:
        with web_socket(self.url, self.client.authorization, open_timeout=5, close_timeout=1) as socket:
            place = {"pushState": self.place} if self.place else {}
            socket.send({"@type": "WebSocketPushEnable", "dataTypes": None, **place})
            socket.send(request())
            while not self.stopping.is_set():
                message = socket.receive(PATIENCE)
                if message["@type"] == "StateChange":
                    self.note(message["changed"], message["pushState"])
                elif message["@type"] == "Response":  # so push is enabled
                    self.begin()
