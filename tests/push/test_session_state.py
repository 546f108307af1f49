"""The state of the Session changes with what it says, and every response carries it (RFC 8620 §2, §3.4)."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts import auth
from accounts.auth import renewed
from accounts.provision import grant, revoke
from jmap.client import Client
from jmap.core.session import state_of
from tests.fixtures.accounts import Person
from tests.fixtures.streams import request, web_socket
from tests.push.conftest import client_of


@pytest.fixture(autouse=True)
def as_if_just_started() -> Iterator[None]:
    """Settings don't change while a process runs."""
    yield
    state_of.cache_clear()


def state(client: Client) -> str:
    """Asked anew, as by a process that has forgotten the caller."""
    auth.forget()
    state_of.cache_clear()
    return str(Client(renewed(client.caller.standing)).session()["state"])


def test_it_stays_while_nothing_changes(alice: Person) -> None:
    client = client_of(alice)
    before = state(client)
    client.call("Mailbox/set", create={"new": {"name": "New"}})
    assert state(client) == before


def test_it_changes_with_access(alice: Person, bob: Person) -> None:
    client = client_of(alice)
    states = [state(client)]
    for read_only in (False, True):
        grant(bob.email, alice.email, read_only)
        states.append(state(client))
    revoke(bob.email, alice.email)
    assert len(set(states)) == 3
    assert state(client) == states[0]


@pytest.mark.parametrize("name", ["MAX_CALLS_IN_REQUEST", "MAX_SIZE_UPLOAD", "MAX_CONCURRENT_REQUESTS", "PUBLIC_URL"])
def test_it_changes_with_limits_and_addresses(alice: Person, settings: Any, name: str) -> None:
    client = client_of(alice)
    before = state(client)
    setattr(settings, name, "https://mail.test" if name == "PUBLIC_URL" else 7)
    assert state(client) != before


def test_responses_over_web_socket_carry_it(live_server_url: str, alice: Person) -> None:
    client = client_of(alice)
    with web_socket(live_server_url, alice.basic) as opened:
        opened.send(request())
        assert opened.receive()["sessionState"] == state(client)
