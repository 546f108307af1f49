"""Delivery to accounts of this server: into their arrivals, without SMTP."""

from collections.abc import Iterator

from django.conf import settings
from django.db import transaction

from accounts.domains import BadAddress
from accounts.recipients import Recipient, find_recipient
from jmap.core import blobs
from jmap.mail.arrivals import Target, accept
from jmap.submission.claims import Claim
from jmap.submission.ledger import settle
from jmap.submission.relay.letter import Addressee
from jmap.submission.relay.replies import Outcome, Refused, made
from jmap.submission.trace import traced

DELIVERED = Outcome(made(250, "2.1.5", "Delivered"), action="delivered")


def deliver(claim: Claim, octets: bytes) -> None:
    """To every recipient exactly once: a delivery and its record are one transaction."""
    found = dict(judged(claim))
    targets = [
        Target(to.account_id, each.address, notify_there(each), each.orcpt)
        for each, to in found.items()
        if isinstance(to, Recipient)
    ]
    received = traced(octets, claim.sender, [target.recipient for target in targets], settings.MAIL_HOSTNAME)
    for account_id in {target.account_id for target in targets}:
        blobs.keep(account_id, received)  # large files are written before the transaction
    outcomes = {each: to if isinstance(to, Outcome) else DELIVERED for each, to in found.items()}
    with transaction.atomic():
        accept(received, claim.sender, targets, {"junk": False}, ret=claim.ret, envid=claim.envid)
        settle(claim, outcomes)


def notify_there(addressee: Addressee) -> str:
    """What is left to be told once it is in the account's hands: that it was delivered, this queue tells."""
    return "FAILURE" if addressee.notify is None or "FAILURE" in addressee.notify else "NEVER"


def judged(claim: Claim) -> Iterator[tuple[Addressee, Recipient | Outcome]]:
    """Each recipient with the account to deliver to, or with what keeps us from it."""
    for each in claim.addressees:
        try:
            yield each, find_account(each.address)
        except Refused as refused:
            yield each, Outcome(refused.reply)


def find_account(address: str) -> Recipient:
    """Raises Refused."""
    try:
        found = find_recipient(address)
    except BadAddress:
        raise Refused(made(553, "5.1.3", "That is no address")) from None
    if found is None:
        raise Refused(made(550, "5.1.1", "There is no such mailbox here"))
    if not found.is_active:
        raise Refused(made(550, "5.2.1", "This mailbox takes no mail"))
    if not found.has_room:
        raise Refused(made(452, "4.2.2", "The mailbox is full"))
    return found
