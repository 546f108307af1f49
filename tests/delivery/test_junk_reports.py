"""What users move into Junk or out of it is told to rspamd."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from jmap.core import blobs, sql
from jmap.core.doorbell import bells
from jmap.delivery.junk_reports import MOST_ATTEMPTS, send_reports, sweep
from jmap.delivery.rspamd import Rspamd
from jmap.mail.junk import BELL
from tests.fixtures.accounts import Person
from tests.fixtures.filing import deliver, filed, message
from tests.fixtures.mail import is_sound, make_mailbox, roles


class Controller:
    """Learns like rspamd's controller; `status` is what it answers."""

    def __init__(self) -> None:
        self.learned: list[tuple[str, bytes, str | None]] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                octets = self.rfile.read(int(self.headers["Content-Length"]))
                outer.learned.append((self.path, octets, self.headers["Password"]))
                self.send_response(outer.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def client(self) -> Rspamd:
        return Rspamd(f"http://127.0.0.1:{self.server.server_address[1]}")


@pytest.fixture
def controller() -> Iterator[Controller]:
    found = Controller()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def rung() -> Iterator[list[int]]:
    """Somebody listens; the ids rung for."""
    heard: list[int] = []
    bells[BELL] = heard.append
    yield heard
    del bells[BELL]


def move(person: Person, *names: str, email: str = "") -> None:
    """Put the only email, or this one, into the mailboxes with these roles."""
    ids = {roles(person.jmap)[name]: True for name in names}
    answer = person.jmap.call("Email/set", update={email or filed(person)[0]["id"]: {"mailboxIds": ids}})
    assert not answer["notUpdated"]


def noted(person: Person) -> list[bool]:
    query = "SELECT is_junk FROM mail_junkreport WHERE account_id = %s ORDER BY id"
    return [is_junk for (is_junk,) in sql.rows(query, person.account.pk)]


def make_due(person: Person) -> None:
    query = "UPDATE mail_junkreport SET due_at = now() - interval '1 minute' WHERE account_id = %s"
    sql.run(query, person.account.pk)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (["inbox"], ["junk"], [True]),
        (["trash"], ["junk"], [True]),
        (["inbox"], ["inbox", "junk"], [True]),
        (["junk"], ["inbox"], [False]),
        (["junk"], ["archive", "trash"], [False]),
        (["junk", "inbox"], ["inbox"], [False]),
        (["junk"], ["trash"], []),
        (["junk"], ["junk", "archive"], []),
        (["inbox"], ["archive"], []),
    ],
)
def test_a_move_says_what_is_junk(
    alice: Person, rung: list[int], start: list[str], end: list[str], said: list[bool]
) -> None:
    deliver(alice)
    move(alice, *start)
    sql.run("DELETE FROM mail_junkreport WHERE account_id = %s", alice.account.pk)
    rung.clear()
    move(alice, *end)
    assert noted(alice) == said and len(rung) == len(said)


def test_a_patch_of_one_mailbox_counts(alice: Person, rung: list[int]) -> None:
    deliver(alice)
    junk = roles(alice.jmap)["junk"]
    alice.jmap.call("Email/set", update={filed(alice)[0]["id"]: {f"mailboxIds/{junk}": True}})
    assert noted(alice) == [True]


def test_filing_junk_says_nothing_and_neither_do_keywords_or_destruction(alice: Person, rung: list[int]) -> None:
    deliver(alice, junk=True)
    email = filed(alice)[0]["id"]
    alice.jmap.call("Email/set", update={email: {"keywords/$junk": None}})
    alice.jmap.call("Email/set", destroy=[email])
    assert not noted(alice) and not rung


def test_a_move_that_fails_says_nothing(alice: Person, rung: list[int]) -> None:
    deliver(alice)
    update = {f"mailboxIds/{roles(alice.jmap)['junk']}": True, "mailboxIds/m9999": True}
    assert alice.jmap.call("Email/set", update={filed(alice)[0]["id"]: update})["notUpdated"]
    assert not noted(alice)


def test_where_nobody_listens_nothing_is_noted(alice: Person) -> None:
    deliver(alice)
    move(alice, "junk")
    assert not noted(alice)


def test_without_a_junk_mailbox_nothing_is_noted(alice: Person, rung: list[int]) -> None:
    deliver(alice)
    sql.run("UPDATE mail_mailbox SET role = NULL WHERE account_id = %s AND role = 'junk'", alice.account.pk)
    move(alice, "archive")
    assert not noted(alice)


def test_many_moves_ring_once_and_are_told_one_by_one(alice: Person, rung: list[int], controller: Controller) -> None:
    octets = [message(str(at)) for at in range(5)]
    for each in octets:
        deliver(alice, each)
    junk = {roles(alice.jmap)["junk"]: True}
    alice.jmap.call("Email/set", update={each["id"]: {"mailboxIds": junk} for each in filed(alice)})
    assert len(rung) == 1
    send_reports(rung[0], controller.client)
    assert sorted(controller.learned) == sorted(("/learnspam", each, None) for each in octets)
    assert not noted(alice) and is_sound(alice.caller)


def test_two_emails_of_the_same_octets_are_one_report(alice: Person, rung: list[int]) -> None:
    same = message("Same")
    for folder in ("one", "two"):
        make_mailbox(alice.jmap, folder)
        deliver(alice, same, recipient=alice.email.replace("@", f"+{folder}@"))
    junk = {roles(alice.jmap)["junk"]: True}
    alice.jmap.call("Email/set", update={each["id"]: {"mailboxIds": junk} for each in filed(alice)})
    assert noted(alice) == [True]


def test_the_last_word_counts(alice: Person, rung: list[int], controller: Controller) -> None:
    octets = message()
    deliver(alice, octets)
    move(alice, "junk")
    move(alice, "inbox")
    send_reports(rung[-1], controller.client)
    assert controller.learned == [("/learnham", octets, None)] and not noted(alice)


def test_the_password_is_sent(alice: Person, rung: list[int], controller: Controller, settings: Any) -> None:
    settings.RSPAMD_PASSWORD = "let me in"
    deliver(alice)
    move(alice, "junk")
    send_reports(rung[0], controller.client)
    assert controller.learned[0][2] == "let me in"


def test_what_it_had_learned_before_is_done(alice: Person, rung: list[int], controller: Controller) -> None:
    controller.status = 208
    deliver(alice)
    move(alice, "junk")
    send_reports(rung[0], controller.client)
    assert len(controller.learned) == 1 and not noted(alice)


def test_what_could_not_be_told_is_told_later(alice: Person, rung: list[int], controller: Controller) -> None:
    deliver(alice)
    move(alice, "junk")
    controller.status = 500
    send_reports(rung[0], controller.client)
    send_reports(rung[0], controller.client)
    assert len(controller.learned) == 1 and noted(alice) == [True]
    controller.status = 200
    make_due(alice)
    rung.clear()
    sweep()
    send_reports(rung[0], controller.client)
    assert len(controller.learned) == 2 and not noted(alice)


def test_an_rspamd_that_is_away_is_not_asked_for_the_next_message(alice: Person, rung: list[int]) -> None:
    for _ in range(3):
        deliver(alice)
    junk = {roles(alice.jmap)["junk"]: True}
    alice.jmap.call("Email/set", update={each["id"]: {"mailboxIds": junk} for each in filed(alice)})
    send_reports(rung[0], Rspamd("http://127.0.0.1:1"))
    query = "SELECT attempts FROM mail_junkreport WHERE account_id = %s ORDER BY id"
    assert sql.rows(query, alice.account.pk) == [(1,), (0,), (0,)]


def test_what_is_never_heard_is_given_up(alice: Person, rung: list[int]) -> None:
    deliver(alice)
    move(alice, "junk")
    for _ in range(MOST_ATTEMPTS):
        make_due(alice)
        send_reports(rung[0], Rspamd("http://127.0.0.1:1"))
    assert not noted(alice)


def test_the_message_is_kept_until_it_is_told(alice: Person, rung: list[int], controller: Controller) -> None:
    octets = message()
    deliver(alice, octets)
    move(alice, "junk")
    alice.jmap.call("Email/set", destroy=[filed(alice)[0]["id"]])
    sql.run("UPDATE core_blob SET created_at = now() - interval '1 year' WHERE account_id = %s", alice.account.pk)
    blobs.sweep_account(alice.account.pk)
    send_reports(rung[0], controller.client)
    assert controller.learned == [("/learnspam", octets, None)]


def test_others_reports_wait_for_their_own_bell(
    alice: Person, bob: Person, rung: list[int], controller: Controller
) -> None:
    for person in (alice, bob):
        deliver(person, message(person.email))
        move(person, "junk")
    send_reports(rung[0], controller.client)
    assert not noted(alice) and noted(bob) == [True]
