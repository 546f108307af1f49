import signal
import socket
import subprocess
import sys
from pathlib import Path

from config.supervisor import ROOT
from jmap.mail.models import Arrival
from tests.fixtures.accounts import Person
from tests.fixtures.smtp import Dialogue, environment, receiving


def test_who_waits_is_told_and_nothing_is_left(alice: Person) -> None:
    with receiving() as receiver, receiver.dial() as idle, receiver.dial() as sending:
        sending.envelope("a@far.test", alice.email)
        sending.say("DATA")
        sending.send(b"Subject: x\r\n\r\nhalf")
        receiver.process.send_signal(signal.SIGTERM)
        assert idle.reply() == sending.reply() == (421, "4.3.2 This server is going down; try again soon")
        assert receiver.process.wait(20) == 0
    assert not Arrival.objects.filter(account_id=alice.account.pk).exists()


def test_without_the_database_mail_is_put_off(alice: Person) -> None:
    with receiving(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none") as receiver, receiver.dial() as client:
        client.say("EHLO client.test")
        assert client.say("MAIL FROM:<a@far.test>")[0] in (250, 451)
        assert client.say(f"RCPT TO:<{alice.email}>")[0] in (451, 503)
        assert client.say("NOOP")[0] == 250


def test_lmtp_is_spoken_over_a_unix_socket(alice: Person, tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    settings = environment(MX_PORT="off", SUBMISSION_PORT="off", SUBMISSIONS_PORT="off", LMTP_SOCKET=str(path))
    process = subprocess.Popen(
        [sys.executable, "manage.py", "receive"], cwd=ROOT, env=settings, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and str(path) in process.stdout.readline()
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    with Dialogue(connection) as client:
        assert client.reply()[0] == 220
        client.say("LHLO client.test")
        assert [client.say(each)[0] for each in ("MAIL FROM:<>", f"RCPT TO:<{alice.email}>", "DATA")] == [250, 250, 354]
        assert client.say("Subject: x\r\n\r\n.")[0] == 250
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()
    assert Arrival.objects.filter(account_id=alice.account.pk).count() == 1
