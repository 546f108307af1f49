"""The text of a message that can be searched."""

from jmap.mime.message import parse
from jmap.mime.text import ATTACHED, text_of

PARTS = """\
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/csv
Content-Disposition: attachment; filename=a.csv

apple
--b
Content-Type: message/rfc822

{inner}
--b
Content-Type: application/pdf

pdf
--b
Content-Type: message/delivery-status

Status: 5.1.1
--b
Content-Type: text/html

<p title="plum">pear</p>
--b--
"""
INNER = "From: =?utf-8?q?Zo=C3=AB?= <z@x>\nSubject: melon\nX-Hidden: fig\n\nquince\n"


def words(octets: bytes, cap: int = 1_000_000) -> list[str]:
    return text_of(octets, parse(octets), cap).split()


def nested(levels: int) -> str:
    message = "Subject: level0\n\ntext\n"
    for level in range(1, levels + 1):
        message = f"Subject: level{level}\nContent-Type: message/rfc822\n\n{message}"
    return message


def test_what_is_shown_comes_before_what_is_attached() -> None:
    found = words(PARTS.format(inner=INNER).encode())
    assert found == ["plum", "pear", "apple", "Zoë", "<z@x>", "melon", "quince", "Status:", "5.1.1"]


def test_messages_are_read_some_levels_deep() -> None:
    assert words(nested(5).encode()) == ["level4", "level3", "level2"]


def test_long_texts_are_cut_off() -> None:
    long = PARTS.format(inner="Subject: x\n\n" + "y" * 2 * ATTACHED).encode()
    assert len(text_of(long, parse(long), 1_000_000)) < ATTACHED + 100
    assert text_of(long, parse(long), 6) == "\n\nplum"
