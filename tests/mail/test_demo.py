import zlib
from collections import Counter
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from jmap.mail.demo import OWNER_ADDRESS, DemoMessage, messages

NOW = datetime(2026, 3, 14, 15, 9, tzinfo=UTC)
MAILBOX = messages(NOW)
ROLES = {"inbox", "sent", "drafts", "archive", "junk", "trash"}


def parsed(message: DemoMessage) -> EmailMessage:
    return message_from_bytes(message.raw, policy=policy.default)


def test_there_are_about_sixty_messages_in_all_mailboxes() -> None:
    counts = Counter(message.mailbox for message in MAILBOX)
    assert 55 <= len(MAILBOX) <= 75
    assert set(counts) == ROLES
    assert counts["inbox"] > len(MAILBOX) / 2


def test_every_message_is_sound() -> None:
    for message in map(parsed, MAILBOX):
        assert [defect for part in message.walk() for defect in part.defects] == []
        assert message["From"] and message["Subject"] and message["Message-ID"]
        assert OWNER_ADDRESS in f"{message['From']} {message['To']} {message['Cc']}" or message["List-Id"]


def test_lines_are_short_enough_for_smtp() -> None:
    for message in MAILBOX:
        assert max(map(len, message.raw.split(b"\r\n"))) <= 998
        assert b"\n" not in message.raw.replace(b"\r\n", b"")


def test_dates_are_relative_to_now_and_agree_with_the_age() -> None:
    for message in MAILBOX:
        date = parsed(message)["Date"].datetime
        assert abs((NOW - message.age - date).total_seconds()) < 1
        assert date < NOW


def test_replies_name_a_message_that_is_there_and_older() -> None:
    seen: set[str] = set()
    for message in map(parsed, MAILBOX):
        assert message["In-Reply-To"] is None or message["In-Reply-To"] in seen
        assert message["Message-ID"] not in seen
        seen.add(message["Message-ID"])


def test_some_are_unread_some_flagged_and_drafts_are_drafts() -> None:
    unread = [message for message in MAILBOX if message.mailbox == "inbox" and "$seen" not in message.keywords]
    assert 8 <= len(unread) <= 20
    assert 3 <= sum("$flagged" in message.keywords for message in MAILBOX) <= 10
    assert all(("$draft" in message.keywords) == (message.mailbox == "drafts") for message in MAILBOX)


def test_html_shows_its_inline_pictures_by_content_id() -> None:
    for message in map(parsed, MAILBOX):
        html = message.get_body(("html",))
        ids = {part["Content-ID"].strip("<>") for part in message.walk() if part["Content-ID"]}
        assert all(f'src="cid:{each}"' in html.get_content() for each in ids if html)


def test_attachments_are_what_they_say() -> None:
    starts = {
        "image/png": b"\x89PNG",
        "application/pdf": b"%PDF-1.4",
        "text/csv": b"",
        "application/ics": b"BEGIN:VCAL",
    }
    for message in map(parsed, MAILBOX):
        for part in message.iter_attachments():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            assert content.startswith(starts[part.get_content_type()])


def test_pictures_unpack_to_their_size() -> None:
    part = next(
        part for each in map(parsed, MAILBOX) for part in each.walk() if part.get_filename() == "floor-plan.png"
    )
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    length = int.from_bytes(content[33:37], "big")
    assert len(zlib.decompress(content[41 : 41 + length])) == 220 * (360 * 3 + 1)


def test_there_is_one_invitation() -> None:
    calendars = [
        part for each in map(parsed, MAILBOX) for part in each.walk() if part.get_content_type() == "text/calendar"
    ]
    assert [part.get_param("method") for part in calendars] == ["REQUEST"]
