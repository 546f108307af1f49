"""What a client has said about a message so far, and the message with it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from jmap.delivery.commands import MailFrom, RcptTo
from jmap.delivery.kinds import Client
from jmap.delivery.spool import Spool


@dataclass(frozen=True, slots=True)
class Admitted:
    """A recipient that was accepted; `account_id` is where it leads here, None for one elsewhere."""

    rcpt: RcptTo
    account_id: int | None


@dataclass(slots=True)
class Envelope:
    """A mail transaction. `account_id` is whose mail it is on a submission port."""

    mail: MailFrom
    account_id: int | None = None
    admitted: list[Admitted] = field(default_factory=list)
    spool: Spool | None = None  # once the message has begun to come in


@dataclass(frozen=True, slots=True)
class Message:
    """A message that has come in whole. `is_wanted` says whether the client still waits for an answer: one that has
    gone will send it again."""

    client: Client
    mail: MailFrom
    account_id: int | None
    admitted: list[Admitted]
    octets: bytes
    is_wanted: Callable[[], bool]
