"""Real and broken messages of other projects, over HTTP: each imports, lists and comes back octet for octet."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fixtures.accounts import Person
from tests.fixtures.mail import roles

FOLDER = Path(__file__).parents[3] / "shared" / "mail"
MESSAGES = sorted(FOLDER.rglob("*.eml"))
USING = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"]
LISTED = ["subject", "from", "to", "receivedAt", "size", "preview", "hasAttachment", "threadId", "keywords", "sentAt"]

pytestmark = pytest.mark.skipif(not MESSAGES, reason=f"no messages in {FOLDER}")


@pytest.fixture
def http(live_server_url: str, alice: Person) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {alice.app_password()}"}
    with httpx.Client(base_url=live_server_url, headers=headers, timeout=20) as client:
        yield client


def call(http: httpx.Client, *calls: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The response arguments of each call."""
    listed = [[name, arguments, str(at)] for at, (name, arguments) in enumerate(calls)]
    response = http.post("/jmap/api", json={"using": USING, "methodCalls": listed})
    assert response.status_code == 200
    answers = response.json()["methodResponses"]
    assert not [answer for answer in answers if answer[0] == "error"]
    return [answer[1] for answer in answers]


def import_file(http: httpx.Client, account: str, inbox: str, path: Path) -> dict[str, Any]:
    """Upload and import a file; what the server tells of the new email."""
    blob = http.post(f"/jmap/upload/{account}", content=path.read_bytes()).json()["blobId"]
    emails = {"new": {"blobId": blob, "mailboxIds": {inbox: True}}}
    (answer,) = call(http, ("Email/import", {"accountId": account, "emails": emails}))
    assert answer["notCreated"] is None, (path, answer)
    return dict(answer["created"]["new"])


def test_every_message_imports_lists_and_comes_back(http: httpx.Client, alice: Person) -> None:
    account, inbox = alice.jmap.account_id, roles(alice.jmap)["inbox"]
    imported = {path: import_file(http, account, inbox, path) for path in MESSAGES}
    listing = {"accountId": account, "filter": {"inMailbox": inbox}, "calculateTotal": True}
    ids = {"resultOf": "0", "name": "Email/query", "path": "/ids"}
    query, got = call(
        http, ("Email/query", listing), ("Email/get", {"accountId": account, "#ids": ids, "properties": LISTED})
    )
    assert query["total"] == len(MESSAGES) and len(got["list"]) == len(MESSAGES) and not got["notFound"]
    sizes = sorted(email["size"] for email in got["list"])
    assert sizes == sorted(path.stat().st_size for path in MESSAGES)
    for path, email in imported.items():
        found = http.get(f"/jmap/download/{account}/{email['blobId']}/message.eml?type=message/rfc822")
        assert (found.status_code, found.content) == (200, path.read_bytes()), path


def test_every_part_of_every_message_can_be_read(http: httpx.Client, alice: Person) -> None:
    account, inbox = alice.jmap.account_id, roles(alice.jmap)["inbox"]
    for path in MESSAGES:
        import_file(http, account, inbox, path)
    wanted = {"properties": ["attachments", "textBody", "htmlBody", "bodyValues"], "fetchAllBodyValues": True}
    (got,) = call(http, ("Email/get", {"accountId": account, "ids": None, **wanted}))
    assert len(got["list"]) == len(MESSAGES)
    for part in [part for email in got["list"] for part in email["attachments"]]:
        found = http.get(f"/jmap/download/{account}/{part['blobId']}/part")
        assert (found.status_code, len(found.content)) == (200, part["size"]), part
