"""Addresses, parameters and messages of any kind: nothing raises but what says why, and nothing is lost."""

import re

from hypothesis import given
from hypothesis import strategies as st

from jmap.core.errors import BadValue, SetError
from jmap.mime.fields import end_of_header, parse_fields
from jmap.submission import mailboxes
from jmap.submission.envelope import envelope, generate
from jmap.submission.message import LEFT_OUT, canonical, freeze, read_header, refuse_invalid
from jmap.submission.parameters import envid, orcpt, read_mail, read_rcpt, unitext, xtext

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NAMES = st.sampled_from([b"From", b"Bcc", b"bcc ", b"RESENT-BCC", b"To", b"Date", b"X", b"Bcc-Not", b"Return-Path"])
VALUES = st.sampled_from([b" a@x.test", b"", b" a,\r\n\tb@x.test", b"\xff", b" Bcc: x", b" x\n y", b" a\rTo: z@x.test"])
FIELDS = st.lists(st.tuples(NAMES, VALUES).map(lambda pair: b"%s:%s" % pair))


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_xtext_can_be_read_back(text: str) -> None:
    encoded = xtext(text)
    assert re.fullmatch(r"[!-*,-<>-~]*(?:\+[0-9A-F]{2}[!-*,-<>-~]*)*", encoded)
    assert re.sub(r"\+([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), encoded) == text


@given(TEXT)
def test_unitext_is_ascii_and_can_be_read_back(text: str) -> None:
    encoded = unitext(text)
    assert encoded.isascii() and not re.search(r"[\s+=]", encoded)
    assert re.sub(r"\\x\{([0-9A-F]+)\}", lambda match: chr(int(match[1], 16)), encoded) == text


@given(st.dictionaries(st.sampled_from(["ENVID", "ret", "SIZE", "NOTIFY", "ORCPT", "HOLDFOR", "x"]), TEXT | st.none()))
def test_parameters_are_understood_or_refused(wire: dict[str, str | None]) -> None:
    for read in (read_mail, read_rcpt):
        try:
            found = read(wire)
        except BadValue:
            continue
        assert all(re.fullmatch(r"[!-~]*", value) for value in found.values() if isinstance(value, str))


@given(TEXT)
def test_what_a_client_names_itself_is_printable_or_refused(text: str) -> None:
    for check in (envid, orcpt):
        try:
            assert re.fullmatch(r"[!-~]{1,500}", check(text))
        except BadValue:
            continue


@given(TEXT, TEXT)
def test_an_address_is_taken_apart_or_is_none(local: str, domain: str) -> None:
    address = f"{local}@{domain}"
    if mailboxes.is_mailbox(address):
        assert not re.search(r"[\r\n\0<>]", re.sub(r'^".*"@', "", address)) and "\n" not in address
        assert mailboxes.is_within(address, address)
    assert mailboxes.key(mailboxes.key(address)) == mailboxes.key(address)


@given(FIELDS, st.sampled_from([b"\r\n", b"\n"]), st.binary())
def test_what_is_sent_lacks_what_is_left_out_and_nothing_else(fields: list[bytes], line: bytes, body: bytes) -> None:
    data = canonical(line.join([b"Message-ID: <1@x>", b"Date: x", *fields]) + line + line + body)
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", data) and canonical(data) == data
    headers = read_header(data)
    sent = freeze(data, headers)
    left = parse_fields(sent, 0, end_of_header(sent))
    kept = [header for header in headers if header.name.lower().encode() not in LEFT_OUT]
    assert left == kept
    assert sent[end_of_header(sent) :] == data[end_of_header(data) :]


@given(st.binary())
def test_any_octets_are_judged(octets: bytes) -> None:
    try:
        headers = read_header(canonical(b"From: a@x.test\nTo: " + octets))
        refuse_invalid(headers)
        made = generate(headers, "a@x.test")
    except SetError as error:
        assert error.wire["type"] == "invalidEmail"
        return
    assert envelope(made) == made
