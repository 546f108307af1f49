"""The commands that administrators and scripts rely on."""

import io
import sys

import pytest
from django.core.management import CommandError, call_command

from accounts.access import rights_of
from accounts.app_passwords import find_app_password
from accounts.models import User
from accounts.provision import find_account


def run(*words: str) -> str:
    out = io.StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_a_user_is_made_with_the_password_from_standard_input(monkeypatch: pytest.MonkeyPatch, email: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("se cret\n"))
    run("add_user", email, "--name", "Some One", "--password-stdin", "--admin", "--data", "/tmp/x")
    user = User.objects.get(email=email)
    assert (user.name, user.is_admin, user.check_password("se cret")) == ("Some One", True, True)


def test_without_a_terminal_a_password_is_made_and_printed(monkeypatch: pytest.MonkeyPatch, email: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    password = run("add_user", email).split("Password: ")[1].strip()
    assert User.objects.get(email=email).check_password(password)


def test_an_empty_password_is_refused(monkeypatch: pytest.MonkeyPatch, email: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    with pytest.raises(CommandError, match="empty"):
        run("add_user", email, "--password-stdin")


def test_a_shared_account_is_made_named_and_granted(monkeypatch: pytest.MonkeyPatch, domain: str, email: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    run("add_domain", domain)
    run("add_user", email)
    run("add_account", f"team@{domain}")
    run("add_address", f"all@{domain}", f"team@{domain}")
    run("grant", f"all@{domain}", email, "--read-only")
    user = User.objects.get(email=email)
    assert rights_of(user.pk)[find_account(f"team@{domain}").pk].read_only
    run("revoke", f"all@{domain}", email)
    assert find_account(f"team@{domain}").pk not in rights_of(user.pk)


def test_an_app_password_is_printed_once(monkeypatch: pytest.MonkeyPatch, email: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    run("add_user", email)
    password = run("app_password", email, "--name", "phone").split()[-1]
    found = find_app_password(password)
    assert found is not None and found.name == "phone"


@pytest.mark.parametrize("words", [("add_domain", "a b"), ("add_user", "x"), ("grant", "a@b.example", "c@d.example")])
def test_a_mistake_is_explained(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(CommandError, match=r"not|no account"):
        run(*words)
