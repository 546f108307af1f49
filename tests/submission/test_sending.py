"""Draining the queue."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import dkim
import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.provision import add_domain
from jmap.core import sql
from jmap.core.writing import writing
from jmap.mailauth.dns import Resolver
from jmap.submission import claims, sending
from jmap.submission.claims import claim_due
from jmap.submission.dkim_keys import make_keys, record_of
from jmap.submission.models import Queued
from jmap.submission.queue import cancel
from jmap.submission.upkeep import forget, ring_for_due
from tests.fixtures.accounts import Person
from tests.fixtures.dns import DnsServer
from tests.fixtures.sink import DROP, DROP_AFTER_ACCEPTING, STALL, MakeSink
from tests.submission.postoffice import PostOffice


def test_a_message_leaves_and_its_row_says_so(office: PostOffice) -> None:
    office.put()
    office.send()
    row = office.row()
    assert (row.state, row.reply, row.host) == ("delivered", "250 2.0.0 Accepted", "mx.there.test [127.0.0.1]")
    assert (row.lease_until, row.attempts, row.news) == (None, 1, False)
    assert office.sink.letters[0].octets.endswith(b"\r\nHello\r\n")


def test_recipients_of_a_domain_share_a_transaction_and_domains_do_not(office: PostOffice) -> None:
    office.add_domain("here.test")
    office.put("a@there.test", "b@there.test", "c@here.test")
    office.send()
    assert sorted(letter.recipients for letter in office.sink.letters) == [
        ["a@there.test", "b@there.test"],
        ["c@here.test"],
    ]


def test_a_hundred_recipients_are_enough_for_one_transaction(office: PostOffice) -> None:
    office.put(*(f"r{at}@there.test" for at in range(150)))
    office.send()
    assert sorted(len(letter.recipients) for letter in office.sink.letters) == [50, 100]


def test_what_is_held_waits_for_its_time(office: PostOffice) -> None:
    office.put(due_at=timezone.now() + timedelta(minutes=1))
    office.send()
    assert office.sink.connections == 0 and not ring_for_due()
    office.make_due()
    assert ring_for_due()
    office.send()
    assert office.states() == ["delivered"]


def test_each_recipient_has_its_own_fate(office: PostOffice) -> None:
    office.sink.next("RCPT", "250 OK", "550 5.1.1 No", "450 4.2.0 Later")
    office.put("a@there.test", "b@there.test", "c@there.test")
    office.send()
    assert office.states() == ["delivered", "failed", "waiting"]
    office.make_due()
    office.send()
    assert office.states() == ["delivered", "failed", "delivered"]
    assert [letter.recipients for letter in office.sink.letters] == [["a@there.test"], ["c@there.test"]]


def test_retries_follow_the_schedule(office: PostOffice, settings: Settings) -> None:
    settings.RETRY_SCHEDULE = [100.0, 200.0, 400.0]
    office.sink.on("MAIL", "451 4.3.0 Later")
    office.put()
    for wait in (100, 200, 400, 400):
        office.send()
        left = (office.row().due_at - timezone.now()).total_seconds()
        assert wait * 0.8 < left < wait * 1.2
        office.make_due()


def test_time_runs_out_with_a_last_attempt(office: PostOffice, settings: Settings) -> None:
    settings.RETRY_SCHEDULE = [86_400.0]
    office.sink.on("MAIL", "451 4.3.0 Later")
    office.put()
    office.age(days=4.5)
    office.send()
    row = office.row()
    assert (row.state, row.due_at) == ("waiting", row.expires_at)
    office.age(days=0.5)
    office.send()
    assert (office.row().state, office.row().attempts) == ("failed", 2)


@pytest.mark.parametrize("stage", ["connect", "EHLO", "MAIL", "RCPT", "DATA", "message"])
@pytest.mark.parametrize("trouble", [DROP, "421 4.3.2 Going down"])
def test_trouble_at_any_stage_only_delays(office: PostOffice, stage: str, trouble: str) -> None:
    office.sink.next(stage, trouble)
    office.put()
    office.send()
    assert office.states() == ["waiting"]
    office.make_due()
    office.send()
    assert office.states() == ["delivered"] and len(office.sink.letters) == 1


def test_a_lost_reply_may_cost_a_duplicate_but_never_the_message(office: PostOffice) -> None:
    office.sink.next("message", DROP_AFTER_ACCEPTING)
    office.put()
    office.send()
    assert "not known whether the message arrived" in office.row().reply
    office.make_due()
    office.send()
    assert office.states() == ["delivered"] and len(office.sink.letters) == 2


def test_a_stalling_peer_holds_up_nobody_else(office: PostOffice, make_sink: MakeSink, settings: Settings) -> None:
    settings.SEND_TIMEOUT = 3
    office.add_domain("slow.test", "127.0.0.2")
    make_sink("127.0.0.2", office.sink.port).on("connect", STALL)
    office.put("a@slow.test")
    office.put("b@there.test")
    drain = threading.Thread(target=sending.send_due)
    drain.start()
    wait_for(lambda: office.states() == ["waiting", "delivered"])
    office.put("c@there.test")
    sending.send_due()  # returns at once, for the drain is at it
    wait_for(lambda: office.states() == ["waiting", "delivered", "delivered"])
    assert drain.is_alive()
    drain.join()
    assert office.rows()[0].attempts == 1


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It never came to that"
        time.sleep(0.02)


def test_a_domain_gets_only_so_many_connections_at_once(office: PostOffice, settings: Settings) -> None:
    settings.SEND_CONNECTIONS_PER_DOMAIN = 2
    office.sink.on("MAIL", lambda line: time.sleep(0.05) or "250 OK")  # type: ignore[func-returns-value]
    for at in range(12):
        office.put(f"r{at}@there.test")
    office.send()
    assert len(office.sink.letters) == 12 and office.sink.most_open <= 2


def test_workers_share_the_limit_and_never_a_row(office: PostOffice, settings: Settings) -> None:
    settings.SEND_CONNECTIONS_PER_DOMAIN = 3
    for at in range(10):
        office.put(f"r{at}@there.test")
    taken: list[claims.Claim] = []

    def work() -> None:
        taken.extend(claim_due(10, 10**9))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [id for claim in taken for id in claim.ids]
    assert len(ids) == len(set(ids)) == 3


def test_by_a_smart_host_all_domains_are_one(office: PostOffice, settings: Settings) -> None:
    settings.SMART_HOST, settings.SMART_HOST_TLS = f"127.0.0.1:{office.sink.port}", "may"
    settings.SEND_CONNECTIONS_PER_DOMAIN = 2
    for at in range(5):
        office.put(f"b@d{at}.test")
    assert len(list(claim_due(10, 10**9))) == 2
    sql.run("UPDATE submission_queued SET lease_until = NULL")
    office.send()
    assert len(office.sink.letters) == 5


def test_messages_to_one_domain_share_connections(office: PostOffice, settings: Settings) -> None:
    settings.SEND_CONNECTIONS_PER_DOMAIN = 2
    for at in range(20):
        office.put(f"r{at}@there.test")
    office.send()
    assert len(office.sink.letters) == 20 and office.sink.connections < 10


def test_only_so_many_octets_are_in_flight(office: PostOffice) -> None:
    for at in range(5):
        office.put(f"r{at}@there.test", octets=b"x" * 1000)
    assert len(list(claim_due(10, 2500))) == 3


# Leases


def test_what_a_dead_worker_held_is_taken_over_when_its_lease_ends(office: PostOffice) -> None:
    office.put()
    assert len(list(claim_due(1, 10**9))) == 1  # and dies
    office.send()
    assert office.sink.connections == 0
    sql.run("UPDATE submission_queued SET lease_until = now()")
    office.send()
    assert office.states() == ["delivered"] and office.row().attempts == 2


def test_a_living_worker_keeps_its_lease(office: PostOffice, settings: Settings) -> None:
    settings.SEND_LEASE, settings.SEND_TIMEOUT = 1, 4
    office.sink.next("MAIL", STALL)
    office.put()
    drain = threading.Thread(target=sending.send_due)
    drain.start()
    wait_for(lambda: office.row().attempts == 1)
    deadline = time.monotonic() + 2.5
    while time.monotonic() < deadline:
        assert not list(claim_due(1, 10**9))
        time.sleep(0.1)
    drain.join()
    assert office.row().attempts == 1


def test_a_worker_killed_between_acceptance_and_record_costs_one_duplicate(
    office: PostOffice, dns_server: DnsServer
) -> None:
    office.put()
    settings = {
        "DNS_SERVERS": dns_server.address, "REMOTE_SMTP_PORT": str(office.sink.port), "PRIVATE_MX": "1",
        "MAIL_HOSTNAME": "home.test", "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    program = "import django; django.setup(); from jmap.submission.sending import send_due; send_due()"
    worker = subprocess.Popen([sys.executable, "-c", program], env=os.environ | settings)

    def accept(_: str) -> str:
        worker.kill()
        return DROP_AFTER_ACCEPTING

    office.sink.next("message", accept)
    assert worker.wait(30) == -9
    row = office.row()
    assert (row.state, row.reply, len(office.sink.letters)) == ("waiting", "", 1) and row.lease_until
    sql.run("UPDATE submission_queued SET lease_until = now()")
    office.send()
    assert office.states() == ["delivered"] and len(office.sink.letters) == 2


def test_a_late_result_of_an_attempt_that_was_taken_over_counts_only_if_it_is_a_delivery(office: PostOffice) -> None:
    from jmap.submission.ledger import settle
    from jmap.submission.relay.replies import Outcome, made

    office.put()
    (first,) = claim_due(1, 10**9)
    sql.run("UPDATE submission_queued SET lease_until = now()")
    (second,) = claim_due(1, 10**9)
    settle(first, {first.addressees[0]: Outcome(made(550, "5.0.0", "No"))})
    assert office.states() == ["waiting"]
    settle(first, {first.addressees[0]: Outcome(made(250, "2.0.0", "OK"))})
    settle(second, {second.addressees[0]: Outcome(made(550, "5.0.0", "No"))})
    assert office.states() == ["delivered"]


def test_a_stopping_worker_claims_nothing_more_and_takes_back_what_stalls(
    office: PostOffice, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "GRACE", 0.2)
    settings.SEND_TIMEOUT = 30
    office.sink.on("MAIL", STALL)
    stop = threading.Event()
    office.put()
    drain = threading.Thread(target=sending.send_due, args=[stop.is_set])
    drain.start()
    wait_for(lambda: "MAIL FROM:" in " ".join(office.sink.commands))
    stop.set()
    drain.join(10)
    assert not drain.is_alive()
    row = office.row()
    assert (row.state, row.lease_until) == ("waiting", None) and row.due_at <= timezone.now()


# Cancelling


def submitted(office: PostOffice, id: int = 7) -> list[int]:
    return office.put("a@there.test", "b@there.test", kind="submission", submission_id=id)


def take_back(office: PostOffice, id: int = 7) -> bool:
    with writing(office.sender.account.pk, "test"):
        return cancel(office.sender.account.pk, id)


def test_what_was_taken_back_is_never_sent(office: PostOffice) -> None:
    submitted(office)
    assert take_back(office)
    office.send()
    assert office.states() == ["canceled", "canceled"] and office.sink.connections == 0


def test_what_was_claimed_is_not_taken_back(office: PostOffice) -> None:
    submitted(office)
    list(claim_due(1, 10**9))
    assert not take_back(office)


def test_of_a_claim_and_a_cancel_exactly_one_wins(office: PostOffice) -> None:
    wins = {"claim": 0, "cancel": 0}
    for id in range(30):
        submitted(office, id)
        barrier = threading.Barrier(2)

        def claim(barrier: threading.Barrier = barrier) -> None:
            barrier.wait()
            wins["claim"] += len(list(claim_due(1, 10**9)))
            connection.close()

        thread = threading.Thread(target=claim)
        thread.start()
        barrier.wait()
        taken = take_back(office, id)
        thread.join()
        wins["cancel"] += taken
        states = set(Queued.objects.filter(submission_id=id).values_list("state", "attempts"))
        assert states == ({("canceled", 0)} if taken else {("waiting", 1)})
        Queued.objects.filter(submission_id=id).delete()
    assert sum(wins.values()) == 30


def test_an_account_that_is_being_written_keeps_nobody_elses_mail(
    office: PostOffice, make_office: Callable[[Person], PostOffice], bob: Person
) -> None:
    submitted(office)
    make_office(bob).put("c@there.test")
    with writing(office.sender.account.pk, "test"):
        thread = threading.Thread(target=sending.send_due)
        thread.start()
        thread.join(20)
        assert not thread.is_alive()
    assert set(Queued.objects.filter(account_id=bob.account.pk).values_list("state", flat=True)) == {"delivered"}
    assert office.states() == ["waiting", "waiting"]
    office.send()
    assert office.states() == ["delivered", "delivered"]


# Odds


def test_a_lost_message_fails_loudly(office: PostOffice, bob: Person) -> None:
    office.put()
    sql.run("UPDATE submission_queued SET blob = %s", b"\0" * 32)
    office.send()
    assert (office.row().state, office.row().reply) == ("failed", "554 5.3.0 The message has been lost here")


def test_a_row_of_an_account_that_is_gone_holds_up_nobody(office: PostOffice) -> None:
    submitted(office)
    sql.run("UPDATE submission_queued SET account_id = 999999999")
    office.put("c@there.test")
    office.send()
    assert office.states() == ["delivered"]
    assert set(Queued.objects.filter(account_id=999999999).values_list("state", flat=True)) == {"canceled"}


def test_an_address_literal_is_a_destination(office: PostOffice) -> None:
    office.put("b@[127.0.0.1]")
    office.send()
    assert office.sink.letters[0].recipients == ["b@[127.0.0.1]"]


def test_eight_bits_are_made_seven_before_anybody_minds(office: PostOffice) -> None:
    office.sink.extensions = []
    octets = b"From: a@home.test\nContent-Type: text/plain; charset=utf-8\n\n" + "Grüße\n.\n".encode()
    office.put(octets=octets)
    office.send()
    assert office.states() == ["delivered"]
    sent = office.sink.letters[0].octets
    assert sent.isascii() and b"quoted-printable" in sent and b"\n.\r\n" not in sent


def test_what_leaves_is_signed_as_it_arrives(office: PostOffice, dns_server: DnsServer) -> None:
    add_domain("signed.test")
    for key in make_keys("signed.test", ["rsa", "ed25519"]):
        dns_server.add(record_of(key).name, "TXT", record_of(key).value)
    octets = "From: a@signed.test\nSubject: Tea\n\nGrüße\n.\n..\n".encode() + b"x" * 2000
    office.put(octets=octets)
    office.send()
    resolver = Resolver([dns_server.address])
    verifier = dkim.DKIM(office.sink.letters[0].octets)
    for at in range(2):
        assert verifier.verify(at, dnsfunc=lambda name, timeout=5: txt(resolver, name))


def txt(resolver: Resolver, name: bytes) -> bytes:
    return bytes(resolver.query(name.decode(), "TXT").records[0])


def test_what_carries_a_signature_is_not_rewritten(office: PostOffice) -> None:
    office.sink.extensions = []
    office.put(octets=b"DKIM-Signature: v=1\r\nFrom: a@home.test\r\n\r\n" + "Grüße\r\n".encode())
    office.send()
    assert (office.row().state, "5.6.3" in office.row().reply) == ("failed", True)


def test_finished_rows_are_forgotten_after_some_days(office: PostOffice) -> None:
    office.put("a@there.test")
    office.put("b@there.test", due_at=timezone.now() + timedelta(days=1))
    office.send()
    assert forget() == 0
    office.age(days=8)
    forget()
    assert office.states() == ["waiting"]


def test_a_deactivated_sender_is_no_matter_for_what_waits(office: PostOffice) -> None:
    """An administrator cancels it, if it is to be stopped."""
    office.put()
    User.objects.filter(pk=office.sender.user.pk).update(is_active=False)
    office.send()
    assert office.states() == ["delivered"]
