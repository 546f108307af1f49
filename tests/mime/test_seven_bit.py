"""Messages rewritten for where only 7-bit text passes."""

import email
import email.policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmap.mime.message import decode_body, leaves, parse
from jmap.mime.seven_bit import is_seven_bit, to_seven_bit

HEAD = b"From: a@b.test\r\nMIME-Version: 1.0\r\n"
TEXT = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
SAMPLES = sorted(Path(__file__).parent.glob("data/**/*.eml"))


def contents(message: bytes) -> list[tuple[str, bytes]]:
    return [(part.type, decode_body(message, part)[0]) for part in leaves(parse(message))]


def test_what_is_seven_bit_stays_octet_for_octet() -> None:
    message = HEAD + b"\r\nHello\r\n"
    assert to_seven_bit(message) is message


def test_text_becomes_quoted_printable_and_other_things_base64() -> None:
    text = to_seven_bit(HEAD + TEXT + "Grüße\r\n".encode())
    assert is_seven_bit(text) and b"quoted-printable" in text and b"8bit" not in text
    assert contents(text) == [("text/plain", "Grüße\r\n".encode())]
    image = HEAD + b"Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n\x89PNG\0\r\n"
    assert contents(to_seven_bit(image)) == [("image/png", b"\x89PNG\0\r\n")] and is_seven_bit(to_seven_bit(image))


def test_only_the_parts_that_need_it_change() -> None:
    plain = b"Content-Type: text/plain\r\nX: y\r\n\r\nPlain  \r\n"
    inner = b"Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n" + TEXT + "Öl".encode() + b"\r\n--i--\r\n"
    message = (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=o\r\nContent-Transfer-Encoding: 8bit\r\n\r\npreamble\r\n--o\r\n"
        + plain + b"\r\n--o\r\n" + inner + b"\r\n--o--\r\nepilogue\r\n"
    )  # fmt: skip
    rewritten = to_seven_bit(message)
    assert is_seven_bit(rewritten) and plain in rewritten
    assert b"preamble" in rewritten and b"epilogue" in rewritten and b"8bit" not in rewritten
    assert contents(rewritten) == contents(message)


def test_an_enclosed_message_is_rewritten_within() -> None:
    message = HEAD + b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + HEAD + TEXT
    rewritten = to_seven_bit(message + "Grüße\r\n".encode())
    assert is_seven_bit(rewritten)
    ((kind, inner),) = contents(rewritten)
    assert (kind, contents(inner)) == ("message/rfc822", [("text/plain", "Grüße\r\n".encode())])


def test_a_message_without_mime_says_what_it_is() -> None:
    rewritten = to_seven_bit(b"From: a@b.test\r\n\r\n" + "Grüße\r\n".encode())
    read = email.message_from_bytes(rewritten, policy=email.policy.default)
    assert read.get_content().strip() == "Grüße" and read["MIME-Version"] == "1.0"


def test_signed_parts_stay_as_they_are() -> None:
    message = (
        HEAD + b"Content-Type: multipart/signed; boundary=o\r\n\r\n--o\r\n" + TEXT + "Öl".encode() + b"\r\n--o--\r\n"
    )
    assert to_seven_bit(message) == message


def test_long_lines_are_broken() -> None:
    message = HEAD + b"\r\n" + b"x" * 2000 + b"\r\n"
    rewritten = to_seven_bit(message)
    assert max(map(len, rewritten.split(b"\r\n"))) <= 76
    assert contents(rewritten) == contents(message)


def test_messages_nested_without_end_do_no_harm() -> None:
    message = HEAD + TEXT + "Ö".encode()
    for _ in range(200):
        message = HEAD + b"Content-Type: message/rfc822\r\n\r\n" + message
    assert to_seven_bit(message).endswith("Ö".encode())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_no_sample_loses_anything(sample: Path) -> None:
    message = sample.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    rewritten = to_seven_bit(message)
    assert [kind for kind, _ in contents(rewritten)] == [kind for kind, _ in contents(message)]
    for (kind, after), (_, before) in zip(contents(rewritten), contents(message), strict=True):
        assert after == before or kind == "message/rfc822"


@given(st.binary(max_size=400), st.sampled_from(["text/plain", "image/png", "multipart/mixed; boundary=b"]))
def test_anything_at_all_survives(body: bytes, kind: str) -> None:
    message = HEAD + f"Content-Type: {kind}\r\n\r\n".encode() + body.replace(b"\r", b"").replace(b"\n", b"\r\n")
    rewritten = to_seven_bit(message)
    assert contents(rewritten) == contents(message)
