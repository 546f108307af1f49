"""The way mail goes, as the settings have it."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from jmap.submission.atlas import smart_host


@pytest.mark.parametrize(
    ("setting", "host", "port", "at_once"),
    [
        ("mail.test", "mail.test", 587, False),
        ("mail.test:465", "mail.test", 465, True),
        ("[2001:db8::1]:25", "2001:db8::1", 25, False),
    ],
)
def test_a_smart_host_has_a_port(settings: Settings, setting: str, host: str, port: int, at_once: bool) -> None:
    settings.SMART_HOST = setting
    found = smart_host()
    assert found is not None and found.login is None
    assert (found.host, found.port, found.security.at_once) == (host, port, at_once)
    assert (found.security.kind, found.security.names) == ("verified", (host,))


def test_without_one_there_is_none(settings: Settings) -> None:
    settings.SMART_HOST = ""
    assert smart_host() is None


def test_its_password_may_be_in_a_file(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    settings.SMART_HOST, settings.SMART_HOST_USER = "mail.test", "me"
    settings.SMART_HOST_PASSWORD_FILE = str(tmp_path / "password")
    found = smart_host()
    assert found is not None and found.login is not None
    assert (found.login.user, found.login.password) == ("me", "secret")
