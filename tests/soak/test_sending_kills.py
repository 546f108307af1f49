"""Mail is submitted to a world that refuses, stalls and hangs up, while processes die: every recipient comes to an end
that the sender hears of, and nothing is sent twice without a reason."""

import base64
import contextlib
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.config.service import MANAGE, Service, environment, eventually, serving
from tests.fixtures.dns import DnsServer
from tests.fixtures.sink import DROP, DROP_AFTER_ACCEPTING, STALL, Sink
from tests.soak.line import Line, Unavailable
from tests.soak.test_kills import reaches_its_data, session_url, victim

USER, PASSWORD = "kill@example.org", "correct horse"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
BATCH = 25
KINDS = ["worker", "postmaster", "backend"]
SETTINGS = {
    "PRIVATE_MX": "true", "SEND_TIMEOUT": "1", "SEND_LEASE": "3", "RETRY_SCHEDULE": "1s,1s,2s",
    "MAX_MESSAGES_PER_HOUR": "0", "MAX_RECIPIENTS_PER_DAY": "0", "MAIL_HOSTNAME": "home.test",
    "SEND_CONNECTIONS_PER_DOMAIN": "10", "WEB_PROCESSES": "1",
}  # fmt: skip


class World:
    """A sink with moods."""

    def __init__(self, sink: Sink, dice: random.Random) -> None:
        self.sink, self.dice = sink, dice
        sink.on("connect", lambda _: self.mood("220 sink.test", (0.02, "421 4.3.2 Busy"), (0.02, DROP)))
        sink.on("MAIL", lambda _: self.mood("250 OK", (0.02, DROP), (0.02, "451 4.3.0 Later"), (0.005, STALL)))
        sink.on("RCPT", lambda _: self.mood("250 OK", (0.1, "450 4.2.0 Later"), (0.08, "550 5.1.1 No such user")))
        sink.on("message", lambda _: self.receive())

    def mood(self, usual: str, *moods: tuple[float, str]) -> str:
        drawn = self.dice.random()
        for share, answer in moods:
            drawn -= share
            if drawn < 0:
                return answer
        return usual

    def receive(self) -> str:
        return self.mood(
            "250 OK", (0.02, DROP), (0.03, DROP_AFTER_ACCEPTING), (0.04, "451 4.3.0 Later"), (0.03, "554 5.7.1 Spam"),
            (0.005, STALL),
        )  # fmt: skip

    def received(self, *, dropped: bool = False) -> Counter[str]:
        """How often each recipient's mail was taken, or taken without a word."""
        letters = [each for each in self.sink.letters if each.answer == DROP_AFTER_ACCEPTING or not dropped]
        return Counter(recipient for letter in letters for recipient in letter.recipients)


@pytest.fixture
def world(sink: Sink, dns_server: DnsServer, dice: random.Random, monkeypatch: pytest.MonkeyPatch) -> World:
    dns_server.add("there.test", "MX", "10 mx.there.test.")
    dns_server.add("mx.there.test", "A", "127.0.0.1")
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DNS_SERVERS", dns_server.address)
    monkeypatch.setenv("REMOTE_SMTP_PORT", str(sink.port))
    return World(sink, dice)


class Submitter:
    """Writes and sends over JMAP; every recipient is another."""

    def __init__(self, service: Service) -> None:
        account = next(iter(httpx.get(session_url(service), headers={"Authorization": BASIC}).json()["accounts"]))
        self.line = Line(f"http://127.0.0.1:{service.port}", account, BASIC, patience=60)
        self.written = 0
        found = self.line.call("Mailbox/get", ids=None)["list"]
        self.drafts = next(each["id"] for each in found if each["role"] == "drafts")
        self.identity = self.line.call("Identity/get", ids=None)["list"][0]["id"]

    def submit(self, number: int) -> None:
        """Some of them twice, perhaps, where the answer got lost; then under another address."""
        left = number
        while left > 0:
            with contextlib.suppress(httpx.TransportError, Unavailable):
                self.send_batch(min(BATCH, left))
                left -= BATCH

    def send_batch(self, number: int) -> None:
        names = [f"r{self.written + at}" for at in range(number)]
        self.written += number
        self.line.batch(
            ("Email/set", {"create": {name: self.letter(name) for name in names}}),
            ("EmailSubmission/set", {
                "create": {name: {"identityId": self.identity, "emailId": f"#{name}"} for name in names},
            }),
            seconds=60,
        )  # fmt: skip

    def letter(self, name: str) -> dict[str, Any]:
        return {
            "mailboxIds": {self.drafts: True}, "from": [{"email": USER}], "to": [{"email": f"{name}@there.test"}],
            "subject": f"To {name}", "bodyValues": {"1": {"value": "Hello"}},
            "textBody": [{"partId": "1", "type": "text/plain"}],
        }  # fmt: skip

    def patiently(self, name: str, **arguments: Any) -> dict[str, Any]:
        for _ in range(100):
            with contextlib.suppress(httpx.TransportError, Unavailable):
                return self.line.call(name, seconds=60, **arguments)
            time.sleep(0.1)
        raise AssertionError("it stayed unavailable")

    def everything(self, name: str, properties: list[str], **query: Any) -> Iterator[dict[str, Any]]:
        ids = self.patiently(f"{name}/query", **query)["ids"]
        for at in range(0, len(ids), 500):
            yield from self.patiently(f"{name}/get", ids=ids[at : at + 500], properties=properties)["list"]

    def fates(self) -> dict[str, str]:
        """Recipient -> "yes", "no", "queued", "unknown"."""
        found = self.everything("EmailSubmission", ["deliveryStatus"])
        return {to: status["delivered"] for each in found for to, status in each["deliveryStatus"].items()}

    def reports(self) -> Counter[str]:
        """The recipients that mail in the account says were not reached."""
        found = self.everything("Email", ["subject"], filter={"subject": "Not delivered"})
        return Counter(f"{each['subject'].rpartition(' ')[2]}@there.test" for each in found)


def kill(service: Service, kind: str, dice: random.Random) -> None:
    if kind == "worker":
        dice.choice(service.processes("config.worker")).kill()
    else:
        victim(service, kind, dice).kill()
    assert eventually(lambda: service.processes("config.worker") and reaches_its_data(service), 60), service.output


@pytest.mark.parametrize(("number", "kills"), [(75, 3), pytest.param(5000, 30, marks=pytest.mark.soak)])
def test_every_recipient_comes_to_an_end(
    number: int, kills: int, world: World, dice: random.Random, tmp_path: Path
) -> None:
    with serving(tmp_path / "data") as service:
        add = [*MANAGE, "add_user", USER, "--password-stdin", "--data", str(service.data_dir)]
        subprocess.run(add, input=PASSWORD, text=True, check=True, cwd="/", env=environment())
        submitter = Submitter(service)
        for at in range(kills):
            submitter.submit(number // kills)
            time.sleep(dice.uniform(0, 1))
            kill(service, KINDS[at % len(KINDS)], dice)
        assert eventually(lambda: "queued" not in submitter.fates().values(), 60 + number / 10), service.output
        fates, received = submitter.fates(), world.received()
        failed = {to for to, fate in fates.items() if fate == "no"}
        assert len(fates) >= number // kills * kills
        assert eventually(lambda: set(submitter.reports()) == failed, 60), (submitter.reports(), failed)
        assert set(submitter.reports().values()) <= {1}
        assert all(received[to] for to, fate in fates.items() if fate == "unknown")
        dropped = world.received(dropped=True)
        unexplained = sum(max(0, count - 1 - dropped[to]) for to, count in received.items())
        print(f"{len(fates)} recipients, {len(failed)} failed, {kills} kills, {unexplained} doubled", dropped.total())
        assert unexplained <= kills
