"""Email/get (RFC 8621 §4.1, §4.2)."""

import io
from typing import Any

import pytest

from jmap.client import Client, MethodFailed
from tests.fixtures.mail import import_email, roles

Wire = dict[str, Any]
DEFAULTS = {
    "id", "blobId", "threadId", "mailboxIds", "keywords", "size", "receivedAt", "messageId", "inReplyTo", "references",
    "sender", "from", "to", "cc", "bcc", "replyTo", "subject", "sentAt", "hasAttachment", "preview", "bodyValues",
    "textBody", "htmlBody", "attachments",
}  # fmt: skip
PART_DEFAULTS = {"partId", "blobId", "size", "name", "type", "charset", "disposition", "cid", "language", "location"}
LETTER = """\
Message-ID: <a@x.test>
References: <b@x.test>
 <c@x.test>
From: =?utf-8?q?Zo=C3=AB?= <zoe@x.test>
To: Friends: b@x.test, C <c@x.test>;, d@x.test
X-Twice: one
x-twice:  two
List-Post: <mailto:x@y.test>, <https://y.test/>
Date: Fri, 2 Jan 2026 03:04:05 +0200
Subject:  =?utf-8?q?Caf=C3=A9?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain; charset=utf-8
X-Part: yes

Grüße an alle
--a
Content-Type: text/html; charset=utf-8

<p>Grüße <b>an alle</b></p>
--a--
--m
Content-Type: application/pdf; name=plan.pdf
Content-Disposition: attachment; filename=plan.pdf
Content-Language: de, en
Content-Location: https://y.test/plan
Content-ID: <cid@x.test>
Content-Transfer-Encoding: base64

AAECAwQ=
--m--
""".replace("\n", "\r\n").encode()


def put(jmap: Client, octets: bytes = LETTER) -> str:
    blob = jmap.upload(io.BytesIO(octets))["blobId"]
    emails = {"c": {"blobId": blob, "mailboxIds": {roles(jmap)["inbox"]: True}, "receivedAt": "2026-02-03T04:05:06Z"}}
    return str(jmap.call("Email/import", emails=emails)["created"]["c"]["id"])


def get(jmap: Client, *names: str, octets: bytes = LETTER, **more: Any) -> Wire:
    answer = jmap.call("Email/get", ids=[put(jmap, octets)], properties=list(names) or None, **more)
    return dict(answer["list"][0])


def refused(jmap: Client, **arguments: Any) -> str:
    with pytest.raises(MethodFailed) as failed:
        jmap.call("Email/get", ids=[], **arguments)
    return str(failed.value.wire["type"])


def test_the_default_properties_come(jmap: Client) -> None:
    email = get(jmap)
    assert set(email) == DEFAULTS and email["bodyValues"] == {}
    assert all(set(part) == PART_DEFAULTS for part in email["textBody"] + email["htmlBody"] + email["attachments"])


def test_metadata_is_the_server_s(jmap: Client) -> None:
    email = get(jmap, "size", "receivedAt", "keywords", "mailboxIds", "blobId")
    assert (email["size"], email["receivedAt"], email["keywords"]) == (len(LETTER), "2026-02-03T04:05:06Z", {})
    located = jmap.download(email["blobId"])
    assert email["mailboxIds"] == {roles(jmap)["inbox"]: True} and located is not None and located.octets() == LETTER


def test_convenience_properties_are_parsed(jmap: Client) -> None:
    email = get(jmap, "messageId", "references", "inReplyTo", "from", "to", "cc", "subject", "sentAt")
    assert (email["messageId"], email["references"], email["inReplyTo"]) == (
        ["a@x.test"],
        ["b@x.test", "c@x.test"],
        None,
    )
    assert (email["subject"], email["sentAt"], email["cc"]) == ("Café", "2026-01-02T03:04:05+02:00", None)
    assert email["from"] == [{"name": "Zoë", "email": "zoe@x.test"}]
    assert [each["email"] for each in email["to"]] == ["b@x.test", "c@x.test", "d@x.test"]


HEADERS: dict[str, Any] = {
    "header:Subject": "  =?utf-8?q?Caf=C3=A9?=",
    "header:subject:asText": "Café",
    "header:X-Twice": "  two",
    "header:X-Twice:all": [" one", "  two"],
    "header:X-TWICE:asText:all": ["one", "two"],
    "header:List-Post:asURLs": ["mailto:x@y.test", "https://y.test/"],
    "header:Message-ID:asMessageIds": ["a@x.test"],
    "header:Date:asDate": "2026-01-02T03:04:05+02:00",
    "header:To:asGroupedAddresses": [
        {"name": "Friends", "addresses": [{"name": None, "email": "b@x.test"}, {"name": "C", "email": "c@x.test"}]},
        {"name": None, "addresses": [{"name": None, "email": "d@x.test"}]},
    ],
    "header:X-Missing": None,
    "header:X-Missing:all": [],
}


@pytest.mark.parametrize(("name", "value"), HEADERS.items(), ids=HEADERS.keys())
def test_a_header_comes_in_the_form_asked_for(jmap: Client, name: str, value: Any) -> None:
    assert get(jmap, name)[name] == value


def test_headers_are_all_fields_raw_and_in_order(jmap: Client) -> None:
    headers = get(jmap, "headers")["headers"]
    assert headers[0] == {"name": "Message-ID", "value": " <a@x.test>"}
    assert {"name": "References", "value": " <b@x.test>\r\n <c@x.test>"} in headers
    assert [each["name"] for each in headers][4:6] == ["X-Twice", "x-twice"] and len(headers) == 11


BAD_NAMES = [
    "nonsense", "", "header:", "header:Subject:asDate", "header:From:asURLs", "header:X:asNonsense",
    "header:X:all:asText", "header:X:all:all", "Subject", "header:X Y",
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_property_that_is_none_is_an_invalid_argument(jmap: Client, name: str) -> None:
    assert refused(jmap, properties=[name]) == "invalidArguments"
    assert refused(jmap, bodyProperties=[name]) == "invalidArguments"


def test_the_structure_has_every_part(jmap: Client) -> None:
    found = get(jmap, "bodyStructure", bodyProperties=["partId", "type"])["bodyStructure"]
    alternative, attachment = found["subParts"]
    assert (found["type"], found["partId"]) == ("multipart/mixed", None)
    assert [part["type"] for part in alternative["subParts"]] == ["text/plain", "text/html"]
    assert attachment["type"] == "application/pdf" and "subParts" not in attachment


def test_no_body_properties_give_parts_without_any(jmap: Client) -> None:
    assert get(jmap, "textBody", bodyProperties=[])["textBody"] == [{}]
    assert get(jmap, "textBody", bodyProperties=None)["textBody"][0].keys() == PART_DEFAULTS


def test_a_part_tells_all_of_itself(jmap: Client) -> None:
    (part,) = get(jmap, "attachments")["attachments"]
    located = jmap.download(part.pop("blobId"))
    assert located is not None and located.octets() == b"\0\1\2\3\4" and part.pop("partId")
    assert part == {
        "size": 5, "name": "plan.pdf", "type": "application/pdf", "charset": None, "disposition": "attachment",
        "cid": "cid@x.test", "language": ["de", "en"], "location": "https://y.test/plan",
    }  # fmt: skip


def test_a_part_has_headers_of_its_own(jmap: Client) -> None:
    part = get(jmap, "textBody", bodyProperties=["headers", "header:X-Part:asText"])["textBody"][0]
    assert [each["name"] for each in part["headers"]] == ["Content-Type", "X-Part"]
    assert part["header:X-Part:asText"] == "yes"


FETCHES = [
    ({"fetchTextBodyValues": True}, ["Grüße an alle"]),
    ({"fetchHTMLBodyValues": True}, ["<p>Grüße <b>an alle</b></p>"]),
    ({"fetchAllBodyValues": True}, ["<p>Grüße <b>an alle</b></p>", "Grüße an alle"]),
    ({}, []),
]


@pytest.mark.parametrize(("flags", "values"), FETCHES, ids=str)
def test_body_values_come_as_asked_for(jmap: Client, flags: Wire, values: list[str]) -> None:
    found = get(jmap, "bodyValues", **flags)["bodyValues"]
    assert sorted(each["value"] for each in found.values()) == values
    assert not any(each["isTruncated"] or each["isEncodingProblem"] for each in found.values())


@pytest.mark.parametrize(
    ("limit", "value"), [(1, "G"), (3, "Gr"), (4, "Grü"), (5, "Grü"), (6, "Grüß"), (15, "Grüße an alle")]
)
def test_a_value_is_cut_between_characters(jmap: Client, limit: int, value: str) -> None:
    (found,) = get(jmap, "bodyValues", fetchTextBodyValues=True, maxBodyValueBytes=limit)["bodyValues"].values()
    assert (found["value"], found["isTruncated"]) == (value, limit < 15)


def test_html_is_not_cut_inside_a_tag(jmap: Client) -> None:
    (found,) = get(jmap, "bodyValues", fetchHTMLBodyValues=True, maxBodyValueBytes=13)["bodyValues"].values()
    assert found == {"value": "<p>Grüße ", "isTruncated": True, "isEncodingProblem": False}


@pytest.mark.parametrize(
    ("head", "body", "value"),
    [
        (b"text/plain; charset=utf-8", b"caf\xe9", "caf\ufffd"),
        (b"text/plain; charset=nonsense", b"caf\xe9", None),
        (b"text/plain; charset=iso-8859-1", b"caf\xe9", "café"),
    ],
)
def test_an_encoding_problem_is_told(jmap: Client, head: bytes, body: bytes, value: str | None) -> None:
    octets = b"MIME-Version: 1.0\r\nContent-Type: " + head + b"\r\n\r\n" + body
    (found,) = get(jmap, "bodyValues", octets=octets, fetchAllBodyValues=True)["bodyValues"].values()
    assert found["isEncodingProblem"] == (value != "café") and value in (None, found["value"])


def test_line_ends_in_values_are_newlines(jmap: Client) -> None:
    octets = b"Subject: x\r\n\r\none\r\ntwo\r\n"
    (found,) = get(jmap, "bodyValues", octets=octets, fetchAllBodyValues=True)["bodyValues"].values()
    assert found["value"] == "one\ntwo\n"


def test_the_preview_is_a_short_line_of_the_text(jmap: Client) -> None:
    assert get(jmap, "preview")["preview"] == "Grüße an alle"
    octets = b"Subject: x\r\n\r\n" + b"word " * 500
    assert len(get(jmap, "preview", octets=octets)["preview"]) <= 256


def test_emails_come_in_the_order_asked_and_once(jmap: Client) -> None:
    first, second = (import_email(jmap, roles(jmap)["inbox"])["id"] for _ in range(2))
    answer = jmap.call("Email/get", ids=[second, first, "e999999", second], properties=["id"])
    assert (answer["list"], answer["notFound"]) == ([{"id": second}, {"id": first}], ["e999999"])
