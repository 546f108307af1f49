"""DATA and BDAT: the message comes in, is taken, and answered for (RFC 5321 §4.1.1.4, RFC 3030 §2, RFC 2033 §4.2)."""

import logging
import re
from typing import TYPE_CHECKING

from django.conf import settings

from jmap.core import sql
from jmap.delivery import replies
from jmap.delivery.dots import Dots, has_stray
from jmap.delivery.envelope import Envelope, Message
from jmap.delivery.office import run_in
from jmap.delivery.replies import Hangup, Refusal, Reply
from jmap.delivery.spool import IN_MEMORY, Spool

if TYPE_CHECKING:
    from jmap.delivery.session import Session

logger = logging.getLogger("jmap.delivery")

SLOWEST = 1000  # octets a second, on average, once SMTP_TIMEOUT has passed
_CHUNK = re.compile(r"([0-9]{1,20})( +LAST)?\Z", re.I)


async def data(session: "Session", argument: str) -> Reply:
    envelope = ready(session)
    if argument:
        raise Refusal(501, "5.5.4", "DATA takes no parameters")
    if envelope.spool:
        raise Refusal(503, "5.5.1", "The message has begun with BDAT")
    if not envelope.admitted:
        raise no_recipients(session)
    session.say(replies.SEND_IT)
    envelope.spool = Spool(settings.MAX_SIZE_MESSAGE)
    await receive_dotted(session, envelope.spool)
    return await finish(session, envelope)


async def receive_dotted(session: "Session", spool: Spool) -> None:
    """Everything up to the final dot."""
    dots, began = Dots(), session.now()
    while not dots.is_done:
        spool.write(dots.feed(await session.wire.octets(deadline(session, began, spool.size))))
        refuse_endless(spool)
    session.wire.put_back(dots.rest)
    if dots.is_bad:
        raise Hangup(replies.BAD_LINE)


async def bdat(session: "Session", argument: str) -> Reply:
    """One chunk. Its octets are read whatever is wrong, else they would pass for commands."""
    match = _CHUNK.match(argument)
    if match is None:
        raise Hangup(Reply(501, "5.5.4", "BDAT wants a number of octets"))
    envelope, spool, is_last = session.envelope, Spool(settings.MAX_SIZE_MESSAGE), bool(match[2])
    if envelope is not None:
        spool = envelope.spool = envelope.spool or spool
    await receive_chunk(session, spool, int(match[1]))
    if envelope is None or not envelope.admitted:
        session.reset()
        spool.close()
        raise no_recipients(session)
    return await finish(session, envelope) if is_last else Reply(250, "2.0.0", f"{match[1]} octets received")


async def receive_chunk(session: "Session", spool: Spool, size: int) -> None:
    began = session.now()
    while size:
        octets = await session.wire.octets(deadline(session, began, spool.size), size)
        size -= len(octets)
        spool.write(octets)
        refuse_endless(spool)


def ready(session: "Session") -> Envelope:
    if session.envelope is None:
        raise Refusal(503, "5.5.1", "Say MAIL first")
    return session.envelope


def no_recipients(session: "Session") -> Refusal:
    """RFC 2033 §4.2 wants 503 here; RFC 5321 §3.3 takes either."""
    return Refusal(503, "5.5.1", "There is no valid recipient")


def deadline(session: "Session", began: float, size: int) -> float:
    """Each block in its time (RFC 5321 §4.5.3.2.5), and the whole no slower than SLOWEST."""
    return min(session.patience(), began + 2 * settings.SMTP_TIMEOUT + size / SLOWEST)


def refuse_endless(spool: Spool) -> None:
    """A little too much is read to its end and refused in order; far too much is not."""
    if spool.size > 2 * spool.limit:
        raise Hangup(replies.TOO_LARGE)


async def finish(session: "Session", envelope: Envelope) -> Reply:
    """The message is whole: take it, and answer; by LMTP once for each recipient (RFC 2033 §4.2)."""
    session.envelope = None
    try:
        answers = await take(session, envelope)
    except Refusal as refusal:
        answers = [refusal.reply] * len(envelope.admitted)
    except sql.UNREACHABLE:
        logger.warning("The database could not be reached to take a message")
        answers = [replies.TROUBLE] * len(envelope.admitted)
    finally:
        whole(envelope).close()
    if any(answer.is_positive for answer in answers):
        session.note_message()
    if not session.client.kind.is_lmtp:
        return answers[0]
    for answer in answers[:-1]:
        session.say(answer)
    return answers[-1]


async def take(session: "Session", envelope: Envelope) -> list[Reply]:
    spool = whole(envelope)
    if spool.is_too_large:
        raise Refusal(552, "5.3.4", replies.TOO_LARGE.text)
    if spool.is_full:
        raise Refusal(452, "4.3.1", replies.NO_SPACE.text)
    async with session.office.threads.room_for(spool.size):
        octets = (
            spool.octets() if spool.size < IN_MEMORY else await run_in(session.office.threads.database, spool.octets)
        )
        if has_stray(octets):  # DATA has been looked at as it came, chunks have not
            raise Refusal(554, "5.6.0", replies.BAD_LINE.text)
        return await session.desk.take(
            Message(
                session.client,
                envelope.mail,
                envelope.account_id,
                envelope.admitted,
                octets,
                lambda: not session.wire.is_lost,
            )
        )


def whole(envelope: Envelope) -> Spool:
    if envelope.spool is None:
        raise RuntimeError("There is no message")
    return envelope.spool
