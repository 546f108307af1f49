"""From properties to a message (RFC 8621 §4.6): the rules, and that the parser reads back what was given."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmap.mime.body import body_parts, body_value
from jmap.mime.build import BuildError, build
from jmap.mime.encoded_words import normalise
from jmap.mime.headers import convenience_properties, header_value, parse_header_property
from jmap.mime.message import decode_body, leaves, parse, walk
from tests.mime.golden import describe

BLOBS = {"b1": b"\x00\x01binary\xff", "b2": b"Subject: inner\r\n\r\nhello\r\n"}
TEXT: dict[str, Any] = {"textBody": [{"partId": "t", "type": "text/plain"}], "bodyValues": {"t": {"value": "hello"}}}
PART = {"partId": "t", "type": "text/plain"}


def built(**create: Any) -> bytes:
    return build(create, BLOBS.__getitem__)


def with_part(**part: Any) -> dict[str, Any]:
    return {**TEXT, "textBody": [{**PART, **part}]}


def attaching(**part: Any) -> dict[str, Any]:
    return {**TEXT, "attachments": [{"blobId": "b1", "type": "application/x-test", **part}]}


def structured(**part: Any) -> dict[str, Any]:
    return {"bodyStructure": {**PART, **part}, "bodyValues": TEXT["bodyValues"]}


WRONG: dict[str, tuple[dict[str, Any], set[str]]] = {
    "headers on the Email": ({**TEXT, "headers": []}, {"headers"}),
    "headers on a part": (with_part(headers=[]), {"textBody"}),
    "two properties of one field": ({**TEXT, "from": [], "header:From": "x"}, {"from", "header:From"}),
    "a field in two forms": ({"header:x-a": "1", "header:X-A:asText": "2"}, {"header:x-a", "header:X-A:asText"}),
    "two properties of one field of a part": (attaching(cid="a", **{"header:Content-ID": "<b>"}), {"attachments"}),
    "a name and Content-Disposition": (
        attaching(name="a", **{"header:Content-Disposition": "inline"}),
        {"attachments"},
    ),
    "Content-* on the Email": ({**TEXT, "header:Content-Language": "en"}, {"header:Content-Language"}),
    "bodyStructure and textBody": ({**structured(), **TEXT}, {"bodyStructure", "textBody"}),
    "bodyStructure and attachments": ({**structured(), "attachments": []}, {"bodyStructure", "attachments"}),
    "a field on the Email and the structure": (
        {**structured(**{"header:Subject": "b"}), "subject": "a"},
        {"bodyStructure"},
    ),
    "no textBody in the list": ({"textBody": []}, {"textBody"}),
    "two textBody": ({**TEXT, "textBody": [PART, PART]}, {"textBody"}),
    "textBody of another type": (with_part(type="text/html"), {"textBody"}),
    "textBody of another type by its field": (
        with_part(type=None, **{"header:Content-Type": "text/html"}),
        {"textBody"},
    ),
    "htmlBody of another type": ({"htmlBody": [PART], "bodyValues": TEXT["bodyValues"]}, {"htmlBody"}),
    "partId and blobId": (with_part(blobId="b1"), {"textBody"}),
    "partId and blobId of an attachment": (attaching(partId="t"), {"attachments"}),
    "partId without a value": ({"textBody": [PART]}, {"textBody", "bodyValues"}),
    "attachment without a value": ({**TEXT, "attachments": [{"partId": "u"}]}, {"attachments", "bodyValues"}),
    "neither partId nor blobId": ({**TEXT, "attachments": [{"type": "a/b"}]}, {"attachments", "bodyValues"}),
    "charset with partId": (with_part(charset="utf-8"), {"textBody"}),
    "size with partId": (with_part(size=5), {"textBody"}),
    "Content-Transfer-Encoding on a part": (with_part(**{"header:Content-Transfer-Encoding": "8bit"}), {"textBody"}),
    "isTruncated": ({**TEXT, "bodyValues": {"t": {"value": "", "isTruncated": True}}}, {"bodyValues"}),
    "isEncodingProblem": ({**TEXT, "bodyValues": {"t": {"value": "", "isEncodingProblem": True}}}, {"bodyValues"}),
    "a multipart without parts": ({"bodyStructure": {"type": "multipart/mixed", "subParts": []}}, {"bodyStructure"}),
    "a multipart with a partId": (structured(type="multipart/mixed", subParts=[PART]), {"bodyStructure"}),
    "parts in a leaf": (structured(subParts=[PART]), {"bodyStructure"}),
    "no media type": (attaching(type="text"), {"attachments"}),
    "a boundary of the client's": (
        structured(type=None, partId=None, subParts=[PART], **{"header:Content-Type": "multipart/mixed; boundary=x"}),
        {"bodyStructure"},
    ),
}


@pytest.mark.parametrize(("create", "properties"), WRONG.values(), ids=WRONG.keys())
def test_what_the_rfc_forbids_is_refused_by_the_names_of_its_properties(
    create: dict[str, Any], properties: set[str]
) -> None:
    with pytest.raises(BuildError) as refused:
        built(**create)
    assert set(refused.value.properties) == properties


EVIL = ["x\r\nEvil: 1", "x\nEvil: 1", "x\rEvil: 1", "é\r\nEvil: 1", "x\r\n\r\nEvil", "x\0Evil: 1"]
INJECTIONS: dict[str, Any] = {
    "subject": lambda evil: {"subject": evil},
    "name": lambda evil: {"from": [{"name": evil, "email": "a@b.c"}]},
    "email": lambda evil: {"to": [{"name": None, "email": evil}]},
    "group": lambda evil: {"header:To:asGroupedAddresses": [{"name": evil, "addresses": []}]},
    "messageId": lambda evil: {"messageId": [evil]},
    "raw": lambda evil: {"header:X-A": evil},
    "all": lambda evil: {"header:X-A:asText:all": ["fine", evil]},
    "urls": lambda evil: {"header:List-Post:asURLs": [evil]},
    "type": lambda evil: attaching(type=evil),
    "file name": lambda evil: attaching(name=evil),
    "cid": lambda evil: attaching(cid=evil),
    "language": lambda evil: attaching(language=["en", evil]),
    "location": lambda evil: attaching(location=evil),
    "disposition": lambda evil: attaching(disposition=evil),
    "charset": lambda evil: attaching(type="text/plain", charset=evil),
    "part field": lambda evil: attaching(**{"header:X-A": evil}),
}


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("place", INJECTIONS.values(), ids=INJECTIONS.keys())
def test_no_value_begins_a_header_field_of_its_own(place: Any, evil: str) -> None:
    with pytest.raises(BuildError) as refused:
        built(**place(evil))
    assert refused.value.properties == [next(n for n in reversed(place("")) if n != "bodyValues")]


@given(st.sampled_from(list(INJECTIONS.values())), st.text(max_size=100))
@settings(deadline=None)
def test_any_value_is_refused_or_leaves_the_header_as_long_as_it_was(place: Any, value: str) -> None:
    try:
        raw = built(**place(value))
    except BuildError:
        return
    known = "from to list-post message-id date subject x-a mime-version content-type content-transfer-encoding"
    names = {header.name.lower() for header in parse(raw).headers}
    assert names <= set(known.split())
    assert not re.search(rb"(?<!\r)\n", raw.partition(b"\r\n\r\n")[0])


@given(st.text(max_size=300))
@settings(deadline=None)
def test_a_display_name_adds_no_address(name: str) -> None:
    try:
        raw = built(**{"from": [{"name": name, "email": "a@b.c"}]})
    except BuildError:
        return
    assert [item["email"] for item in convenience_properties(parse(raw).headers)["from"]] == ["a@b.c"]


# What a reader drops or changes on purpose: control characters, and white space around words.
VISIBLE = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])
LINES = st.text(VISIBLE, max_size=300)


@given(LINES)
@settings(deadline=None)
def test_any_subject_comes_back(subject: str) -> None:
    found = convenience_properties(parse(built(subject=subject)).headers)["subject"]
    assert found == normalise(subject)


@given(LINES)
@settings(deadline=None)
def test_any_display_name_comes_back_with_its_spaces_tidied(name: str) -> None:
    raw = built(to=[{"name": name, "email": "a@example.com"}, {"email": "b@example.com"}])
    expected = normalise(" ".join(name.split())) or None
    assert convenience_properties(parse(raw).headers)["to"] == [
        {"name": expected, "email": "a@example.com"},
        {"name": None, "email": "b@example.com"},
    ]


@given(LINES.filter(lambda name: name.strip() != ""))
@settings(deadline=None)
def test_any_file_name_comes_back(name: str) -> None:
    part = list(leaves(parse(built(**attaching(name=name)))))[1]
    assert (normalise(part.name or ""), part.disposition) == (normalise(name).strip(), "attachment")


@given(st.text(VISIBLE | st.sampled_from("\n\t =.F"), max_size=500).filter(lambda text: text[:1] != "\ufeff"))
@settings(deadline=None)
def test_any_body_comes_back(text: str) -> None:
    raw = built(**{**TEXT, "bodyValues": {"t": {"value": text}}})
    value = body_value(raw, parse(raw))
    assert (value.value, value.is_encoding_problem) == (text, False)


@given(st.binary(max_size=500), st.sampled_from(["text/plain", "application/x-test", "image/png"]))
@settings(deadline=None)
def test_any_attachment_comes_back(data: bytes, kind: str) -> None:
    raw = build(attaching(type=kind), {"b1": data}.__getitem__)
    assert decode_body(raw, list(leaves(parse(raw)))[1]) == (data, False)


@given(st.text(VISIBLE | st.sampled_from("\n "), max_size=2_000))
@settings(deadline=None)
def test_lines_are_short_and_end_with_crlf(text: str) -> None:
    raw = built(subject=text.replace("\n", " "), **{**TEXT, "bodyValues": {"t": {"value": text}}})
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "text", ["From me\nto you", "é\nFrom me", ".", "é\n.\n.a", "é" * 3_000, "a" * 3_000, "a \t\n b "]
)
def test_lines_that_transports_change_are_encoded(text: str) -> None:
    raw = built(**{**TEXT, "bodyValues": {"t": {"value": text}}})
    body = raw.partition(b"\r\n\r\n")[2]
    assert not re.search(rb"(?m)^(From |\.)", body)
    assert body_value(raw, parse(raw)).value == text


def test_message_id_and_date_are_made_where_they_are_missing() -> None:
    found = convenience_properties(parse(built(**{"from": [{"name": None, "email": "a@example.com"}]})).headers)
    assert found["messageId"][0].endswith("@example.com") and found["sentAt"]


def test_message_id_and_date_are_kept_where_they_are_given() -> None:
    raw = built(messageId=["a@b"], sentAt="2024-10-01T09:30:00+02:00", inReplyTo=["c@d"], references=["c@d", "e@f"])
    found = convenience_properties(parse(raw).headers)
    assert (found["messageId"], found["sentAt"]) == (["a@b"], "2024-10-01T09:30:00+02:00")
    assert (found["inReplyTo"], found["references"]) == (["c@d"], ["c@d", "e@f"])


def test_an_empty_list_is_no_field() -> None:
    raw = built(to=[], cc=[], messageId=[], **{"header:X-Ids:asMessageIds:all": [["a@b"], []], "header:X-U:asURLs": []})
    names = [header.name for header in parse(raw).headers]
    assert names == ["Date", "Message-ID", "X-Ids", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"]


def test_a_raw_value_is_written_as_the_client_encoded_it() -> None:
    raw = built(**{"header:Subject": " =?utf-8?Q?caf=C3=A9?="})
    assert b"Subject: =?utf-8?Q?caf=C3=A9?=\r\n" in raw


def test_a_field_given_as_list_stands_as_often() -> None:
    raw = built(**{"header:X-A:asText:all": ["one", "zwölf"]})
    assert header_value(parse(raw).headers, parse_header_property("header:X-A:asText:all")) == ["one", "zwölf"]


def test_groups_come_back() -> None:
    groups = [
        {"name": "Die Köche", "addresses": [{"name": "A, B", "email": "a@b.c"}]},
        {"name": "None", "addresses": []},
    ]
    raw = built(**{"header:To:asGroupedAddresses": groups})
    assert header_value(parse(raw).headers, parse_header_property("header:To:asGroupedAddresses")) == groups


def test_text_html_pictures_and_files_are_arranged_by_what_shows_them() -> None:
    raw = built(
        **{**TEXT, "htmlBody": [{"partId": "h"}], "bodyValues": {"t": {"value": "t"}, "h": {"value": "<img>"}}},
        attachments=[
            {"blobId": "b1", "type": "image/png", "cid": "p@x", "disposition": "inline"},
            {"blobId": "b2", "type": "message/rfc822"},
        ],
    )
    kinds = [part.type.partition("/")[2] for part in walk(parse(raw))]
    assert kinds == ["mixed", "alternative", "plain", "related", "html", "png", "rfc822"]
    assert [part.part_id for part in body_parts(parse(raw)).attachments] == ["3", "4"]


def test_an_html_body_without_a_type_is_html() -> None:
    raw = built(htmlBody=[{"partId": "h", "type": None}], bodyValues={"h": {"value": "<b>"}})
    assert parse(raw).type == "text/html"


def test_a_content_type_of_the_clients_is_kept_where_it_is_true() -> None:
    raw = built(**with_part(type=None, **{"header:Content-Type": "text/plain; format=flowed"}))
    assert b"Content-Type: text/plain; format=flowed\r\n" in raw


def test_a_message_without_any_body_is_an_empty_text() -> None:
    assert describe(built())["bodyStructure"] == {"partId": "1", "type": "text/plain", "charset": "us-ascii", "size": 0}


def test_an_attached_message_stays_byte_for_byte() -> None:
    raw = built(attachments=[{"blobId": "b2", "type": "message/rfc822"}])
    assert decode_body(raw, next(leaves(parse(raw))))[0] == BLOBS["b2"]
