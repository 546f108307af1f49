"""A browser's session, without a browser."""

import pytest
from django.test import Client as Web

from tests.fixtures.accounts import Person


@pytest.fixture
def web(alice: Person) -> Web:
    """Alice, logged in."""
    web = Web()
    web.force_login(alice.user)
    return web
