"""The command line."""

import pytest

from manage import needs_database


@pytest.mark.parametrize(
    "words", ["", "up --port 8080", "check", "help", "add_user --help", "domain check -h", "--version"]
)
def test_what_needs_no_database_does_not_wait_for_one(words: str) -> None:
    assert not needs_database(words.split())


@pytest.mark.parametrize("words", ["migrate", "add_user a@b.example", "domain check example.org", "dkim up"])
def test_everything_else_finds_one_running(words: str) -> None:
    assert needs_database(words.split())
