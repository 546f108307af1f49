"""What mature servers got wrong, by their own tests and change logs: each point that concerns Core and Mail."""

import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from accounts.provision import add_account, grant, revoke
from jmap.client import Client, MethodFailed
from tests.fixtures.accounts import Person
from tests.fixtures.mail import import_email, make_mailbox, roles

CORE, MAIL = "urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"
PROBLEM = "urn:ietf:params:jmap:error:"


@pytest.fixture
def http(live_server_url: str, alice: Person) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {alice.app_password()}", "Content-Type": "application/json"}
    with httpx.Client(base_url=live_server_url, headers=headers, timeout=20) as client:
        yield client


@pytest.fixture
def inbox(jmap: Client) -> str:
    return roles(jmap)["inbox"]


def post(http: httpx.Client, content: str) -> Any:
    return http.post("/jmap/api", content=content).json()


def put(jmap: Client, mailbox: str, *headers: str, body: str = "Hello", **more: Any) -> dict[str, Any]:
    """Import a message with these header fields."""
    octets = "\r\n".join([*(headers or ["Subject: Tea"]), "", body]).encode()
    blob = jmap.upload(io.BytesIO(octets))["blobId"]
    emails = {"c": {"blobId": blob, "mailboxIds": {mailbox: True}, **more}}
    return dict(jmap.call("Email/import", emails=emails)["created"]["c"])


def query(jmap: Client, **arguments: Any) -> list[str]:
    return list(jmap.call("Email/query", **arguments)["ids"])


def error(jmap: Client, method: str, **arguments: Any) -> str:
    with pytest.raises(MethodFailed) as failed:
        jmap.call(method, **arguments)
    return str(failed.value.wire["type"])


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", ""])
def test_a_wrong_content_type_is_not_json(http: httpx.Client, kind: str) -> None:
    response = http.post("/jmap/api", content='{"using":[],"methodCalls":[]}', headers={"Content-Type": kind})
    assert (response.status_code, response.json()["type"]) == (415, f"{PROBLEM}notJSON")


@pytest.mark.parametrize("using", ["[]", f'["{MAIL}"]'])
def test_a_method_of_no_capability_in_using_is_unknown(http: httpx.Client, using: str) -> None:
    answer = post(http, f'{{"using":{using},"methodCalls":[["Core/echo",{{}},"0"]]}}')
    assert answer["methodResponses"] == [["error", {"type": "unknownMethod"}, "0"]]


@pytest.mark.parametrize("body", ["[]", "null", "7", '"x"', "{}", '{"using":[]}', '{"using":[],"methodCalls":[["x"]]}'])
def test_json_that_is_no_request_is_not_a_request(http: httpx.Client, body: str) -> None:
    answer = post(http, body)
    assert (answer["status"], answer["type"]) == (400, f"{PROBLEM}notRequest")


def test_a_solidus_in_a_method_name_may_be_escaped(http: httpx.Client) -> None:
    answer = post(http, f'{{"using":["{CORE}"],"methodCalls":[["Core\\/echo",{{"a":"\\/"}},"0"]]}}')
    assert answer["methodResponses"] == [["Core/echo", {"a": "/"}, "0"]]


@pytest.mark.parametrize("method", ["Email/get", "Email/query", "Mailbox/get", "Thread/get", "Mailbox/set"])
def test_an_account_must_be_named_and_known(http: httpx.Client, method: str) -> None:
    calls = f'["{method}",{{}},"0"],["{method}",{{"accountId":"a999999"}},"1"]'
    answer = post(http, f'{{"using":["{CORE}","{MAIL}"],"methodCalls":[{calls}]}}')
    assert [each[1]["type"] for each in answer["methodResponses"]] == ["invalidArguments", "accountNotFound"]


def test_a_filter_may_be_null(jmap: Client, inbox: str) -> None:
    id = import_email(jmap, inbox)["id"]
    assert query(jmap, filter=None, sort=None) == [id]
    assert len(jmap.call("Mailbox/query", filter=None)["ids"]) == 6


def test_an_anchor_and_its_offset_choose_the_page(jmap: Client, inbox: str) -> None:
    ids = [import_email(jmap, inbox, received_at=f"2026-01-0{day}T00:00:00Z")["id"] for day in (5, 4, 3, 2, 1)]
    assert query(jmap, anchor=ids[2]) == ids[2:]
    assert query(jmap, anchor=ids[2], anchorOffset=-1, limit=2) == ids[1:3]
    assert query(jmap, anchor=ids[2], anchorOffset=1, limit=1, position=4) == ids[3:4]
    assert query(jmap, anchor=ids[2], anchorOffset=-9, limit=1) == ids[:1]
    assert jmap.call("Email/query", anchor=ids[2], anchorOffset=1)["position"] == 3


@pytest.mark.parametrize("anchor", ["e999999", "nonsense", ""])
def test_an_anchor_that_is_not_in_the_results_is_not_found(jmap: Client, inbox: str, anchor: str) -> None:
    import_email(jmap, inbox)
    assert error(jmap, "Email/query", anchor=anchor) == "anchorNotFound"


def test_a_collapsed_total_counts_threads(jmap: Client, inbox: str) -> None:
    import_email(jmap, inbox, message_id="a@x")
    newest = import_email(jmap, inbox, reply_to="a@x", received_at="2026-02-01T00:00:00Z")["id"]
    alone = import_email(jmap, inbox)["id"]
    for wanted in (None, {"inMailbox": inbox}, {"minSize": 1}):
        found = jmap.call("Email/query", filter=wanted, collapseThreads=True, calculateTotal=True, limit=1)
        assert (found["ids"], found["total"]) == ([newest], 2)
    assert query(jmap, collapseThreads=True) == [newest, alone]


def test_emails_with_and_without_attachments_are_told_apart(jmap: Client, inbox: str) -> None:
    plain = import_email(jmap, inbox)["id"]
    full = put(jmap, inbox, "Content-Type: application/pdf", "Content-Disposition: attachment; filename=a.pdf")["id"]
    assert query(jmap, filter={"hasAttachment": True}) == [full]
    assert query(jmap, filter={"hasAttachment": False}) == [plain]


def test_a_header_filter_takes_a_name_and_perhaps_a_text(jmap: Client, inbox: str) -> None:
    import_email(jmap, inbox)
    id = put(jmap, inbox, "X-Walrus: oyster carpenter", "Subject: Tea")["id"]
    assert query(jmap, filter={"header": ["x-walrus"]}) == [id]
    assert query(jmap, filter={"header": ["X-WALRUS", "oyster"]}) == [id]
    assert query(jmap, filter={"header": ["X-Walrus", "tea"]}) == []
    for bad in ([], ["a", "b", "c"], "X-Walrus", [1], [None, "a"]):
        assert error(jmap, "Email/query", filter={"header": bad}) == "invalidArguments"


def test_a_keyword_sorts_both_ways(jmap: Client, inbox: str) -> None:
    first, second = (import_email(jmap, inbox)["id"] for _ in range(2))
    jmap.call("Email/set", update={first: {"keywords/$flagged": True}})
    for order, ids in ((False, [first, second]), (True, [second, first])):
        assert query(jmap, sort=[{"property": "hasKeyword", "keyword": "$flagged", "isAscending": order}]) == ids


BAD_IDS = ["", "e", "e-1", "e01", "E1", "1", "e1 ", "e" + "9" * 40, "é", "x" * 300]


@pytest.mark.parametrize("kind", ["Email", "Mailbox", "Thread"])
def test_malformed_ids_are_not_found(jmap: Client, kind: str) -> None:
    found = jmap.call(f"{kind}/get", ids=BAD_IDS)
    assert (found["list"], found["notFound"]) == ([], BAD_IDS)


@pytest.mark.parametrize("kind", ["Email", "Mailbox"])
def test_malformed_ids_are_not_found_by_set_either(jmap: Client, kind: str) -> None:
    found = jmap.call(f"{kind}/set", update={id: {} for id in BAD_IDS}, destroy=BAD_IDS)
    missing = dict.fromkeys(BAD_IDS, "notFound")
    assert {id: each["type"] for id, each in found["notUpdated"].items()} == missing
    assert {id: each["type"] for id, each in found["notDestroyed"].items()} == missing


@pytest.mark.parametrize("blob", [*BAD_IDS, "b" + "0" * 64, "b" + "0" * 64 + "-1"])
def test_a_blob_that_is_not_there_is_not_imported(jmap: Client, inbox: str, blob: str) -> None:
    answer = jmap.call("Email/import", emails={"c": {"blobId": blob, "mailboxIds": {inbox: True}}})
    assert answer["created"] is None and answer["notCreated"]["c"]["type"] == "invalidProperties"
    assert answer["notCreated"]["c"]["properties"] == ["blobId"]


def test_parse_tells_what_is_missing_from_what_is_no_message(jmap: Client) -> None:
    picture = jmap.upload(io.BytesIO(b"\x89PNG\r\n\x1a\n\0\0\0"))["blobId"]
    found = jmap.call("Email/parse", blobIds=[picture, *BAD_IDS])
    assert (found["parsed"], found["notParsable"], found["notFound"]) == (None, [picture], BAD_IDS)


def test_a_sibling_of_the_same_name_exists_already(jmap: Client) -> None:
    first = make_mailbox(jmap, "Plans")
    refused = jmap.call("Mailbox/set", create={"c": {"name": "Plans"}})["notCreated"]["c"]
    assert (refused["type"], refused["existingId"]) == ("alreadyExists", first)


def test_a_snippet_has_its_shape_also_where_nothing_matches(jmap: Client, inbox: str) -> None:
    id = import_email(jmap, inbox)["id"]
    found = jmap.call("SearchSnippet/get", filter={"text": "walrus"}, emailIds=[id, "e999999", ""])
    assert found.pop("accountId") == jmap.account_id
    assert found == {
        "list": [{"emailId": id, "subject": None, "preview": None}],
        "notFound": ["e999999", ""],
    }
    assert jmap.call("SearchSnippet/get", filter={"text": "tea"}, emailIds=[id])["notFound"] is None


def test_a_thread_without_emails_is_destroyed(jmap: Client, inbox: str) -> None:
    first = import_email(jmap, inbox, message_id="root@x")
    second = import_email(jmap, inbox, reply_to="root@x")
    state = jmap.call("Thread/get", ids=[])["state"]
    jmap.call("Email/set", destroy=[first["id"]])
    changes = jmap.call("Thread/changes", sinceState=state)
    assert (changes["updated"], changes["destroyed"]) == ([first["threadId"]], [])
    jmap.call("Email/set", destroy=[second["id"]])
    assert jmap.call("Thread/changes", sinceState=changes["newState"])["destroyed"] == [first["threadId"]]
    assert jmap.call("Thread/get", ids=[first["threadId"]])["notFound"] == [first["threadId"]]


def shared(*people: Person) -> Client:
    """The last person's client of an account that these share."""
    email = f"wrong-{people[0].email}"
    account = add_account(email)
    for person in people:
        grant(email, person.email)
    return Client(people[-1].caller, f"a{account.pk}")


@pytest.mark.parametrize("kind", ["Email", "Mailbox", "Thread"])
def test_changes_tell_nothing_of_what_is_no_longer_shared(alice: Person, bob: Person, kind: str) -> None:
    team = shared(alice, bob)
    state = team.call(f"{kind}/get", ids=[])["state"]
    import_email(team, roles(team)["inbox"])
    revoke(f"wrong-{alice.email}", bob.email)
    team = Client(bob.caller, team.account_id)
    assert error(team, f"{kind}/changes", sinceState=state) == "accountNotFound"


def test_a_copy_may_be_repeated_and_its_original_destroyed(alice: Person) -> None:
    """We forbid no duplicates, so nothing "already exists" (RFC 8621 §4.7 leaves it to the server)."""
    jmap, team = alice.jmap, shared(alice)
    id = import_email(jmap, roles(jmap)["inbox"])["id"]
    create = {"c": {"id": id, "mailboxIds": {roles(team)["inbox"]: True}}}
    first = team.call("Email/copy", fromAccountId=jmap.account_id, create=create)
    arguments = {"fromAccountId": jmap.account_id, "create": create, "onSuccessDestroyOriginal": True}
    second, destroyed = team.respond(("Email/copy", arguments))
    assert first["created"]["c"]["id"] != second[1]["created"]["c"]["id"]
    assert (destroyed[0], destroyed[1]["destroyed"], query(jmap)) == ("Email/set", [id], [])
    assert len(query(team)) == 2


def test_an_email_is_not_copied_within_its_account(jmap: Client, inbox: str) -> None:
    create = {"c": {"id": import_email(jmap, inbox)["id"], "mailboxIds": {inbox: True}}}
    assert error(jmap, "Email/copy", fromAccountId=jmap.account_id, create=create) == "invalidArguments"


def test_encoded_words_in_quoted_strings_are_read(jmap: Client, inbox: str) -> None:
    id = put(jmap, inbox, 'From: "=?utf-8?q?J=C3=B8rn?=" <j@x.test>', 'To: "=?utf-8?b?w4ksIEE=?=" <e@x.test>')["id"]
    email = jmap.call("Email/get", ids=[id], properties=["from", "to"])["list"][0]
    assert email["from"] == [{"name": "Jørn", "email": "j@x.test"}]
    assert email["to"] == [{"name": "É, A", "email": "e@x.test"}]
