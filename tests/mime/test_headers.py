"""Header fields in the forms of RFC 8621 §4.1.2."""

from typing import Any

import pytest

from jmap.mime.headers import (
    as_addresses,
    as_date,
    as_grouped_addresses,
    as_message_ids,
    as_raw,
    as_text,
    as_urls,
    header_value,
    parse_header_property,
)
from jmap.mime.message import decode_body, parse

ADDRESSES: dict[str, list[tuple[str | None, str]]] = {
    "pete@silly.test(hishost)": [("hishost", "pete@silly.test")],
    "<pete(his account)@silly.test(his host)>": [(None, "pete@silly.test")],
    "jdoe@test  . example": [(None, "jdoe@test.example")],
    "1234   @   local(blah)  .machine .example": [("blah", "1234@local.machine.example")],
    "Dr. jdoe@test.example": [("Dr.", "jdoe@test.example")],
    '<"a(b)c"@x.y>': [(None, '"a(b)c"@x.y')],
    "<@a.test,@b.test:mary@x.test>": [(None, "mary@x.test")],
    '"Giant; \\"Big\\" Box" <s@example.com>': [('Giant; "Big" Box', "s@example.com")],
    "=?utf-8?Q?J=C3=B6rg?= <j@x.y>": [("Jörg", "j@x.y")],
    '"=?utf-8?Q?J=C3=B6rg?=" <j@x.y>': [("Jörg", "j@x.y")],
    "Undisclosed recipients:;": [],
    "a@b, , c@d;": [(None, "a@b"), (None, "c@d")],
    "John <j@x": [("John", "j@x")],
    "": [],
}


@pytest.mark.parametrize(("text", "expected"), ADDRESSES.items())
def test_addresses_are_read_as_people_wrote_them(text: str, expected: list[tuple[str | None, str]]) -> None:
    assert [(item["name"], item["email"]) for item in as_addresses(text.encode())] == expected


def test_groups_keep_who_belongs_to_whom() -> None:
    found = as_grouped_addresses(b"James <j@x>, Friends: jane@x, John <john@x>;, z@x")
    assert [(group["name"], [item["email"] for item in group["addresses"]]) for group in found] == [
        (None, ["j@x"]),
        ("Friends", ["jane@x", "john@x"]),
        (None, ["z@x"]),
    ]


TEXTS = {
    b" =?utf-8?Q?caf=C3?= =?utf-8?Q?=A9?=": "café",
    b" a =?utf-8?B?w6k=?= b": "a é b",
    b" =?ISO-8859-1*en?Q?=E9?=": "é",
    b" =?unknown?Q?x?=": "=?unknown?Q?x?=",
    b" x=?utf-8?Q?y?=z": "x=?utf-8?Q?y?=z",
    b" folded\r\n here": "folded here",
    b" e\xcc\x81": "é",
    b" caf\xe9": "café",
}


@pytest.mark.parametrize(("value", "expected"), TEXTS.items())
def test_text_is_unfolded_decoded_and_normalised(value: bytes, expected: str) -> None:
    assert as_text(value) == expected


def test_raw_values_keep_their_folds_and_spaces() -> None:
    assert as_raw(b"  a\r\n\tb\0 \xff") == "  a\r\n\tb \ufffd"


DATES = {
    b" Tue, 1 Oct 2024 09:30:00 +0200": "2024-10-01T09:30:00+02:00",
    b" 1 Oct 24 09:30 GMT": "2024-10-01T09:30:00Z",
    b" Fri, 21 Nov 97 09(comment):   55  :  06 -0600": "1997-11-21T09:55:06-06:00",
    b" Thu,\r\n          13\r\n  Feb\r\n      1969\r\n  23:32\r\n           -0330 (NT)": "1969-02-13T23:32:00-03:30",
    b" Fri, 21 Nov 1997 09:55:06 EST": "1997-11-21T09:55:06-05:00",
    b" 31 Feb 2024 09:30:00 +0000": None,
    b" tomorrow": None,
}


@pytest.mark.parametrize(("value", "expected"), DATES.items())
def test_dates_are_rfc_3339_with_the_senders_offset(value: bytes, expected: str | None) -> None:
    assert as_date(value) == expected


def test_message_ids_lose_brackets_and_comments() -> None:
    assert as_message_ids(b" <a@x> (c <no@x>) <b @x>") == ["a@x", "b@x"]
    assert as_message_ids(b" ()") is None


def test_urls_stand_in_angle_brackets() -> None:
    assert as_urls(b" <mailto:l@x?subject=u>, (web) <https://x/\r\n u>") == ["mailto:l@x?subject=u", "https://x/u"]
    assert as_urls(b" none") is None


def test_the_last_field_of_a_name_counts_unless_all_are_asked_for() -> None:
    headers = parse(b"X-A: 1\nx-a: 2\n\n").headers
    assert header_value(headers, parse_header_property("header:X-a:asText")) == "2"
    assert header_value(headers, parse_header_property("header:X-a:asText:all")) == ["1", "2"]
    assert header_value(headers, parse_header_property("header:X-b:all")) == []


@pytest.mark.parametrize(
    "name",
    [
        "header:",
        "header:a b",
        "header:From:asDate",
        "header:Subject:asURLs",
        "header:a:all:asText",
        "header:a:asX",
        "x",
    ],
)
def test_a_malformed_or_forbidden_header_property_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"header property|form"):
        parse_header_property(name)


ENCODINGS: dict[bytes, tuple[bytes, bool]] = {
    b"plain": (b"YWI=", False),
    b"7-bit": (b"YWI=", False),
    b" Base64 ; x": (b"ab", False),
    b"base64 (comment)": (b"ab", False),
    b"x-uuencode": (b"YWI=", True),
    b"": (b"YWI=", False),
}


@pytest.mark.parametrize(("encoding", "expected"), ENCODINGS.items())
def test_transfer_encodings_are_known_by_their_common_names(encoding: bytes, expected: Any) -> None:
    raw = b"Content-Transfer-Encoding: " + encoding + b"\n\nYWI="
    assert decode_body(raw, parse(raw)) == expected
