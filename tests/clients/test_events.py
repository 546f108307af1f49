"""An event source as another's client reads it."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.clients.conftest import Tls
from tests.clients.test_clients import environment
from tests.fixtures.accounts import Person
from tests.fixtures.mail import import_email, make_mailbox, roles
from tests.fixtures.streams import account_of, states_of

SCRIPT = Path(__file__).parent / "jmapc_events.py"


def pass_on(lines: Iterable[str], told: "queue.Queue[Any]") -> None:
    for line in lines:
        told.put(json.loads(line))


@contextmanager
def jmapc_events(tls: Tls, person: Person) -> Iterator["queue.Queue[Any]"]:
    """What it has been told, each as it comes."""
    command = [sys.executable, str(SCRIPT), tls.host, person.email, person.password]
    told: queue.Queue[Any] = queue.Queue()
    with subprocess.Popen(command, env=environment(tls), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        threading.Thread(target=pass_on, args=(process.stdout, told), daemon=True).start()
        try:
            yield told
        finally:
            process.kill()


def test_jmapc_hears_of_changes(tls: Tls, alice: Person) -> None:
    with jmapc_events(tls, alice) as told:
        for at in range(200):  # until it listens
            make_mailbox(alice.jmap, f"M{at}")
            try:
                told.get(timeout=0.3)
                break
            except queue.Empty:
                pass
        import_email(alice.jmap, roles(alice.jmap)["inbox"])
        event = told.get(timeout=20)
        while event["changed"][account_of(alice)]["email"] is None:
            event = told.get(timeout=20)
    states = states_of(alice, "Email", "Mailbox", "Thread")
    found = event["changed"][account_of(alice)]
    assert {name: found[name.lower()] for name in states} == states
    assert found["email_delivery"] == states["Email"]
    assert event["id"]
