"""Devices that subscribe with a login of their own."""

from collections.abc import Callable

import pytest

from accounts.auth import authenticate
from jmap.client import Client
from tests.fixtures.accounts import Person
from tests.fixtures.push_service import Device, PushService
from tests.http.conftest import http, web

__all__ = ["http", "web"]


def client_of(person: Person) -> Client:
    """Logged in by a new app password."""
    return Client(authenticate(f"Bearer {person.app_password()}", "192.0.2.1"))


@pytest.fixture
def make_device(push_service: PushService) -> Callable[..., Device]:
    def make(person: Person, path: str = "/push") -> Device:
        return Device(client_of(person), push_service, path)

    return make


@pytest.fixture
def device(make_device: Callable[..., Device], alice: Person) -> Device:
    return make_device(alice)
