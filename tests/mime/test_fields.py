from hypothesis import given
from hypothesis import strategies as st

from jmap.mime.fields import split_fields, without_fields

MESSAGE = b"From: a@b.test\r\nBcc: c@d.test,\r\n\te@f.test\r\nbcc : g@h.test\r\nSubject: x\r\n\r\nBcc: body\r\n"


def test_a_removed_field_goes_with_its_folds_and_the_body_stays() -> None:
    assert without_fields(MESSAGE, {b"bcc"}) == b"From: a@b.test\r\nSubject: x\r\n\r\nBcc: body\r\n"


def test_a_message_without_a_header_has_no_fields() -> None:
    assert without_fields(b"\r\nBcc: body\r\n", {b"bcc"}) == b"\r\nBcc: body\r\n"


def test_a_message_without_a_body_is_all_fields() -> None:
    assert without_fields(b"Bcc: a@b.test\r\nTo: c@d.test\r\n", {b"bcc"}) == b"To: c@d.test\r\n"


def test_a_field_beyond_what_is_parsed_is_removed_too() -> None:
    padding = b"X-Padding: " + b"x" * 60 + b"\r\n"
    assert without_fields(padding * 5000 + b"Bcc: a@b.test\r\n\r\n", {b"bcc"}) == padding * 5000 + b"\r\n"


@given(st.lists(st.sampled_from([b"A: b", b"\r\n", b"\n", b" c", b"From x", b":", b"\r"]), max_size=30))
def test_fields_and_rest_are_the_message(pieces: list[bytes]) -> None:
    fields, rest = split_fields(b"".join(pieces))
    assert b"".join(fields) + rest == b"".join(pieces)
