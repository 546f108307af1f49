"""One message to some recipients over an open session (RFC 5321 §3.3; RFC 1870, 3461, 6152, 6531)."""

import re
from collections.abc import Iterable, Sequence

from jmap.submission.relay.letter import Addressee, Letter, path
from jmap.submission.relay.replies import Outcome, Refused, Reply, Trouble, heard, made
from jmap.submission.relay.session import Session

BODY_TIMES = 5  # the reply to the final dot may take so many times longer than others (RFC 5321 §4.5.3.2.6)
SLOWEST = 10_000  # octets a second that the message itself may take
LINE_STARTING_WITH_DOT = re.compile(rb"(?m)^\.")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
BREAKS_OUT = re.compile(r"[ <>]")  # outside of a quoted local part
MAYBE = "It is not known whether the message arrived, for the connection broke before the reply"


class Transaction:
    """`outcomes` has those recipients for whom the last word has been spoken; who is left after Trouble may be tried
    elsewhere."""

    def __init__(self, session: Session, letter: Letter, outcomes: dict[Addressee, Outcome]) -> None:
        self.session, self.letter, self.outcomes = session, letter, outcomes

    async def send(self, addressees: Iterable[Addressee]) -> None:
        """Raises Trouble while the host might still be exchanged for another."""
        wanted = [each for each in addressees if self.is_possible(each)]
        if not wanted:
            return
        reply = await self.say(*self.mail_from(wanted))
        if reply.code >= 400:
            if reply.code < 500:
                raise Trouble(reply)
            self.settle(wanted, reply)
            return
        accepted = await self.name(wanted)
        if accepted:
            await self.hand_over(accepted)
        else:
            await self.say("RSET")

    def is_possible(self, addressee: Addressee) -> bool:
        """Whether this peer can take the message for this recipient at all; if not, that is settled."""
        try:
            self.check_peer(addressee)
        except Refused as refused:
            self.settle([addressee], refused.reply, by_us=True)
            return False
        return True

    def check_peer(self, addressee: Addressee) -> None:
        """Raises Refused."""
        session, letter = self.session, self.letter
        limit = session.parameter("size")
        if not (is_writable(addressee.address) and is_writable(letter.sender)):
            raise Refused(made(553, "5.1.3", "The address can't be written in SMTP"))
        if limit.isdigit() and 0 < int(limit) < len(letter.octets):
            raise Refused(made(552, "5.3.4", f"{session.name} takes messages of at most {limit} octets"))
        if letter.needs_utf8(addressee) and not session.offers("smtputf8"):
            raise Refused(made(550, "5.6.7", f"{session.name} takes no addresses or header fields beyond ASCII"))
        if letter.is_eight_bit and not session.offers("8bitmime"):
            raise Refused(made(554, "5.6.3", f"{session.name} takes no 8-bit content, and this can't be rewritten"))

    def mail_from(self, addressees: Sequence[Addressee]) -> list[str]:
        session, letter = self.session, self.letter
        words = ["MAIL", f"FROM:<{path(letter.sender)}>"]
        if session.offers("size"):
            words.append(f"SIZE={len(letter.octets)}")
        if letter.is_eight_bit:
            words.append("BODY=8BITMIME")
        if any(map(letter.needs_utf8, addressees)):
            words.append("SMTPUTF8")
        if session.offers("dsn"):
            words += [f"RET={letter.ret}"] if letter.ret else []
            words += [f"ENVID={letter.envid}"] if letter.envid else []
        return words

    async def name(self, addressees: Sequence[Addressee]) -> list[Addressee]:
        """RCPT TO for each; returns who was accepted."""
        accepted: list[Addressee] = []
        for each in addressees:
            reply = await self.say("RCPT", f"TO:<{path(each.address)}>", *self.notification(each))
            if reply.code < 400:
                accepted.append(each)
            elif reply.code == 421:
                raise Trouble(reply)
            else:  # RFC 5321 §4.5.3.1.10: too many recipients at once are no reason to wait
                self.settle([each], reply, soon=reply.code == 452 and bool(accepted))
        return accepted

    def notification(self, addressee: Addressee) -> list[str]:
        """RFC 3461 §5.2.1."""
        if not self.session.offers("dsn"):
            return []
        words = [f"NOTIFY={addressee.notify}"] if addressee.notify else []
        return words + ([f"ORCPT={addressee.orcpt}"] if addressee.orcpt else [])

    async def hand_over(self, accepted: Sequence[Addressee]) -> None:
        reply = await self.say("DATA")
        if reply.code == 421:
            raise Trouble(reply)
        if reply.code == 354:
            reply = await self.transmit()
        elif reply.code < 400:
            reply = made(451, "4.5.0", "The peer wants no message after DATA")
        self.settle(accepted, reply)
        if self.session.is_alive and reply.code >= 400:
            await self.say("RSET")

    async def transmit(self) -> Reply:
        """The reply to the message, or what is to be said where none came: it may have arrived or not, so no other
        host is tried at once."""
        octets = LINE_STARTING_WITH_DOT.sub(b"..", self.letter.octets) + b".\r\n"
        try:
            answer = await self.session.body(octets, self.session.manner.timeout * BODY_TIMES + len(octets) / SLOWEST)
        except Trouble as trouble:
            return made(451, "4.4.2", f"{MAYBE} ({trouble.reply.text[10:]})")
        return heard(answer.code, answer.message)

    async def say(self, *words: str) -> Reply:
        answer = await self.session.command(*words)
        return heard(answer.code, answer.message) if answer.code != 354 else Reply(354, "", answer.message)

    def settle(self, addressees: Iterable[Addressee], reply: Reply, *, soon: bool = False, by_us: bool = False) -> None:
        """`by_us`: it is our word, not the peer's."""
        action = "" if self.session.offers("dsn") else "relayed"
        for each in addressees:
            self.outcomes[each] = Outcome(reply, "" if by_us else self.session.name, action, soon)


def is_writable(address: str) -> bool:
    """Whether it stays an address between < and > (RFC 5321 §4.1.2)."""
    return not CONTROL.search(address) and (address.startswith('"') or not BREAKS_OUT.search(address))
