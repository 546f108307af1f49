"""On well-formed messages the standard library's parser is of the same opinion."""

import email
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from email.policy import SMTP

from hypothesis import given, settings
from hypothesis import strategies as st

from jmap.mime.headers import as_addresses, as_text, convenience_properties
from jmap.mime.message import decode_body, leaves, parse

LETTERS = st.characters(codec="utf-8", categories=["L", "N"])
WORDS = st.text(LETTERS, min_size=1, max_size=30)
TEXTS = st.lists(st.text(LETTERS | st.sampled_from(" .-=<>&"), max_size=60), max_size=8).map("\n".join)
FILES = st.lists(st.tuples(st.binary(max_size=200), WORDS), max_size=3)


def written(subject: str, plain: str, html: str, files: list[tuple[bytes, str]]) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject
    message["From"] = "Zoë Ångström <zoe@example.com>"
    message.set_content(plain)
    message.add_alternative(html, subtype="html")
    for data, name in files:
        message.add_attachment(data, maintype="application", subtype="x-test", filename=name)
    return message


@given(WORDS, TEXTS, TEXTS, FILES)
@settings(deadline=None)
def test_bodies_names_and_types_agree_with_the_standard_library(
    subject: str, plain: str, html: str, files: list[tuple[bytes, str]]
) -> None:
    raw = written(subject, plain, html, files).as_bytes()
    theirs = [part for part in email.message_from_bytes(raw, policy=SMTP).walk() if not part.is_multipart()]
    ours = list(leaves(parse(raw)))
    assert [part.type for part in ours] == [part.get_content_type() for part in theirs]
    assert [decode_body(raw, part) for part in ours] == [(part.get_payload(decode=True), False) for part in theirs]
    assert [part.name for part in ours][2:] == [part.get_filename() for part in theirs][2:]


@given(st.lists(WORDS, min_size=1, max_size=12).map(" ".join))
@settings(deadline=None)
def test_subjects_and_names_agree_with_the_standard_library(text: str) -> None:
    raw = written(text, "", "", []).as_bytes()
    found = convenience_properties(parse(raw).headers)
    assert found["subject"] == as_text(str(email.message_from_bytes(raw, policy=SMTP)["Subject"]).encode())
    assert found["from"] == [{"name": "Zoë Ångström", "email": "zoe@example.com"}]


ADDRESSES = [
    "a@example.com",
    "Joe Public <joe@example.com>, b@example.com",
    '"Public, Joe" <joe@example.com>',
    "Team: a@example.com, B <b@example.com>;, c@example.com",
    "Nobody:;",
    '"quoted local"@example.com',
]


def test_address_lists_agree_with_the_standard_library() -> None:
    for text in ADDRESSES:
        parsed = AddressHeader.value_parser(text)
        theirs = [(box.display_name or None, box.addr_spec) for box in parsed.all_mailboxes]
        assert [(item["name"], item["email"]) for item in as_addresses(text.encode())] == theirs
