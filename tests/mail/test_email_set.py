"""Email/set and Email/copy (RFC 8621 §4.6, §4.7)."""

import io
import re
from typing import Any

import pytest

from accounts.provision import add_account, grant
from jmap.client import Client
from jmap.core.models import Blob
from jmap.mail import limits
from tests.fixtures.accounts import Person
from tests.fixtures.mail import emails, import_email, is_sound, make_mailbox, roles

Wire = dict[str, Any]
TEXT: Wire = {"bodyValues": {"t": {"value": "Hello"}}, "textBody": [{"partId": "t", "type": "text/plain"}]}


@pytest.fixture
def drafts(jmap: Client) -> str:
    return roles(jmap)["drafts"]


def create(jmap: Client, mailbox: str, **properties: Any) -> Wire:
    """What the server tells of the new email."""
    answer = jmap.call("Email/set", create={"c": {"mailboxIds": {mailbox: True}, **properties}})
    return dict(answer["created"]["c"])


def refused(jmap: Client, mailbox: str, **properties: Any) -> Wire:
    answer = jmap.call("Email/set", create={"c": {"mailboxIds": {mailbox: True}, **properties}})
    assert answer["created"] is None and answer["oldState"] == answer["newState"]
    return dict(answer["notCreated"]["c"])


def get(jmap: Client, id: str, *names: str, **more: Any) -> Wire:
    return dict(jmap.call("Email/get", ids=[id], properties=list(names) or None, **more)["list"][0])


def octets(jmap: Client, email: Wire) -> bytes:
    located = jmap.download(email["blobId"])
    assert located is not None
    return located.octets()


def not_updated(jmap: Client, id: str, patch: Any) -> Wire:
    return dict(jmap.call("Email/set", update={id: patch})["notUpdated"][id])


def test_a_creation_tells_id_blob_thread_and_size(jmap: Client, drafts: str) -> None:
    made = create(jmap, drafts, subject="Tea", **TEXT)
    assert set(made) == {"id", "blobId", "threadId", "size"} and made["size"] == len(octets(jmap, made))


def test_a_new_email_has_a_message_id_and_a_date(jmap: Client, drafts: str) -> None:
    made = create(jmap, drafts, **{"from": [{"name": None, "email": "a@tea.test"}]}, **TEXT)
    email = get(jmap, made["id"], "messageId", "sentAt", "keywords")
    assert email["messageId"][0].endswith("@tea.test") and email["sentAt"] and email["keywords"] == {}


def test_a_given_message_id_and_date_stay(jmap: Client, drafts: str) -> None:
    made = create(jmap, drafts, messageId=["x@y.test"], sentAt="2026-01-02T03:04:05+02:00", **TEXT)
    email = get(jmap, made["id"], "messageId", "sentAt")
    assert (email["messageId"], email["sentAt"]) == (["x@y.test"], "2026-01-02T03:04:05+02:00")


def test_what_was_written_is_read(jmap: Client, drafts: str) -> None:
    properties: Wire = {
        "from": [{"name": "Zoë, A.", "email": "zoe@x.test"}],
        "to": [{"name": None, "email": "b@x.test"}, {"name": "Ünal", "email": "c@x.test"}],
        "subject": "Tee für zwei 🍵 " + "lang " * 30,
        "inReplyTo": ["r@x.test"],
        "references": ["q@x.test", "r@x.test"],
    }
    email = get(jmap, create(jmap, drafts, **properties, **TEXT)["id"], *properties)
    assert {name: email[name] for name in properties} == properties


def test_every_line_of_a_new_message_is_short_and_ascii_in_its_head(jmap: Client, drafts: str) -> None:
    body = {"bodyValues": {"t": {"value": "ü" * 3000}}, "textBody": [{"partId": "t"}]}
    raw = octets(jmap, create(jmap, drafts, subject="ü" * 300, **body))
    assert max(map(len, raw.split(b"\r\n"))) <= 998 and raw.partition(b"\r\n\r\n")[0].isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)


def test_text_html_and_attachments_are_arranged(jmap: Client, drafts: str) -> None:
    blob = jmap.upload(io.BytesIO(b"\0\1\2"))["blobId"]
    made = create(
        jmap, drafts,
        bodyValues={"t": {"value": "Hello"}, "h": {"value": "<b>Hello</b>"}},
        textBody=[{"partId": "t", "type": "text/plain"}], htmlBody=[{"partId": "h", "type": "text/html"}],
        attachments=[{"blobId": blob, "type": "image/png", "name": "é.png"}],
    )  # fmt: skip
    email = get(jmap, made["id"], "textBody", "htmlBody", "attachments", "bodyValues", "hasAttachment",
                fetchAllBodyValues=True)  # fmt: skip
    values = {
        part["type"]: email["bodyValues"][part["partId"]]["value"] for part in email["textBody"] + email["htmlBody"]
    }
    assert values == {"text/plain": "Hello", "text/html": "<b>Hello</b>"} and email["hasAttachment"]
    (part,) = email["attachments"]
    assert (part["name"], part["type"], part["disposition"], part["size"]) == ("é.png", "image/png", "attachment", 3)
    located = jmap.download(part["blobId"])
    assert located is not None and located.octets() == b"\0\1\2"


def test_a_body_structure_is_kept(jmap: Client, drafts: str) -> None:
    leaf = {"partId": "t", "type": "text/plain"}
    tree = {"type": "multipart/mixed", "subParts": [{"type": "multipart/alternative", "subParts": [leaf]}, leaf]}
    made = create(jmap, drafts, bodyStructure=tree, bodyValues={"t": {"value": "x"}})
    found = get(jmap, made["id"], "bodyStructure", bodyProperties=["type"])["bodyStructure"]
    plain = {"type": "text/plain"}
    assert found == {
        "type": "multipart/mixed",
        "subParts": [{"type": "multipart/alternative", "subParts": [plain]}, plain],
    }


def test_custom_headers_are_written_in_every_form(jmap: Client, drafts: str) -> None:
    headers: Wire = {
        "header:X-Text:asText": "Grüße",
        "header:X-Many:asText:all": ["one", "two"],
        "header:List-Post:asURLs": ["mailto:x@y.test"],
        "header:Resent-To:asAddresses": [{"name": "B", "email": "b@x.test"}],
        "header:Resent-Date:asDate": "2026-01-02T03:04:05Z",
        "header:X-Group:asGroupedAddresses": [{"name": "us", "addresses": [{"name": None, "email": "a@x.test"}]}],
    }
    assert get(jmap, create(jmap, drafts, **headers, **TEXT)["id"], *headers).items() >= headers.items()


PART: Wire = {"partId": "t", "type": "text/plain"}
WRONG: list[tuple[Wire, str]] = [
    ({"headers": [{"name": "X", "value": "y"}]}, "headers"),
    ({"subject": "a", "header:Subject:asText": "b"}, "subject"),
    ({"header:From:asURLs": ["http://x"]}, "header:From:asURLs"),
    ({"header:Subject:asDate": "2026-01-01T00:00:00Z"}, "header:Subject:asDate"),
    ({"header:Content-Type:asText": "text/plain"}, "header:Content-Type:asText"),
    ({"bodyStructure": PART, "textBody": [PART]}, "bodyStructure"),
    ({"bodyStructure": {**PART, "header:Subject:asText": "b"}, "subject": "a"}, "bodyStructure"),
    ({"bodyStructure": {**PART, "headers": []}}, "bodyStructure"),
    ({"textBody": [PART, PART]}, "textBody"),
    ({"textBody": []}, "textBody"),
    ({"textBody": [{"partId": "t", "type": "text/html"}]}, "textBody"),
    ({"htmlBody": [PART]}, "htmlBody"),
    ({"textBody": [{"partId": "t", "blobId": "b1"}]}, "textBody"),
    ({"textBody": [{"partId": "missing"}]}, "textBody"),
    ({"textBody": [{**PART, "charset": "utf-8"}]}, "textBody"),
    ({"textBody": [{**PART, "size": 5}]}, "textBody"),
    ({"textBody": [{**PART, "header:Content-Transfer-Encoding:asText": "8bit"}]}, "textBody"),
    ({"bodyValues": {"t": {"value": "x", "isTruncated": True}}}, "bodyValues"),
    ({"bodyValues": {"t": {"value": "x", "isEncodingProblem": True}}}, "bodyValues"),
    ({"id": "e1"}, "id"),
    ({"threadId": "t1"}, "threadId"),
    ({"size": 5}, "size"),
    ({"preview": "x"}, "preview"),
    ({"hasAttachment": True}, "hasAttachment"),
    ({"nonsense": 1}, "nonsense"),
    ({"keywords": {"$seen": False}}, "keywords"),
    ({"keywords": {"a b": True}}, "keywords"),
    ({"mailboxIds": {}}, "mailboxIds"),
    ({"mailboxIds": {"m999999": True}}, "mailboxIds"),
    ({"mailboxIds": None}, "mailboxIds"),
    ({"receivedAt": "2026-01-01T00:00:00+01:00"}, "receivedAt"),
    ({"subject": 7}, "subject"),
    ({"to": "b@x.test"}, "to"),
]


@pytest.mark.parametrize(("properties", "name"), WRONG, ids=str)
def test_an_ambiguous_or_wrong_email_is_refused(jmap: Client, drafts: str, properties: Wire, name: str) -> None:
    base: Wire = {"bodyValues": {"t": {"value": "x"}}} | properties
    if "value" in str(properties.get("bodyValues")):
        base["textBody"] = [PART]
    error = refused(jmap, drafts, **base)
    if name == "textBody" and "blobId" in str(properties):
        assert error["type"] in ("invalidProperties", "blobNotFound")
    else:
        assert error["type"] == "invalidProperties" and name in error["properties"]


def test_every_missing_blob_is_named(jmap: Client, drafts: str) -> None:
    good = jmap.upload(io.BytesIO(b"x"))["blobId"]
    missing = ["b" + "0" * 64, "nonsense"]
    error = refused(jmap, drafts, attachments=[{"blobId": blob} for blob in [*missing, good]])
    assert error["type"] == "blobNotFound" and sorted(error["notFound"]) == sorted(missing)


def test_too_many_keywords_are_refused(jmap: Client, drafts: str) -> None:
    keywords = {f"k{at}": True for at in range(limits.KEYWORDS_PER_EMAIL + 1)}
    assert refused(jmap, drafts, keywords=keywords)["type"] == "tooManyKeywords"
    id = create(jmap, drafts)["id"]
    assert not_updated(jmap, id, {"keywords": keywords})["type"] == "tooManyKeywords"


def test_keywords_come_back_in_lower_case(jmap: Client, drafts: str) -> None:
    id = create(jmap, drafts, keywords={"$DRAFT": True, "MyLabel": True})["id"]
    jmap.call("Email/set", update={id: {"keywords/$SEEN": True, "keywords/mylabel": None}})
    assert get(jmap, id, "keywords")["keywords"] == {"$draft": True, "$seen": True}


def test_keywords_and_mailboxes_are_set_whole_or_by_patch(jmap: Client, drafts: str) -> None:
    other, id = make_mailbox(jmap, "Plans"), create(jmap, drafts, keywords={"a": True})["id"]
    jmap.call("Email/set", update={id: {"keywords": {"b": True}, f"mailboxIds/{other}": True}})
    assert get(jmap, id, "keywords", "mailboxIds") == {
        "id": id, "keywords": {"b": True}, "mailboxIds": {drafts: True, other: True},
    }  # fmt: skip
    jmap.call("Email/set", update={id: {"keywords/b": None, "mailboxIds": {other: True}}})
    assert get(jmap, id, "keywords", "mailboxIds") == {"id": id, "keywords": {}, "mailboxIds": {other: True}}


@pytest.mark.parametrize("patch", [{"mailboxIds": {}}, {"mailboxIds": None}, {"mailboxIds": {"m999999": True}}])
def test_an_email_stays_in_a_mailbox_that_exists(jmap: Client, drafts: str, patch: Wire) -> None:
    id = create(jmap, drafts)["id"]
    assert not_updated(jmap, id, patch)["properties"] == ["mailboxIds"]
    assert not_updated(jmap, id, {f"mailboxIds/{drafts}": None})["properties"] == ["mailboxIds"]
    assert emails(jmap) == {id: [drafts]}


@pytest.mark.parametrize("name", ["subject", "receivedAt", "blobId", "size", "from", "preview", "threadId"])
def test_nothing_else_of_an_email_changes(jmap: Client, drafts: str, name: str) -> None:
    id = create(jmap, drafts, subject="Tea", **TEXT)["id"]
    assert not_updated(jmap, id, {name: "x", "keywords/a": True}) == {
        "type": "invalidProperties", "properties": [name], "description": "can't be changed",
    }  # fmt: skip
    assert get(jmap, id, "keywords")["keywords"] == {}


@pytest.mark.parametrize("path", ["from/0", "from/0/name", "subject/x", "none/x", "bodyValues/1", "/subject"])
def test_a_patch_leads_into_no_property_but_keywords_and_mailboxes(jmap: Client, drafts: str, path: str) -> None:
    assert not_updated(jmap, create(jmap, drafts)["id"], {path: "x"})["type"] == "invalidPatch"


def test_a_header_property_is_named_by_its_pointer(jmap: Client, drafts: str) -> None:
    id = create(jmap, drafts, **{"header:X/Y": " z"})["id"]
    assert jmap.call("Email/set", update={id: {"header:X~1Y": " z"}})["updated"] == {id: None}
    assert not_updated(jmap, id, {"header:X~1Y": "other"})["properties"] == ["header:X/Y"]


def test_what_is_sent_back_unchanged_is_no_change(jmap: Client, drafts: str) -> None:
    email = get(jmap, create(jmap, drafts, subject="Tea", **TEXT)["id"])
    answer = jmap.call("Email/set", update={email["id"]: email})
    assert answer["updated"] == {email["id"]: None} and answer["oldState"] == answer["newState"]


FETCHED = [
    {"fetchAllBodyValues": True},
    {"fetchTextBodyValues": True, "maxBodyValueBytes": 3},
    {"bodyProperties": ["type", "subParts", "headers"], "properties": ["bodyStructure", "textBody", "headers"]},
]


@pytest.mark.parametrize("arguments", FETCHED)
def test_a_whole_email_is_a_patch_however_much_of_its_body_was_fetched(
    jmap: Client, drafts: str, arguments: Wire
) -> None:
    id = create(jmap, drafts, **TEXT)["id"]
    email = jmap.call("Email/get", ids=[id], **arguments)["list"][0]
    assert jmap.call("Email/set", update={id: email})["updated"] == {id: None}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bodyValues", {"1": {"value": "other"}}),
        ("bodyValues", {"9": {"value": "x"}}),
        ("bodyValues", {"1": {"value": "other", "isTruncated": True}}),
        ("textBody", []),
        ("bodyStructure", {"type": "text/html"}),
    ],
)
def test_a_body_can_not_be_changed(jmap: Client, drafts: str, name: str, value: Any) -> None:
    assert not_updated(jmap, create(jmap, drafts, **TEXT)["id"], {name: value})["properties"] == [name]


def test_a_destroyed_email_leaves_every_mailbox(jmap: Client, alice: Person, drafts: str) -> None:
    id = import_email(jmap, drafts, roles(jmap)["inbox"])["id"]
    assert jmap.call("Email/set", destroy=[id])["destroyed"] == [id]
    assert jmap.call("Email/get", ids=[id])["notFound"] == [id] and emails(jmap) == {}
    assert jmap.call("Email/set", destroy=[id])["notDestroyed"][id]["type"] == "notFound"
    assert is_sound(alice.caller)


def test_a_draft_may_go_into_a_mailbox_just_made(jmap: Client) -> None:
    mailbox = ("Mailbox/set", {"create": {"box": {"name": "Plans"}}})
    email = ("Email/set", {"create": {"c": {"mailboxIds": {"#box": True}, **TEXT}}})
    answers = jmap.batch(mailbox, email)
    made, box = answers["1"]["created"]["c"]["id"], answers["0"]["created"]["box"]["id"]
    assert emails(jmap) == {made: [box]}


def test_a_copy_takes_only_mailboxes_keywords_and_date(alice: Person) -> None:
    jmap, account = alice.jmap, add_account(f"copies-{alice.email}")
    grant(account.name, alice.email)
    team = Client(alice.caller, f"a{account.pk}")
    id, inbox = import_email(jmap, roles(jmap)["inbox"], seen=True)["id"], roles(team)["inbox"]
    new = {"id": id, "mailboxIds": {inbox: True}, "receivedAt": "2020-01-01T00:00:00Z"}
    create = {"good": new, "bad": {**new, "subject": "x"}, "none": {"id": id}}
    answer = team.call("Email/copy", fromAccountId=jmap.account_id, create=create)
    assert {key: error["properties"] for key, error in answer["notCreated"].items()} == {
        "bad": ["subject"], "none": ["mailboxIds"],
    }  # fmt: skip
    made = answer["created"]["good"]
    copied = get(team, made["id"], "keywords", "receivedAt", "mailboxIds")
    assert set(made) == {"id", "blobId", "threadId", "size"}
    assert copied == {"id": made["id"], "keywords": {"$seen": True}, **{k: v for k, v in new.items() if k != "id"}}


def test_two_patches_of_one_keyword_are_refused(jmap: Client, drafts: str) -> None:
    id = import_email(jmap, drafts)["id"]
    answer = jmap.call("Email/set", update={id: {"keywords/$Seen": True, "keywords/$seen": None}})
    assert answer["notUpdated"][id]["type"] == "invalidPatch"


def test_an_original_that_is_swept_away_meanwhile_is_not_found(alice: Person) -> None:
    jmap, account = alice.jmap, add_account(f"swept-{alice.email}")
    grant(account.name, alice.email)
    team = Client(alice.caller, f"a{account.pk}")
    id, inbox = import_email(jmap, roles(jmap)["inbox"])["id"], roles(team)["inbox"]
    Blob.objects.filter(account_id=alice.account.pk).delete()
    create = {"c": {"id": id, "mailboxIds": {inbox: True}}}
    answer = team.call("Email/copy", fromAccountId=jmap.account_id, create=create)
    assert answer["notCreated"]["c"]["type"] == "notFound"
