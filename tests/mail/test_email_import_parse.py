"""Email/import and Email/parse (RFC 8621 §4.8, §4.9)."""

import io
from typing import Any

import pytest

from jmap.client import Client, MethodFailed
from jmap.core import sql
from jmap.core.context import Context
from jmap.core.errors import InvalidProperties
from jmap.core.writing import writing
from jmap.mail import email_import
from tests.fixtures.accounts import Person
from tests.fixtures.mail import emails, is_sound, make_mailbox, roles

Wire = dict[str, Any]
TEA = b"Message-ID: <tea@x.test>\r\nFrom: a@x.test\r\nSubject: Tea\r\n\r\nHello\r\n"
NESTED = (
    b"Subject: outer\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\n\r\nsee below\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + TEA + b"--b--\r\n"
)


def upload(jmap: Client, octets: bytes = TEA) -> str:
    return str(jmap.upload(io.BytesIO(octets))["blobId"])


@pytest.fixture
def inbox(jmap: Client) -> str:
    return roles(jmap)["inbox"]


def bring(jmap: Client, mailbox: str, octets: bytes = TEA, **more: Any) -> Wire:
    """Import; the created object."""
    wire = {"blobId": upload(jmap, octets), "mailboxIds": {mailbox: True}, **more}
    return dict(jmap.call("Email/import", emails={"c": wire})["created"]["c"])


def get(jmap: Client, id: str, *names: str) -> Wire:
    return dict(jmap.call("Email/get", ids=[id], properties=list(names))["list"][0])


def test_an_import_tells_id_blob_thread_and_size(jmap: Client, inbox: str) -> None:
    blob = upload(jmap)
    state = jmap.call("Email/get", ids=[])["state"]
    answer = jmap.call("Email/import", emails={"c": {"blobId": blob, "mailboxIds": {inbox: True}}})
    made = answer["created"]["c"]
    assert set(made) == {"id", "blobId", "threadId", "size"} and (made["blobId"], made["size"]) == (blob, len(TEA))
    assert (answer["oldState"], answer["newState"]) == (state, jmap.call("Email/get", ids=[])["state"])


def test_an_import_sets_mailboxes_keywords_and_date(jmap: Client, inbox: str) -> None:
    other = make_mailbox(jmap, "Plans")
    new: Wire = {
        "mailboxIds": {inbox: True, other: True},
        "keywords": {"$Seen": True},
        "receivedAt": "2020-01-02T03:04:05Z",
    }
    id = bring(jmap, inbox, **new)["id"]
    assert get(jmap, id, *new) == {"id": id, **new, "keywords": {"$seen": True}}


def test_the_date_is_that_of_the_newest_received_field(jmap: Client, inbox: str) -> None:
    lines = b"Received: from b; Fri, 2 Jan 2026 03:04:05 +0200\r\nReceived: from a; Thu, 1 Jan 2026 00:00:00 +0000\r\n"
    id = bring(jmap, inbox, lines + TEA)["id"]
    assert get(jmap, id, "receivedAt")["receivedAt"] == "2026-01-02T01:04:05Z"


def test_a_duplicate_is_an_email_of_its_own(jmap: Client, alice: Person, inbox: str) -> None:
    first, second = bring(jmap, inbox), bring(jmap, inbox)
    jmap.call("Email/set", update={first["id"]: {"keywords/$seen": True}})
    assert first["id"] != second["id"] and first["blobId"] == second["blobId"]
    assert get(jmap, second["id"], "keywords")["keywords"] == {}
    jmap.call("Email/set", destroy=[first["id"]])
    located = jmap.download(second["blobId"])
    assert located is not None and located.octets() == TEA and is_sound(alice.caller)


WRONG: list[tuple[Wire, str]] = [
    ({"blobId": None}, "blobId"),
    ({"blobId": 7}, "blobId"),
    ({"mailboxIds": {}}, "mailboxIds"),
    ({"mailboxIds": None}, "mailboxIds"),
    ({"mailboxIds": {"m999999": True}}, "mailboxIds"),
    ({"mailboxIds": {"m1": False}}, "mailboxIds"),
    ({"keywords": {"a b": True}}, "keywords"),
    ({"keywords": {"a": 1}}, "keywords"),
    ({"receivedAt": "yesterday"}, "receivedAt"),
    ({"subject": "x"}, "subject"),
]


@pytest.mark.parametrize(("more", "name"), WRONG, ids=str)
def test_a_wrong_import_is_refused_and_its_siblings_go_on(jmap: Client, inbox: str, more: Wire, name: str) -> None:
    good = {"blobId": upload(jmap), "mailboxIds": {inbox: True}}
    answer = jmap.call("Email/import", emails={"good": good, "bad": {**good, **more}})
    assert set(answer["created"]) == {"good"} and set(answer["notCreated"]) == {"bad"}
    error = answer["notCreated"]["bad"]
    assert (error["type"], error["properties"]) == ("invalidProperties", [name])


@pytest.mark.parametrize("name", ["blobId", "mailboxIds"])
def test_an_import_without_its_blob_or_mailboxes_is_refused(jmap: Client, inbox: str, name: str) -> None:
    wire: Wire = {"blobId": upload(jmap), "mailboxIds": {inbox: True}}
    del wire[name]
    assert jmap.call("Email/import", emails={"c": wire})["notCreated"]["c"]["properties"] == [name]


def test_an_import_can_expect_a_state(jmap: Client, inbox: str) -> None:
    state = jmap.call("Email/get", ids=[])["state"]
    arguments: Wire = {"emails": {"c": {"blobId": upload(jmap), "mailboxIds": {inbox: True}}}, "ifInState": state}
    jmap.call("Email/import", **arguments)
    with pytest.raises(MethodFailed, match="stateMismatch"):
        jmap.call("Email/import", **arguments)
    assert len(emails(jmap)) == 1


def test_a_part_can_be_imported_as_a_message(jmap: Client, inbox: str) -> None:
    outer = bring(jmap, inbox, NESTED)
    part = get(jmap, outer["id"], "attachments")["attachments"][0]["blobId"]
    answer = jmap.call("Email/import", emails={"c": {"blobId": part, "mailboxIds": {inbox: True}}})
    assert get(jmap, answer["created"]["c"]["id"], "subject")["subject"] == "Tea"


def test_a_blob_swept_away_since_it_was_read_makes_no_email(jmap: Client, inbox: str) -> None:
    wire = email_import.check_import({"blobId": upload(jmap), "mailboxIds": {inbox: True}})
    context, account_id = Context(jmap.caller), int(jmap.account_id[1:])
    prepared = email_import.prepare(context, account_id, wire)
    sql.run("DELETE FROM core_blob WHERE account_id = %s AND sha256 = %s", account_id, prepared.blob)
    with writing(account_id, "test") as log, pytest.raises(InvalidProperties, match="blob"):
        email_import.import_one(context, log, wire, prepared)
    assert emails(jmap) == {}


def test_a_later_call_may_name_an_import(jmap: Client, inbox: str) -> None:
    new = {"c": {"blobId": upload(jmap), "mailboxIds": {inbox: True}}}
    answers = jmap.batch(("Email/import", {"emails": new}), ("Email/set", {"update": {"#c": {"keywords/a": True}}}))
    assert list(answers["1"]["updated"]) == [answers["0"]["created"]["c"]["id"]]


def parse(jmap: Client, blob: str, **more: Any) -> Wire:
    return dict(jmap.call("Email/parse", blobIds=[blob], **more)["parsed"][blob])


def test_a_parsed_message_has_the_default_properties(jmap: Client) -> None:
    found = parse(jmap, upload(jmap), fetchTextBodyValues=True)
    assert set(found) == {
        "messageId", "inReplyTo", "references", "sender", "from", "to", "cc", "bcc", "replyTo", "subject", "sentAt",
        "hasAttachment", "preview", "bodyValues", "textBody", "htmlBody", "attachments",
    }  # fmt: skip
    assert (found["subject"], found["messageId"], found["preview"]) == ("Tea", ["tea@x.test"], "Hello")
    assert [value["value"] for value in found["bodyValues"].values()] == ["Hello\n"]


def test_a_parsed_message_has_no_place_in_the_account(jmap: Client) -> None:
    names = ["id", "mailboxIds", "keywords", "receivedAt", "threadId"]
    assert parse(jmap, upload(jmap), properties=names) == dict.fromkeys(names)
    assert emails(jmap) == {}


def test_headers_in_utf_8_are_parsed(jmap: Client) -> None:
    blob = upload(jmap, "From: Jørn <jørn@blåbær.test>\r\nSubject: Grød\r\n\r\nx".encode())
    found = parse(jmap, blob, properties=["from", "subject"])
    assert found == {"from": [{"name": "Jørn", "email": "jørn@blåbær.test"}], "subject": "Grød"}


def test_an_attached_message_is_parsed_down_to_its_parts(jmap: Client, inbox: str) -> None:
    part = get(jmap, bring(jmap, inbox, NESTED)["id"], "attachments")["attachments"][0]["blobId"]
    found = parse(jmap, part, properties=["subject", "textBody", "blobId"])
    assert (found["subject"], found["blobId"]) == ("Tea", part)
    located = jmap.download(found["textBody"][0]["blobId"])
    assert located is not None and located.octets() == b"Hello"


def test_parse_and_get_agree(jmap: Client, inbox: str) -> None:
    made = bring(jmap, inbox, NESTED)
    names = ["subject", "bodyStructure", "attachments", "headers", "preview", "hasAttachment", "size", "blobId"]
    found = get(jmap, made["id"], *names)
    del found["id"]
    assert parse(jmap, made["blobId"], properties=names) == found


@pytest.mark.parametrize("arguments", [{}, {"blobIds": None}, {"blobIds": "b"}, {"blobIds": [], "properties": ["x"]}])
def test_wrong_arguments_of_parse_are_invalid(jmap: Client, arguments: Wire) -> None:
    with pytest.raises(MethodFailed, match="invalidArguments"):
        jmap.call("Email/parse", **arguments)
