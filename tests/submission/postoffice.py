"""A queue with a world around it: domains in a DNS server of the test's own, their mail servers sinks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Account
from accounts.provision import add_address
from jmap.core import blobs, sql
from jmap.submission import sending
from jmap.submission.models import Queued
from jmap.submission.queue import Envelope, Recipient, enqueue
from tests.fixtures.accounts import Person
from tests.fixtures.dns import DnsServer
from tests.fixtures.sink import MakeSink, Sink

LETTER = (
    b"From: %s\r\nTo: b@there.test\r\nSubject: Tea\r\nMessage-ID: <tea@home.test>\r\n"
    b"Date: Wed, 25 Nov 2026 10:00:00 +0000\r\n\r\nHello\r\n"
)


class PostOffice:
    def __init__(self, sender: Person, sink: Sink, dns: DnsServer) -> None:
        self.sender, self.sink, self.dns = sender, sink, dns

    def add_domain(self, domain: str, address: str = "127.0.0.1") -> None:
        self.dns.add(domain, "MX", f"10 mx.{domain}.")
        self.dns.add(f"mx.{domain}", "A", address)

    def put(
        self, *recipients: str | Recipient, octets: bytes = b"", sender: str | None = None, **more: Any
    ) -> list[int]:
        """Into the queue; the ids of its rows."""
        octets = octets or LETTER % self.sender.email.encode()
        digest = blobs.keep(self.sender.account.pk, octets)
        to = [each if isinstance(each, Recipient) else Recipient(each) for each in recipients or ("b@there.test",)]
        envelope = Envelope(
            self.sender.email if sender is None else sender, to, more.pop("ret", None), more.pop("envid", None)
        )
        more = {"kind": "smtp", "due_at": timezone.now(), **more}
        return enqueue(self.sender.account.pk, digest, len(octets), envelope, **more)

    def rows(self) -> list[Queued]:
        return list(Queued.objects.filter(account_id=self.sender.account.pk).order_by("id"))

    def row(self) -> Queued:
        (found,) = self.rows()
        return found

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]

    def make_due(self) -> None:
        """As if the time until the next attempt had passed."""
        sql.run("UPDATE submission_queued SET due_at = now() WHERE account_id = %s", self.sender.account.pk)

    def age(self, **span: float) -> None:
        """As if everything had happened so much earlier."""
        seconds = timedelta(**span).total_seconds()
        sql.run(
            "UPDATE submission_queued SET due_at = due_at - s, expires_at = expires_at - s,"
            " submitted_at = submitted_at - s, tried_at = tried_at - s"
            " FROM make_interval(secs => %s) s WHERE account_id = %s",
            seconds, self.sender.account.pk,
        )  # fmt: skip

    def arrived(self, account: Account | None = None) -> list[bytes]:
        """The messages that wait to be filed in an account, the sender's by default."""
        id = (account or self.sender.account).pk
        digests = [
            bytes(blob) for (blob,) in sql.rows("SELECT blob FROM mail_arrival WHERE account_id = %s ORDER BY id", id)
        ]
        found = blobs.open_blobs(id, digests)
        return [found[digest].octets() for digest in digests]

    def send(self) -> None:
        sending.send_due()


@pytest.fixture
def office(make_office: Any, alice: Person) -> PostOffice:
    found: PostOffice = make_office(alice)
    return found


@pytest.fixture
def make_office(dns_server: DnsServer, sink: Sink, settings: Settings) -> Iterator[Any]:
    Queued.objects.all().delete()
    settings.DNS_SERVERS, settings.REMOTE_SMTP_PORT, settings.PRIVATE_MX = [dns_server.address], sink.port, True
    settings.MAIL_HOSTNAME, settings.SEND_TIMEOUT = "home.test", 2

    def make(sender: Person) -> PostOffice:
        office = PostOffice(sender, sink, dns_server)
        office.add_domain("there.test")
        return office

    yield make
    Queued.objects.all().delete()


__all__ = ["MakeSink", "PostOffice", "add_address", "make_office", "office"]
