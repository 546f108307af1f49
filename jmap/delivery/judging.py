"""Whether a message is what it claims to be and whether it is wanted: asked before we answer for it, so that a refusal
is heard by who sends it and never becomes a bounce."""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings

from accounts.memory import Memory
from jmap.delivery import spam, trace
from jmap.delivery.envelope import Message
from jmap.delivery.replies import Refusal
from jmap.delivery.rspamd import Rspamd
from jmap.delivery.spam import HeaderFilter, SpamFilter, SpamVerdict
from jmap.mailauth.dns import shared_resolver
from jmap.mailauth.verdict import Judgement, judge

logger = logging.getLogger("jmap.delivery")

SECONDS = 10.0  # for everything
DELAYED_FOR = 3600.0  # seconds that trouble with DNS keeps a sender's mail waiting; then it is taken unproven
REMEMBERED = 10_000
TOO_BUSY = Refusal(451, "4.3.2", "Too busy to judge the message; try again later")


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known of a message now."""

    is_junk: bool = False
    header: bytes = b""  # our Authentication-Results
    stored: dict[str, Any] = field(default_factory=dict)  # for the arrival: jmap.mail.models.Arrival.verdict

    def to_stored(self) -> dict[str, Any]:
        return {"junk": self.is_junk, **self.stored}


class Judges:
    """Asks all there are, at once."""

    def __init__(self, hostname: str, threads: ThreadPoolExecutor) -> None:
        self.hostname, self.threads = hostname, threads
        self.resolver = shared_resolver(tuple(settings.DNS_SERVERS))
        self.filters: list[SpamFilter] = [Rspamd(settings.RSPAMD_URL)] if settings.RSPAMD_URL else []
        self.delayed: Memory[float] = Memory(REMEMBERED, 24 * 3600)

    async def ask(self, message: Message) -> Findings:
        """Raises Refusal: for good where the sender's domain wants it so, or for now. A relay of ours is never refused,
        for it would have to tell a sender who may be invented: then the message is junk."""
        is_relayed = message.client.is_relay
        source = trace.origin(message.octets) if is_relayed else (message.client.address, message.client.helo)
        deadline = time.monotonic() + SECONDS
        judgement, verdict = await asyncio.gather(
            self.in_thread(partial(self.authenticate, message, source, deadline), TOO_BUSY),
            self.in_thread(partial(self.filter, message, source, deadline)),
        )
        if not is_relayed:
            self.refuse(message, judgement, verdict)
        return combine(judgement, verdict)

    async def in_thread(self, work: "partial[Any]", late: Refusal | None = None) -> Any:
        """What comes of it; None when it fails: mail is not lost for a mistake of ours. Raises `late` where its turn
        did not come in time, else a flood could carry forgeries past the judges."""
        try:
            running = asyncio.get_running_loop().run_in_executor(self.threads, work)
            return await asyncio.wait_for(running, SECONDS + 1)
        except TimeoutError:
            logger.warning("A judge of mail took too long")
            if late:
                raise late from None
        except Exception:
            logger.exception("A judge of mail failed")
        return None

    def authenticate(self, message: Message, source: tuple[str, str] | None, deadline: float) -> Judgement | None:
        """SPF, DKIM, DMARC and ARC; None for mail that did not come from outside."""
        if source is None:
            return None
        return judge(
            message.octets,
            peer=source[0],
            helo=source[1],
            mail_from=message.mail.sender,
            resolver=self.resolver,
            authserv_id=self.hostname,
            deadline=deadline,
        )

    def filter(self, message: Message, source: tuple[str, str] | None, deadline: float) -> SpamVerdict | None:
        filters = [*self.filters, *([HeaderFilter()] if message.client.is_relay else [])]
        return spam.ask(filters, message, source, deadline)

    def refuse(self, message: Message, judgement: Judgement | None, verdict: SpamVerdict | None) -> None:
        if judgement and judgement.policy == "reject":  # RFC 7489 §10.3
            raise Refusal(550, "5.7.1", f"Refused, as {judgement.dmarc.domain} wants it (DMARC)")
        if verdict and verdict.advice == "reject":
            raise Refusal(550, "5.7.1", "Refused: this looks like spam")
        if verdict and verdict.advice == "defer":
            raise Refusal(451, "4.7.1", "Not now; try again later")
        if judgement and judgement.temporary and self.may_wait(message.mail.sender, judgement.dmarc.domain):
            raise Refusal(451, "4.7.0", "DNS does not answer whether this is genuine; try again later")

    def may_wait(self, sender: str, domain: str) -> bool:
        """Whether mail with this sender and author can be put off some more."""
        key = f"{sender} {domain}".encode()
        first = self.delayed.get(key)
        if first is None:
            self.delayed.put(key, first := time.monotonic())
        return time.monotonic() - first < DELAYED_FOR


def combine(judgement: Judgement | None, verdict: SpamVerdict | None) -> Findings:
    is_junk = bool(verdict and verdict.is_junk) or bool(judgement and judgement.policy != "none")
    stored = judgement.to_stored() if judgement else {}
    if verdict:
        stored |= {"spam": verdict.to_stored(), "score": verdict.score}
    return Findings(is_junk, judgement.header if judgement else b"", without_nul(stored))


def without_nul(value: Any) -> Any:
    """PostgreSQL's JSON has no U+0000."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {without_nul(key): without_nul(each) for key, each in value.items()}
    return [without_nul(each) for each in value] if isinstance(value, list | tuple) else value
