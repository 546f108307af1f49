"""Single-use tickets for pages, which can't send credentials with a stream."""

from datetime import timedelta

import httpx
import pytest
from django.utils import timezone
from websockets.exceptions import InvalidStatus

from jmap.push.models import Ticket
from tests.fixtures.accounts import Person
from tests.fixtures.streams import event_stream, web_socket
from tests.http.conftest import bearer, is_problem

PAGE, OTHER = "https://client.test", "https://evil.test"


def ticket(url: str, person: Person, origin: str = "") -> str:
    headers = {"Authorization": bearer(person)} | ({"Origin": origin} if origin else {})
    response = httpx.post(f"{url}/jmap/ticket", headers=headers, timeout=20)
    assert response.status_code == 201
    return str(response.json()["ticket"])


def refused(url: str, issued: str, origin: str = "") -> int:
    """With which status an event source is refused; 0 where it is opened."""
    try:
        with event_stream(url, ticket=issued, headers={"Origin": origin} if origin else {}):
            return 0
    except httpx.HTTPStatusError as error:
        assert is_problem(error.response, error.response.status_code)
        return error.response.status_code


def test_the_session_says_where_tickets_are(http: httpx.Client) -> None:
    url = http.get("/jmap/session").json()["capabilities"]["urn:posthorn:jmap:ticket"]["url"]
    assert http.post(url).status_code == 201


def test_a_ticket_opens_one_stream(live_server_url: str, alice: Person) -> None:
    issued = ticket(live_server_url, alice)
    assert refused(live_server_url, issued) == 0
    assert refused(live_server_url, issued) == 401


def test_a_ticket_opens_one_web_socket(live_server_url: str, alice: Person) -> None:
    query = f"?ticket={ticket(live_server_url, alice)}"
    with web_socket(live_server_url, query=query) as opened:
        assert opened.echo()["@type"] == "Response"
    with pytest.raises(InvalidStatus, match="401"), web_socket(live_server_url, query=query):
        pass


def test_a_ticket_is_good_for_streams_only(live_server_url: str, alice: Person) -> None:
    issued = ticket(live_server_url, alice)
    for path in ("session", "download/a1/b1/x"):
        assert httpx.get(f"{live_server_url}/jmap/{path}", params={"ticket": issued}, timeout=20).status_code == 401
    bearer_of_it = {"Authorization": f"Bearer {issued}"}
    assert httpx.get(f"{live_server_url}/jmap/session", headers=bearer_of_it, timeout=20).status_code == 401
    assert refused(live_server_url, issued) == 0


def test_a_ticket_runs_out(live_server_url: str, alice: Person) -> None:
    issued = ticket(live_server_url, alice)
    assert (
        timedelta(seconds=50) < Ticket.objects.get(user=alice.user).expires_at - timezone.now() <= timedelta(seconds=60)
    )
    Ticket.objects.filter(user=alice.user).update(expires_at=timezone.now())
    assert refused(live_server_url, issued) == 401


def test_a_ticket_ends_with_its_login(live_server_url: str, alice: Person) -> None:
    issued = ticket(live_server_url, alice)
    alice.user.apppassword_set.all().delete()
    assert refused(live_server_url, issued) == 401


def test_what_is_stored_is_no_ticket(live_server_url: str, alice: Person) -> None:
    issued = ticket(live_server_url, alice)
    assert issued.encode() not in bytes(Ticket.objects.get(user=alice.user).digest)


@pytest.mark.parametrize(
    ("asked_by", "used_by", "status"),
    [(PAGE, PAGE, 0), (PAGE, OTHER, 403), ("", OTHER, 403), (PAGE, "", 0), ("own", "own", 0), ("own", OTHER, 403)],
)
def test_a_ticket_is_good_for_the_page_that_asked(
    live_server_url: str, alice: Person, asked_by: str, used_by: str, status: int
) -> None:
    asked_by, used_by = (live_server_url if origin == "own" else origin for origin in (asked_by, used_by))
    assert refused(live_server_url, ticket(live_server_url, alice, asked_by), used_by) == status


def test_a_foreign_page_with_a_ticket_opens_a_web_socket(live_server_url: str, alice: Person) -> None:
    query = f"?ticket={ticket(live_server_url, alice, PAGE)}"
    with web_socket(live_server_url, query=query, origin=PAGE) as opened:
        assert opened.echo()["@type"] == "Response"


def test_no_ticket_without_a_login(web: httpx.Client) -> None:
    assert is_problem(web.post("/jmap/ticket"), 401)
    assert is_problem(web.get("/jmap/ticket"), 405)


@pytest.mark.parametrize("issued", ["", "x", "%00", "x" * 5000])
def test_nonsense_is_no_ticket(live_server_url: str, issued: str) -> None:
    assert refused(live_server_url, issued) == 401
