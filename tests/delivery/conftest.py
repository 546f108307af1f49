from collections.abc import Iterator

import pytest

from tests.fixtures.smtp import Receiver, receiving


@pytest.fixture(scope="session")
def receiver(database: None) -> Iterator[Receiver]:
    """Mail servers with the usual settings; this machine counts as a relay, so nothing is judged or counted."""
    with receiving(SMTP_RATE=0, SMTP_CONNECTIONS_PER_ADDRESS=1000) as running:
        yield running
