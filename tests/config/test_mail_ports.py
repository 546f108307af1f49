import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from config import mail_ports
from config.mail_ports import open_listener, open_listeners
from config.supervisor import CannotListen
from jmap.delivery.kinds import LMTP, MX, SUBMISSION


@pytest.fixture(autouse=True)
def local(settings: Settings) -> None:
    settings.MAIL_HOST = "127.0.0.1"
    settings.MX_PORT = settings.SUBMISSION_PORT = settings.SUBMISSIONS_PORT = settings.LMTP_PORT = "0"
    settings.LMTP_SOCKET = ""


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else has."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield int(other.getsockname()[1])


def test_there_is_a_socket_for_each_kind() -> None:
    opened = open_listeners()
    assert [kind.name for kind, _ in opened] == ["mx", "submission", "submissions", "lmtp"]
    assert all("127.0.0.1 port " in line for line in mail_ports.described(opened))
    for _, listener in opened:
        listener.close()


def test_a_port_can_be_off(settings: Settings) -> None:
    settings.MX_PORT = "off"
    assert open_listener(MX) is None


def test_a_taken_port_is_named_with_the_remedy(settings: Settings, taken: int) -> None:
    settings.SUBMISSION_PORT = str(taken)
    with pytest.raises(CannotListen, match=f"port {taken}.*SUBMISSION_PORT"):
        open_listener(SUBMISSION)


def test_what_is_no_port_is_refused(settings: Settings) -> None:
    settings.MX_PORT = "smtp"
    with pytest.raises(CannotListen, match="MX_PORT='smtp'"):
        open_listener(MX)


def test_where_the_usual_port_can_not_be_had_another_is_taken(
    settings: Settings, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MX_PORT = ""
    monkeypatch.setitem(mail_ports.USUAL, MX, (taken, 0))
    listener = open_listener(MX)
    assert listener is not None and listener.getsockname()[1] != taken
    listener.close()


def test_a_socket_left_behind_is_taken_over_and_a_living_one_is_not(settings: Settings, tmp_path: Path) -> None:
    settings.LMTP_SOCKET = str(tmp_path / "lmtp")
    left = socket.socket(socket.AF_UNIX)
    left.bind(settings.LMTP_SOCKET)
    left.close()
    listener = open_listener(LMTP)
    assert listener is not None and (tmp_path / "lmtp").stat().st_mode & 0o777 == 0o660
    with pytest.raises(CannotListen, match="LMTP_SOCKET"):
        open_listener(LMTP)
    listener.close()
