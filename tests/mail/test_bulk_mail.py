"""The commands import_mail and export_mail: folders, flags, dates and octets come in and go out as they are."""

import mailbox
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Account
from jmap.client import Client
from jmap.mail.mailbox_rules import allowed_name, mailbox_name
from tests.fixtures.accounts import Person
from tests.fixtures.mail import is_sound, mailboxes, roles

LETTER = b"Message-ID: <%d@bulk.test>\r\nDate: Fri, 2 Jan 2026 03:04:0%d +0000\r\nSubject: Letter\r\n\r\nHello %d\r\n"


def write_letters(folder: Path, *numbers: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        (folder / f"{number}.eml").write_bytes(LETTER % (number, number, number))


def contents(jmap: Client) -> set[tuple[str, str, str, str]]:
    """(octets' id, received at, keywords, mailbox names) of every email."""
    names = {id: found["name"] for id, found in mailboxes(jmap).items()}
    listed = jmap.call("Email/get", ids=None, properties=["blobId", "receivedAt", "keywords", "mailboxIds"])["list"]
    return {
        (
            email["blobId"],
            email["receivedAt"],
            " ".join(sorted(email["keywords"])),
            " ".join(sorted(names[id] for id in email["mailboxIds"])),
        )
        for email in listed
    }


def test_folders_are_imported_once_however_often_it_runs(alice: Person, tmp_path: Path) -> None:
    write_letters(tmp_path / "Work" / "2026", 1, 2)
    write_letters(tmp_path / "Sent Items", 3)
    for _ in range(2):
        call_command("import_mail", alice.email, str(tmp_path))
    found = mailboxes(alice.jmap)
    assert found[roles(alice.jmap)["sent"]]["totalEmails"] == 1
    assert next(box for box in found.values() if box["name"] == "2026")["totalEmails"] == 2
    assert len(contents(alice.jmap)) == 3
    assert is_sound(alice.caller)


def test_the_same_message_in_two_folders_is_one_email(alice: Person, tmp_path: Path) -> None:
    write_letters(tmp_path / "One", 1)
    write_letters(tmp_path / "Two", 1)
    call_command("import_mail", alice.email, str(tmp_path))
    ((*_, names),) = contents(alice.jmap)
    assert names == "One Two"
    assert is_sound(alice.caller)


@pytest.mark.parametrize("format", ["mbox", "maildir"])
def test_an_export_imports_as_it_was(format: str, alice: Person, bob: Person, tmp_path: Path) -> None:
    write_letters(tmp_path / "in" / "Work", 1, 2, 3)
    call_command("import_mail", alice.email, str(tmp_path / "in"))
    ids = alice.jmap.call("Email/query")["ids"]
    trash = roles(alice.jmap)["trash"]
    update = {ids[0]: {"keywords": {"$flagged": True, "custom": True}}, ids[1]: {f"mailboxIds/{trash}": True}}
    alice.jmap.call("Email/set", update=update)
    call_command("export_mail", alice.email, str(tmp_path / "out"), format=format)
    call_command("import_mail", bob.email, str(tmp_path / "out"))
    assert contents(bob.jmap) == contents(alice.jmap)
    assert is_sound(bob.caller)


def test_an_mbox_of_another_program_keeps_its_flags(alice: Person, tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "Old.mbox")
    message = mailbox.mboxMessage(LETTER % (1, 1, 1))
    message.set_flags("RF")
    box.add(message)
    box.close()
    call_command("import_mail", alice.email, str(tmp_path / "Old.mbox"))
    ((_, _, keywords, name),) = contents(alice.jmap)
    assert (keywords, name) == ("$flagged $seen", "Old")


def test_what_is_over_quota_is_reported_and_the_rest_comes_in(alice: Person, tmp_path: Path) -> None:
    write_letters(tmp_path, 1, 2)
    Account.objects.filter(pk=alice.account.pk).update(quota_bytes=len(LETTER % (1, 1, 1)))
    with pytest.raises(CommandError):
        call_command("import_mail", alice.email, str(tmp_path))
    assert len(contents(alice.jmap)) == 1
    assert is_sound(alice.caller)


def test_nothing_to_import_is_said(alice: Person, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="nothing at"):
        call_command("import_mail", alice.email, str(tmp_path / "missing"))


def test_an_export_never_writes_into_what_is_there(alice: Person, tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    with pytest.raises(CommandError, match="not an empty directory"):
        call_command("export_mail", alice.email, str(tmp_path))


def test_a_folder_deeper_than_mailboxes_may_be_comes_in(alice: Person, tmp_path: Path) -> None:
    write_letters(tmp_path.joinpath(*"abcdefghijklmnopqrstuvwxyz"), 1)
    call_command("import_mail", alice.email, str(tmp_path))
    (box,) = (box for box in mailboxes(alice.jmap).values() if box["totalEmails"])
    assert alice.jmap.call("Mailbox/set", update={box["id"]: {"name": "Deep"}})["notUpdated"] is None


@pytest.mark.parametrize("text", ["tab\there", "e\u0301", "x" * 300, "ü" * 200, "\x00\x01", " ", "\u2028", "plain"])
def test_any_folder_gets_a_name_that_a_mailbox_may_have(text: str) -> None:
    assert mailbox_name(allowed_name(text))
