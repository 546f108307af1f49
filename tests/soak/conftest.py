"""What all soak runs share: a random source that a failure can be repeated with, and a person on the line."""

import os
import random
from collections.abc import Iterator

import pytest

from tests.fixtures.accounts import Person
from tests.soak.line import Line


@pytest.fixture
def seed() -> int:
    """SOAK_SEED, else a new one; printed, so that a failing run says how to repeat it."""
    chosen = int(os.environ.get("SOAK_SEED") or random.randrange(2**32))
    print(f"SOAK_SEED={chosen}")
    return chosen


@pytest.fixture
def dice(seed: int) -> random.Random:
    return random.Random(seed)


@pytest.fixture
def line(live_server_url: str, alice: Person) -> Iterator[Line]:
    """Alice over HTTP."""
    with Line(live_server_url, f"a{alice.account.pk}", f"Bearer {alice.app_password()}") as open_line:
        yield open_line
