"""Authentication-Results, written, read and taken out."""

import authres
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmap.mailauth.results import MethodResult, build_results, parse_results, strip_claims

US = "mail.example.net"
# RFC 8601, Appendix B.
SPF = b" example.com;\r\n          spf=pass smtp.mailfrom=example.net"
TWO = (
    b' example.com;\r\n      dkim=pass reason="good signature"\r\n        header.i=@mail-router.example.net;\r\n'
    b'      dkim=fail reason="bad signature"\r\n        header.i=@newyork.example.com'
)
COMMENTS = (
    b" foo.example.net (foobar) 1 (baz);\r\n    dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n"
    b"      policy (A dot can go here) . (like that) expired\r\n      (this surprised me) ="
    b" (as I wasn't expecting it) 1362471462"
)


def test_a_result_is_read_with_its_property() -> None:
    results = parse_results(SPF)
    assert results and results.server == "example.com"
    assert results.methods == (MethodResult("spf", "pass", "", (("smtp.mailfrom", "example.net"),)),)


def test_several_results_are_read_with_their_reasons() -> None:
    results = parse_results(TWO)
    assert results and [(each.result, each.reason) for each in results.methods] == [
        ("pass", "good signature"),
        ("fail", "bad signature"),
    ]


def test_comments_may_stand_anywhere() -> None:
    results = parse_results(COMMENTS)
    assert results and results.server == "foo.example.net"
    assert results.methods == (MethodResult("dkim", "fail", "", (("policy.expired", "1362471462"),)),)


def test_no_result_at_all_is_read() -> None:
    results = parse_results(b" example.org 1; none")
    assert results and (results.server, results.methods) == ("example.org", ())


@pytest.mark.parametrize("value", [b"", b" ", b";", b" (never closed", b' "never closed', b" = x"])
def test_what_names_no_server_is_not_read(value: bytes) -> None:
    assert parse_results(value) is None


def test_what_is_written_is_what_the_reference_implementation_reads() -> None:
    methods = [
        MethodResult("spf", "pass", "", (("smtp.mailfrom", "a@example.org"),)),
        MethodResult("dkim", "fail", "the body has changed", (("header.d", "example.org"), ("header.b", "ab/+"))),
    ]
    read = authres.AuthenticationResultsHeader.parse(build_results(US, methods).decode().replace("\r\n", ""))
    assert read.authserv_id == US
    assert [(each.method, each.result) for each in read.results] == [("spf", "pass"), ("dkim", "fail")]
    assert read.results[1].reason == "the body has changed"


def test_nothing_found_is_said_to_be_none() -> None:
    assert build_results(US, []) == b"Authentication-Results: mail.example.net;\r\n none\r\n"


@given(st.text(), st.text(min_size=1))
def test_no_text_breaks_out_of_its_value(reason: str, value: str) -> None:
    written = build_results(US, [MethodResult("dkim", "fail", reason, (("header.d", value),))])
    assert written.isascii() and written.count(b"\r\n") == written.count(b"\n") == len(written.splitlines())
    results = parse_results(written.partition(b":")[2])
    assert results and [(each.method, each.result) for each in results.methods] == [("dkim", "fail")]
    assert [name for name, _ in results.methods[0].properties] == ["header.d"]


@pytest.mark.parametrize(
    "field",
    [
        b"Authentication-Results: mail.example.net; spf=pass\r\n",
        b"authentication-results: MAIL.example.NET.; spf=pass\r\n",
        b'Authentication-Results : (hello)\r\n "mail.example.net" 1;\r\n spf=pass\r\n',
        b"Authentication-Results: (never closed mail.example.net; spf=pass\r\n",
        b"Authentication-Results: mail.example.net; spf=pass\n",
        b"Authentication-Results: mail.example.net /1; spf=pass\r\n",
    ],
)
def test_a_claim_to_be_us_is_taken_out(field: bytes) -> None:
    head, body = b"Subject: x\r\nTo: y\r\n", b"\r\nAuthentication-Results: mail.example.net; spf=pass\r\n"
    assert strip_claims(b"Subject: x\r\n" + field + b"To: y\r\n" + body, US) == head + body
    assert strip_claims(field + head + body, US) == head + body


@pytest.mark.parametrize("server", [b"example.net", b"xmail.example.net", b"mail.example.net.evil.example"])
def test_what_others_found_stays(server: bytes) -> None:
    message = b"Authentication-Results: " + server + b"; spf=pass\r\n\r\nHello\r\n"
    assert strip_claims(message, US) == message


@given(st.binary())
def test_any_message_can_be_stripped(octets: bytes) -> None:
    stripped = strip_claims(b"Authentication-Results: mail.example.net; x=y\r\n" + octets, US)
    assert len(stripped) <= len(octets) + 50


@given(st.binary())
def test_any_value_can_be_read(value: bytes) -> None:
    parse_results(value)


@given(st.text(alphabet='ab.=;/()" \\'))
def test_any_nearly_right_value_can_be_read(text: str) -> None:
    parse_results(text.encode())
