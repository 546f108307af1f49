"""Who may send a large body is asked before it is received."""

import pytest

from jmap.http.admission import admit, needs_admission
from tests.fixtures.accounts import Person


def test_a_known_caller_may_send_a_body(alice: Person) -> None:
    assert admit({"HTTP_AUTHORIZATION": f"Bearer {alice.app_password()}", "REMOTE_ADDR": "192.0.2.1"}) is None


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic !"])
def test_a_stranger_is_refused_before_the_body(header: str) -> None:
    refusal = admit({"HTTP_AUTHORIZATION": header, "REMOTE_ADDR": "192.0.2.3"})
    assert refusal is not None and refusal.status_code == 401


def test_only_requests_with_large_bodies_are_asked_about() -> None:
    assert needs_admission("POST", "/jmap/upload/a1") and needs_admission("POST", "/jmap/api")
    assert not needs_admission("GET", "/jmap/session") and not needs_admission("POST", "/login")
