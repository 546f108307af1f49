"""Requests over real sockets as one user."""

import base64
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.fixtures.accounts import Person

Open = Callable[[Person], httpx.Client]


@pytest.fixture
def web(live_server_url: str) -> Iterator[httpx.Client]:
    """Without credentials."""
    with httpx.Client(base_url=live_server_url, timeout=20) as client:
        yield client


@pytest.fixture
def http(live_server_url: str, alice: Person) -> Iterator[httpx.Client]:
    """As Alice, by app password."""
    with httpx.Client(base_url=live_server_url, timeout=20, headers={"Authorization": bearer(alice)}) as client:
        yield client


def bearer(person: Person) -> str:
    return f"Bearer {person.app_password()}"


def basic(login: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}


def account_id(person: Person) -> str:
    return f"a{person.account.pk}"


def is_problem(response: httpx.Response, status: int, kind: str = "about:blank") -> bool:
    """Whether the response is this problem document (RFC 7807)."""
    return (
        response.status_code == status
        and response.headers["content-type"] == "application/problem+json"
        and response.json()["status"] == status
        and response.json()["type"].removeprefix("urn:ietf:params:jmap:error:") == kind
    )
