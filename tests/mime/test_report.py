"""Reading DSNs and MDNs (RFC 3464, RFC 8098, RFC 6533)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmap.mime.message import parse
from jmap.mime.report import Outcome, Report, read_report
from tests.fixtures.reports import report

ORIGINAL = "Message-ID: <one@near.test>\nSubject: Tea\n\nHello"


def read(octets: bytes) -> Report | None:
    return read_report(octets, parse(octets))


def test_a_dsn_of_several_recipients() -> None:
    """After RFC 3464, appendix E."""
    status = (
        "Reporting-MTA: dns; cs.utk.edu\nOriginal-Envelope-Id: QQ314159\n\n"
        "Original-Recipient: rfc822;arathib@vnet.ibm.com\nFinal-Recipient: rfc822;arathib@vnet.ibm.com\n"
        "Action: failed\nStatus: 5.0.0 (permanent failure)\n"
        "Diagnostic-Code: smtp;  550 'arathib@vnet.IBM.COM' is not a\n registered gateway user\n"
        "Remote-MTA: dns; vnet.ibm.com\n\n"
        "Final-Recipient: RFC822; <johnh@hpnjld.njd.hp.com> (John)\nAction: Delayed\nStatus: 4.0.0\n\n"
        "Final-Recipient: x400; /G=Nathaniel/S=Borenstein/\nAction: delivered\nStatus: 2.1.5\n"
        "Diagnostic-Code: x-local; fine\n"
    )
    assert read(report("delivery-status", status, ORIGINAL)) == Report(
        "dsn",
        "QQ314159",
        "one@near.test",
        [
            Outcome(
                "arathib@vnet.ibm.com", "arathib@vnet.ibm.com", "failed", "5.0.0",
                "550 'arathib@vnet.IBM.COM' is not a registered gateway user",
            ),
            Outcome("", "johnh@hpnjld.njd.hp.com", "delayed", "4.0.0", ""),
            Outcome("", "/G=Nathaniel/S=Borenstein/", "delivered", "2.1.5", ""),
        ],
    )  # fmt: skip


def test_an_mdn() -> None:
    """RFC 8098, section 9."""
    status = (
        "Reporting-UA: joes-pc.cs.example.com; Foomail 97.1\nOriginal-Recipient: rfc822;Joe_Recipient@example.com\n"
        "Final-Recipient: rfc822;Joe_Recipient@example.com\nOriginal-Message-ID: <199509192301.23456@example.org>\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\n"
    )
    joe = Outcome("Joe_Recipient@example.com", "Joe_Recipient@example.com", "displayed")
    assert read(report("disposition-notification", status)) == Report(
        "mdn", "", "199509192301.23456@example.org", [joe]
    )


def test_a_disposition_with_a_modifier() -> None:
    status = "Final-Recipient: rfc822; a@b.test\nDisposition: automatic-action/MDN-sent-automatically; Deleted/error"
    found = read(report("disposition-notification", status))
    assert found and found.outcomes == [Outcome("", "a@b.test", "deleted")]


@pytest.mark.parametrize("kind", ["message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"])
def test_the_message_id_is_read_from_whatever_came_back(kind: str) -> None:
    status = "Reporting-MTA: dns; a.test\n\nFinal-Recipient: rfc822; a@b.test\nAction: failed\nStatus: 5.1.1"
    found = read(report("global-delivery-status", status, ORIGINAL, returned_type=kind))
    assert found and found.kind == "dsn" and found.message_id == "one@near.test"


@pytest.mark.parametrize("written", ["utf-8; Dörte@Sörensen.example", r"UTF-8 ;D\x{F6}rte@S\x{F6}rensen.example"])
def test_addresses_in_any_script(written: str) -> None:
    status = f"Reporting-MTA: dns; a.test\n\nFinal-Recipient: {written}\nAction: failed\nStatus: 5.1.1"
    found = read(report("global-delivery-status", status))
    assert found and [each.final for each in found.outcomes] == ["Dörte@Sörensen.example"]


def test_a_message_id_within_the_body_of_the_original_is_not_its_own() -> None:
    status = "Reporting-MTA: dns; a.test\n\nFinal-Recipient: rfc822; a@b.test\nAction: failed"
    found = read(report("delivery-status", status, "Subject: Tea\n\nMessage-ID: <other@near.test>"))
    assert found and found.message_id == ""


def test_other_messages_are_no_reports() -> None:
    assert read(b"Content-Type: text/plain\r\n\r\nFinal-Recipient: rfc822; a@b.test\r\n") is None
    assert read(b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\nHi\r\n--x--\r\n") is None
    assert read(report("feedback-report", "Feedback-Type: abuse")) is None


def test_no_more_recipients_are_read_than_any_message_may_have() -> None:
    group = "Final-Recipient: rfc822; a@b.test\nAction: failed\n\n"
    found = read(report("delivery-status", "Reporting-MTA: dns; a.test\n\n" + group * 5_000))
    assert found and len(found.outcomes) == 1_000


@given(
    st.lists(
        st.sampled_from(
            [
                b"Final-Recipient:", b"Disposition:", b"Original-Message-ID:", b"Message-ID: <", b"Action: failed",
                b" rfc822;", b" utf-8;", rb"\x{D800}", rb"\x{FFFFFF}", b"=?utf-8?Q?=FF?=", b"\r\n", b"\n\n", b" ",
                b"(", b")", b"<", b">", b";", b"\0", b"\xff", b"--x\r\n", b"Content-Type: message/rfc822\r\n\r\n",
            ]
        )
    )
)  # fmt: skip
def test_nothing_makes_it_fail(pieces: list[bytes]) -> None:
    for kind in ("delivery-status", "disposition-notification"):
        found = read(report(kind, "STATUS").replace(b"STATUS", b"".join(pieces)))
        assert found is None or found.kind in ("dsn", "mdn")


@pytest.mark.parametrize("hostile", [" " * 200_000, "(" * 200_000, "\n " * 100_000, "\\x{" * 60_000, "=?" * 100_000])
def test_a_hostile_report_takes_no_time(hostile: str) -> None:
    read(report("delivery-status", f"Original-Envelope-Id: {hostile}\n\nFinal-Recipient: utf-8; {hostile}x\n", hostile))
