"""Mail for accounts here, from the world (MX) and from a relay of our own (LMTP): checked at RCPT, judged at the final
dot, and answered for once it is durable."""

import secrets
from functools import partial

from accounts.domains import BadAddress, normal_domain
from accounts.recipients import POSTMASTER, Recipient, find_postmaster, find_recipient, is_local
from jmap.delivery import trace
from jmap.delivery.commands import MailFrom, RcptTo
from jmap.delivery.envelope import Admitted, Envelope, Message
from jmap.delivery.judging import Findings, Judges
from jmap.delivery.kinds import Client
from jmap.delivery.office import Office, run_in
from jmap.delivery.replies import Refusal, Reply
from jmap.mail.arrivals import Target, accept
from jmap.mailauth.verdict import strip_claims
from jmap.mime.fields import is_named, split_fields


class Reception:
    """The desk of MX and LMTP (jmap.delivery.office.Desk)."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.judges = Judges(office.hostname, office.threads.judges)

    def check_sender(self, client: Client, mail: MailFrom) -> int | None:
        """Anybody may write; it is judged when the message is there."""
        return None

    def check_recipient(self, client: Client, envelope: Envelope, rcpt: RcptTo) -> Admitted:
        recipient = find(rcpt.recipient)
        if recipient is None:
            raise unknown(rcpt.recipient)
        if not recipient.is_active:
            raise Refusal(550, "5.2.1", "This mailbox is disabled")
        if recipient.room is not None and recipient.room < max(envelope.mail.size, 1):
            raise Refusal(452, "4.2.2", "This mailbox is full")
        return Admitted(rcpt, recipient.account_id)

    async def take(self, message: Message) -> list[Reply]:
        """All recipients or none: they are in one transaction."""
        if trace.hops(split_fields(message.octets)[0]) > trace.MAX_HOPS:
            raise Refusal(554, "5.4.6", "The message goes round in circles")
        findings = await self.judges.ask(message)
        if not message.is_wanted():
            raise Refusal(421, "4.4.2", "You have gone already")
        id = secrets.token_hex(8)
        await run_in(self.office.threads.database, partial(self.keep, message, findings, id))
        return [Reply(250, "2.0.0", f"Taken as {id}")] * len(message.admitted)

    def keep(self, message: Message, findings: Findings, id: str) -> None:
        octets = complete(message, findings, id, self.office.hostname)
        targets = [
            Target(each.account_id, each.rcpt.recipient, each.rcpt.notify, each.rcpt.orcpt)
            for each in message.admitted
            if each.account_id
        ]
        mail = message.mail
        accept(octets, mail.sender, targets, findings.to_stored(), ret=mail.ret, envid=mail.envid)


def find(address: str) -> Recipient | None:
    if address.lower() == POSTMASTER:
        return find_postmaster()
    try:
        return find_recipient(address)
    except BadAddress:
        return None


def unknown(address: str) -> Refusal:
    """A stranger here, or somebody elsewhere: mail is not passed on (RFC 5321 §3.6.2, §7.1)."""
    try:
        local = is_local(normal_domain(address.rpartition("@")[2]))
    except BadAddress:
        local = False
    if local or address.lower() == POSTMASTER:
        return Refusal(550, "5.1.1", "There is no such mailbox here")
    return Refusal(554, "5.7.1", "Mail for that domain is not taken here")


def complete(message: Message, findings: Findings, id: str, hostname: str) -> bytes:
    """The message as it is kept, with how it came here and what we think of it on top (RFC 5321 §4.4, RFC 8601 §4).
    What others wrote of that kind goes."""
    fields, rest = split_fields(strip_claims(message.octets, hostname))
    kept = [field for field in fields if not is_named(field, (trace.RETURN_PATH,))]
    ours = [trace.return_path(message.mail.sender), findings.header, trace.received(message, id, hostname)]
    return b"".join([*ours, *kept, rest])
