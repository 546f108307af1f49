"""A client that others wrote sends a message over TLS, files it, finds the submission and takes it back."""

import subprocess
import sys

from tests.clients.conftest import Tls
from tests.clients.test_clients import HERE, run
from tests.fixtures.accounts import Person
from tests.fixtures.mail import emails, is_sound, roles
from tests.submission.letters import get_submission, queue_of, sent_octets


def test_jmapc_sends_and_takes_back(tls: Tls, alice: Person) -> None:
    script = [sys.executable, str(HERE / "jmapc_submission.py"), tls.host, alice.email, alice.password]
    seen = run(lambda **more: subprocess.run(script, **more), tls)
    id, email = seen["submission"], seen["email"]
    assert seen == {
        "identity": alice.email,
        "email": email,
        "implicit": [[email]],
        "submission": id,
        "found": [email, "pending", ["friend@elsewhere.test"]],
        "pending": [id],
        "left": [],
        "changed": [id],
    }
    assert emails(alice.jmap) == {email: [roles(alice.jmap)["sent"]]}
    assert get_submission(alice, id)["undoStatus"] == "canceled"
    assert [row.state for row in queue_of(alice, id)] == ["canceled"]
    assert b"archive@" not in sent_octets(alice, id) and is_sound(alice.caller)
