import os
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jmap.mail import mboxes
from jmap.mail.mailfiles import (
    Found,
    Unreadable,
    folders,
    join_folder,
    make_maildir,
    mbox_path,
    read_mail,
    split_folder,
    total_octets,
    write_maildir,
    write_mbox,
)

MOMENT = datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=UTC)
KEYWORDS = st.frozensets(
    st.sampled_from(["$seen", "$flagged", "$answered", "$draft", "$forwarded", "$junk", "work", "junk", "x-1"])
)
PIECES = (
    *(b"From ", b">From ", b"\n", b"\r\n", b"\n\n", b"a", b"text: \n", b"\x00\xff", b"Subject: x", b"Status: RO\n"),
    *(b"X-Posthorn-Message: 3 -\n", b"From x Thu Feb 29 12:30:15 2024\n", b"Content-Length: 40\n"),
)
RAWS = st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join) | st.binary(max_size=50)
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)) | st.none()
quick = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def found(
    raw: bytes, key: str = "1", keywords: frozenset[str] = frozenset(), received_at: datetime | None = MOMENT
) -> Found:
    return Found(key, "Inbox", raw, received_at, keywords)


def read(path: Path) -> list[Found]:
    messages = list(read_mail(path))
    assert not [message for message in messages if isinstance(message, Unreadable)]
    return [message for message in messages if isinstance(message, Found)]


def mbox(tmp_path: Path, content: str, name: str = "Inbox.mbox") -> list[Found]:
    (tmp_path / name).write_bytes(content.encode())
    return read(tmp_path / name)


@quick
@given(messages=st.lists(st.tuples(RAWS, KEYWORDS, MOMENTS), max_size=5))
def test_an_mbox_gives_back_what_was_written(
    tmp_path: Path, messages: list[tuple[bytes, frozenset[str], datetime]]
) -> None:
    path = tmp_path / "Inbox.mbox"
    write_mbox(path, [found(raw, keywords=words, received_at=moment) for raw, words, moment in messages])
    again = read(path)
    assert [(message.raw, message.keywords) for message in again] == [(raw, words) for raw, words, _ in messages]
    moments = [(message.received_at, moment) for message, (_, _, moment) in zip(again, messages, strict=True)]
    assert all(was == moment for was, moment in moments if moment)


@quick
@given(raw=RAWS, words=KEYWORDS, moment=MOMENTS.filter(bool), key=st.text(max_size=5))
def test_a_maildir_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes, words: frozenset[str], moment: datetime, key: str
) -> None:
    root = tmp_path_factory.mktemp("maildir")
    write_maildir(root, "A/Bü & c", found(raw, key=key, keywords=words, received_at=moment))
    (again,) = read(root)
    assert (again.raw, again.keywords, again.received_at, again.folder) == (raw, words, moment, "A/Bü & c")


@quick
@given(st.lists(st.text(st.sampled_from("aé/%.& 日~\U0001f600:sbd,-"), min_size=1, max_size=8), min_size=1, max_size=3))
def test_folder_names_survive_files(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    root, folder = tmp_path_factory.mktemp("names"), join_folder(names)
    write_mbox(mbox_path(root / "tree", folder), [])
    make_maildir(root / "maildir", folder)
    assert folders(root / "tree") == [folder]
    assert folders(root / "maildir") == ["Inbox", folder]
    assert split_folder(folder) == names


def test_more_than_26_keywords_survive_a_maildir(tmp_path: Path) -> None:
    for number in range(40):
        write_maildir(tmp_path, "Inbox", found(b"x", key=str(number), keywords=frozenset({f"k{number}", "$seen"})))
    assert {word for message in read(tmp_path) for word in message.keywords} == {"$seen", *(f"k{n}" for n in range(40))}


def test_writing_a_message_again_replaces_it(tmp_path: Path) -> None:
    for _ in range(2):
        write_maildir(tmp_path, "Inbox", found(b"x"))
    assert len(read(tmp_path)) == 1


def test_an_mbox_of_others_is_read(tmp_path: Path) -> None:
    messages = mbox(
        tmp_path,
        "From ann@x.org Thu Feb 29 12:30:15 2024\nStatus: RO\nX-Status: AF\nX-Keywords: Work Junk\n\n>From me\n>>From\n"
        "From here on\n\nFrom what I know\n\nFrom - Fri Mar  1 00:00:00 2024\nSubject: 2\n\nend\n\n",
    )
    assert [message.raw.partition(b"\n\n")[2] for message in messages] == [
        b"From me\n>>From\nFrom here on\n\nFrom what I know\n",
        b"end\n",
    ]
    assert messages[0].keywords == {"$seen", "$answered", "$flagged", "work", "$junk"}
    assert messages[0].received_at == datetime(2024, 2, 29, 12, 30, 15, tzinfo=UTC)
    assert messages[1].received_at == datetime(2024, 3, 1, tzinfo=UTC)


def test_crlf_lines_stay(tmp_path: Path) -> None:
    (message, _) = mbox(tmp_path, 2 * "From a Thu Feb 29 12:30:15 2024\r\nSubject: x\r\n\r\nbody\r\n\r\n")
    assert message.raw == b"Subject: x\r\n\r\nbody\r\n"


def test_thunderbirds_flags_are_read_and_deleted_messages_left_out(tmp_path: Path) -> None:
    head = (
        "From - Thu Feb 29 12:30:15 2024\nX-Mozilla-Status: {}\nX-Mozilla-Keys: $label1 NonJunk   \nSubject: x\n\nb\n\n"
    )
    messages = mbox(tmp_path, head.format("1007") + head.format("0009") + head.format("0000"))
    assert [message.keywords - {"$label1", "nonjunk", "$notjunk"} for message in messages] == [
        {"$seen", "$answered", "$flagged", "$forwarded"},
        set(),
    ]


def test_content_length_parts_messages_that_are_not_quoted(tmp_path: Path) -> None:
    body = "one\n\nFrom a Thu Feb 29 12:30:15 2024\nTo: x\n\n>From two\n"
    head = "From a Thu Feb 29 12:30:15 2024\nContent-Length: {}\n\n{}\n"
    assert len(mbox(tmp_path, head.format(len(body), body) + head.format(4, "end\n"))) == 2
    assert len(mbox(tmp_path, head.format(3, body) + head.format(4, "end\n"))) == 3


@pytest.mark.parametrize(
    ("labels", "expected", "keywords"),
    [
        ("Inbox,Unread", ["Inbox"], set()),
        ("Sent,Opened,Starred,Important", ["Sent"], {"$seen", "$flagged", "$important"}),
        ('"Trips, long",Work/2024,Category Updates', ["Trips, long", "Work/2024"], {"$seen"}),
        ("=?UTF-8?Q?Entw=C3=BCrfe,Unread?=", ["Entwürfe"], set()),
        ("Drafts", ["Drafts"], {"$seen", "$draft"}),
        ("Important", ["Archive"], {"$seen", "$important"}),
    ],
)
def test_gmail_labels_are_folders_and_keywords(
    tmp_path: Path, labels: str, expected: list[str], keywords: set[str]
) -> None:
    (message,) = mbox(tmp_path, f"From 1@xxx Thu Feb 29 12:30:15 +0000 2024\nX-Gmail-Labels: {labels}\n\nx\n")
    assert [message.folder, *message.also] == expected
    assert message.keywords == keywords
    assert message.received_at == datetime(2024, 2, 29, 12, 30, 15, tzinfo=UTC)


def test_a_tree_of_mboxes_gives_folders(tmp_path: Path) -> None:
    for name in ("Inbox", "Inbox.sbd/Work", "Inbox.sbd/Work.sbd/2024", "Apple.mbox/mbox"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("From a Thu Feb 29 12:30:15 2024\nSubject: x\n\nx\n")
    (tmp_path / "Inbox.msf").write_text("index")
    assert [message.folder for message in read(tmp_path)] == ["Apple", "Inbox", "Inbox/Work", "Inbox/Work/2024"]


def test_a_maildir_of_others_is_read(tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp", ".Sent.Old &APw-/cur", ".Sent.Old &APw-/new"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "dovecot-keywords").write_text("0 $Forwarded\n1 Work\n")
    (tmp_path / "cur/1.a:2,FSTab").write_bytes(b"one")
    (tmp_path / "new/2.a").write_bytes(b"two")
    (tmp_path / ".Sent.Old &APw-/cur/3.a:2,").write_bytes(b"three")
    assert [(message.folder, message.raw, set(message.keywords)) for message in read(tmp_path)] == [
        ("Inbox", b"one", {"$flagged", "$seen", "$forwarded", "work"}),
        ("Inbox", b"two", set()),
        ("Sent/Old ü", b"three", set()),
    ]


def test_an_eml_has_the_date_of_its_header_or_else_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.eml").write_bytes(b"Date: Thu, 29 Feb 2024 13:30:15 +0100\r\n\r\nx")
    (tmp_path / "in/b.EML").write_bytes(b"x")
    os.utime(tmp_path / "in/b.EML", (0, 0))
    first, second = read(tmp_path)
    assert (first.folder, first.received_at) == ("in", datetime(2024, 2, 29, 12, 30, 15, tzinfo=UTC))
    assert second.received_at == datetime(1970, 1, 1, tzinfo=UTC)


def test_keys_stay_the_same_when_flags_change(tmp_path: Path) -> None:
    path = write_maildir(tmp_path, "Inbox", found(b"x"))
    (before,) = read(tmp_path)
    path.rename(path.with_name(path.name + "S"))
    (after,) = read(tmp_path)
    assert (before.key, after.keywords) == (after.key, frozenset({"$seen"}))


def test_octets_add_up_to_the_total(tmp_path: Path) -> None:
    write_mbox(tmp_path / "a.mbox", [found(b"x" * 100), found(b"From y\n")])
    write_maildir(tmp_path / "dir", "Inbox", found(b"z" * 50))
    assert sum(message.octets for message in read(tmp_path)) == total_octets(tmp_path)


def test_nothing_at_the_path_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(read_mail(tmp_path / "none"))


def test_separators_are_found_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [found(b"Subject: x\n\n" + b"line\n" * (number % 97), key=str(number)) for number in range(500)]
    write_mbox(tmp_path / "a.mbox", messages)
    for block in (997, 4096, 10_000):
        monkeypatch.setattr(mboxes, "BLOCK", block)
        assert [message.raw for message in read(tmp_path)] == [message.raw for message in messages]


def test_a_huge_mbox_is_read_in_little_memory_and_a_huge_message_reported(tmp_path: Path) -> None:
    path = tmp_path / "big.mbox"
    big, small = found(b"Subject: big\n\n" + b"x" * 40_000_000), found(b"Subject: small\n\nx")
    write_mbox(path, [small, big, small])
    tracemalloc.start()
    results = list(mboxes.read_mbox(path, "big", "big", max_message=1_000_000))
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()
    assert [type(result) for result in results] == [Found, Unreadable, Found]
