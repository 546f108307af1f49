"""Mail that people send with a program of their own (RFC 6409): whose it is, what it may say it is, into the queue."""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

from django.db import transaction

from accounts.access import Caller
from accounts.domains import BadAddress, normal_domain
from accounts.recipients import is_local, may_send_as
from jmap.core import blobs
from jmap.core.errors import SetError
from jmap.delivery import trace
from jmap.delivery.commands import MailFrom, RcptTo
from jmap.delivery.envelope import Admitted, Envelope, Message
from jmap.delivery.kinds import Client
from jmap.delivery.office import Office, run_in
from jmap.delivery.reception import find
from jmap.delivery.replies import Refusal, Reply
from jmap.mime.fields import split_fields
from jmap.mime.structure import Header
from jmap.submission import message as rules
from jmap.submission import queue
from jmap.submission.limits import OverRate, charge


class Submission:
    """The desk of the submission ports (jmap.delivery.office.Desk)."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def check_sender(self, client: Client, mail: MailFrom) -> int | None:
        """The account whose mail it is: the sender's; of mail that wants no bounces (RFC 8098 §3), its author's, when
        they are known."""
        if not mail.sender:
            return None
        account_id = next((each for each in accounts_of(client) if may_send_as(each, mail.sender)), None)
        if account_id is None:
            raise Refusal(550, "5.7.1", f"You may not send as {mail.sender}")
        return account_id

    def check_recipient(self, client: Client, envelope: Envelope, rcpt: RcptTo) -> Admitted:
        """Who is here is looked up at once; the others the queue will find."""
        try:
            local = is_local(normal_domain(rcpt.recipient.rpartition("@")[2]))
        except BadAddress:
            raise Refusal(550, "5.1.2", "Mail can't be sent to that domain") from None
        recipient = find(rcpt.recipient) if local else None
        if local and recipient is None:
            raise Refusal(550, "5.1.1", "There is no such mailbox here")
        if recipient and not recipient.is_active:
            raise Refusal(550, "5.2.1", "This mailbox is disabled")
        return Admitted(rcpt, recipient.account_id if recipient else None)

    async def take(self, message: Message) -> list[Reply]:
        id = secrets.token_hex(8)
        await run_in(self.office.threads.database, partial(self.send, message, id))
        return [Reply(250, "2.0.0", f"Queued as {id}")] * len(message.admitted)

    def send(self, message: Message, id: str) -> None:
        """Into the queue, which is durable then. Raises Refusal."""
        data = message.octets
        if trace.hops(split_fields(data)[0]) > trace.MAX_HOPS:
            raise Refusal(554, "5.4.6", "The message goes round in circles")
        try:
            headers = rules.read_header(data)
            rules.refuse_invalid(headers)
            account_id = author_account(message, headers)
            octets = trace.received(message, id, self.office.hostname) + rules.freeze(data, headers)
            enqueue(message, account_id, octets)
        except SetError as error:
            code, status = (550, "5.7.1") if error.wire["type"] == "forbiddenFrom" else (554, "5.6.0")
            raise Refusal(code, status, str(error)) from None
        except OverRate as error:
            raise Refusal(450, "4.7.1", str(error)) from None


def author_account(message: Message, headers: Sequence[Header]) -> int:
    """The account that all authors belong to: the sender's, or of mail without one any of the user's. Raises SetError
    forbiddenFrom."""
    accounts = [message.account_id] if message.account_id is not None else accounts_of(message.client)
    for account_id in accounts[:-1]:
        with suppress(SetError):
            rules.refuse_foreign_from(account_id, headers)
            return account_id
    rules.refuse_foreign_from(accounts[-1], headers)
    return accounts[-1]


def enqueue(message: Message, account_id: int, octets: bytes) -> None:
    """Raises OverRate."""
    recipients = [queue.Recipient(each.rcpt.recipient, each.rcpt.notify, each.rcpt.orcpt) for each in once(message)]
    envelope = queue.Envelope(message.mail.sender, recipients, message.mail.ret, message.mail.envid)
    due_at = max(datetime.now(UTC), message.mail.hold_until or datetime.min.replace(tzinfo=UTC))
    with transaction.atomic():
        digest = blobs.keep(account_id, octets)
        charge(caller_of(message.client).user_id, len(recipients))
        queue.enqueue(account_id, digest, len(octets), envelope, kind="smtp", due_at=due_at)


def once(message: Message) -> list[Admitted]:
    """Each address once, as it was first given."""
    found: dict[str, Admitted] = {}
    for each in message.admitted:
        found.setdefault(each.rcpt.recipient, each)
    return list(found.values())


def caller_of(client: Client) -> Caller:
    if client.caller is None:
        raise RuntimeError("Nobody has logged in")
    return client.caller


def accounts_of(client: Client) -> list[int]:
    """Those that the user may send from, the personal one first."""
    return [right.account_id for right in caller_of(client).rights.values() if not right.read_only]
