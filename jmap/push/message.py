"""What is to be pushed to one subscription: StateChange objects (RFC 8620 §7.1), made from where it was told last."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from jmap.push.position import AccountState, Changed, Place, Position, Types, changes
from jmap.push.vapid import base64url

DELIVERY: Types = frozenset({"EmailDelivery"})


@dataclass(frozen=True, slots=True)
class Message:
    """One request to the push resource. Once it is delivered, `states` and `emails` are how far it has been told."""

    content: dict[str, Any]
    urgency: str = "normal"  # RFC 8030 §5.3
    topic: str | None = None  # RFC 8030 §5.4
    states: Mapping[int, Place] = field(default_factory=dict)
    emails: Mapping[int, Place] = field(default_factory=dict)


def verification(subscription_id: int, code: str) -> Message:
    """RFC 8620 §7.2.2."""
    wire = {"@type": "PushVerification", "pushSubscriptionId": f"p{subscription_id}", "verificationCode": code}
    return Message(wire)


def state_changes(told: Position, now: Mapping[int, AccountState], types: Types, room: int) -> list[Message]:
    """What has changed since, in as many messages as the room (in octets) makes necessary."""
    changed = changes(told, now, types)
    new_mail = changes(told, now, DELIVERY)
    return [state_change(part, now, urgent=bool(part.keys() & new_mail)) for part in parts(changed, room)]


def state_change(changed: Changed, now: Mapping[int, AccountState], *, urgent: bool) -> Message:
    """The topic names what is told of: only newer news of the same types may take its place at the push service."""
    subject = orjson.dumps({account: sorted(states) for account, states in changed.items()})
    topic = base64url(hashlib.sha256(subject).digest())[:32]
    states = {int(account[1:]): now[int(account[1:])].place for account in changed}
    return Message(wire_change(changed), "normal" if urgent else "low", topic, states)


def wire_change(changed: Changed) -> dict[str, Any]:
    return {"@type": "StateChange", "changed": changed}


def parts(changed: Changed, room: int) -> Iterator[Changed]:
    """Accounts that fit together; one alone always passes."""
    part: Changed = {}
    for account, states in changed.items():
        if part and len(orjson.dumps(wire_change({**part, account: states}))) > room:
            yield part
            part = {}
        part[account] = states
    if part:
        yield part
