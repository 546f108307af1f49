"""One conversation: greeting, commands, replies, until either side has had enough (RFC 5321 §3, §4)."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from django.conf import settings

from accounts.auth import Credentials
from jmap.core import sql
from jmap.delivery import hello, login, replies, transfer
from jmap.delivery.commands import parse_mail, parse_rcpt, split_command
from jmap.delivery.envelope import Envelope
from jmap.delivery.kinds import Client
from jmap.delivery.office import Desk, Office, run_in
from jmap.delivery.replies import OK, Hangup, Refusal, Reply
from jmap.delivery.wire import BadLine, Closed, Interrupted, LongLine, Wire

logger = logging.getLogger("jmap.delivery")

MAX_LINE = 2048  # octets: RFC 5321 §4.5.3.1.4, and what DSN adds (RFC 3461 §4)
MAX_ERRORS = 20  # until the client is sent away
MAX_STRANGERS = 200  # recipients that are unknown here
MAX_IDLE_COMMANDS = 100  # since the last message; each one more counts as an error
LINGER = 3.0  # seconds for a client that is sent away to read why
HURRY = 10.0  # seconds for a command when there are hardly any connections left
FOREIGN = {"GET", "POST", "PUT", "HEAD", "CONNECT", "OPTIONS", "PRI", "HOST:"}  # a browser was led here
WAITS_FOR_OTHERS = {"MAIL", "RCPT", "RSET"}  # RFC 2920 §3.2: all other replies go out at once


class Session:
    """The state of one connection."""

    def __init__(self, office: Office, client: Client, wire: Wire) -> None:
        self.office, self.client, self.wire = office, client, wire
        self.desk: Desk = office.desks[client.kind.name]
        self.credentials: Credentials | None = None
        self.envelope: Envelope | None = None
        self.errors = self.strangers = self.idle_commands = 0
        self.is_over = False

    async def run(self) -> None:
        """Until the connection ends."""
        last = None
        try:
            await self.converse()
        except Hangup as hangup:
            last = hangup.reply
        except Interrupted:
            last = replies.STOPPING
        except TimeoutError:
            last = replies.IDLE
        except BadLine:
            last = replies.BAD_LINE
        except (Closed, OSError):
            pass
        except Exception:
            logger.exception("A mail connection failed")
            last = replies.TROUBLE
        self.reset()
        await self.leave(last)

    async def leave(self, last: Reply | None) -> None:
        if last:
            self.say(last)
        await self.wire.close(self.now() + LINGER, linger=LINGER if last else 0)

    async def converse(self) -> None:
        if self.client.kind.starts_with_tls:
            await self.secure()
        self.say(Reply(220, "", f"{self.office.hostname} {'LMTP' if self.client.kind.is_lmtp else 'ESMTP'} Posthorn"))
        while not self.is_over:
            try:
                verb, reply = await self.execute(await self.wire.line(MAX_LINE, self.patience()))
            except LongLine:
                verb, reply = "", replies.LONG_LINE
            if reply:
                self.say(reply)
                self.count(verb, reply)
            if verb not in WAITS_FOR_OTHERS:
                await self.wire.flush(self.patience())

    async def execute(self, line: bytes) -> tuple[str, Reply | None]:
        """The verb of a command, and what to reply."""
        verb = ""
        try:
            verb, argument = split_command(line)
            return verb, await self.command(verb)(self, argument)
        except Refusal as refusal:
            return verb, refusal.reply
        except sql.UNREACHABLE:
            logger.warning("The database could not be reached for a mail client")
            return verb, replies.TROUBLE

    def command(self, verb: str) -> "Command":
        if verb in FOREIGN:
            raise Hangup(replies.NOT_SMTP)
        found = COMMANDS.get(verb)
        if found is None or (verb in HELLOS and (verb == "LHLO") != self.client.kind.is_lmtp):
            raise Refusal(500, "5.5.1", "That is no command here")
        return found

    def count(self, verb: str, reply: Reply) -> None:
        """Send a client away that does nothing but make mistakes or talk."""
        self.idle_commands += verb != "RCPT"
        is_mistake = reply.code >= 500 and verb != "RCPT"
        self.errors += is_mistake or self.idle_commands > MAX_IDLE_COMMANDS
        if reply.code == 550 and verb == "RCPT":
            self.strangers += 1
            self.office.limits.spend(self.client.address)
        if self.errors > MAX_ERRORS or self.strangers > MAX_STRANGERS:
            raise Hangup(replies.TOO_MANY_ERRORS)

    def note_message(self) -> None:
        """A message has been taken: what the client did wrong before is forgotten."""
        self.errors = self.strangers = self.idle_commands = 0

    def say(self, reply: Reply) -> None:
        self.wire.reply(reply.octets())

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def patience(self) -> float:
        """Until when the client may take for its next command."""
        seconds = min(settings.SMTP_TIMEOUT, HURRY) if self.office.limits.is_crowded else settings.SMTP_TIMEOUT
        return self.now() + seconds

    def reset(self) -> None:
        """Forget the transaction."""
        if self.envelope and self.envelope.spool:
            self.envelope.spool.close()
        self.envelope = None

    async def secure(self, before: Reply | None = None) -> None:
        """Speak TLS from here on. What the client said before counts no more (RFC 3207 §4.2)."""
        context = self.office.certificates.current()
        await self.wire.start_tls(context, before.octets() if before else b"")
        self.client.cipher = self.wire.cipher
        self.client.helo = ""
        self.reset()

    async def start_tls(self, argument: str) -> Reply | None:
        """RFC 3207 §4."""
        if not self.client.kind.offers_tls or self.client.kind.starts_with_tls:
            raise Refusal(502, "5.5.1", "There is no TLS to start here")
        if self.client.cipher:
            raise Refusal(503, "5.5.1", "TLS has been started already")
        if argument:
            raise Refusal(501, "5.5.4", "STARTTLS takes no parameters")
        if self.wire.has_more:  # commands smuggled in before TLS
            raise Hangup(Reply(503, "5.5.1", "Nothing may follow STARTTLS before TLS does"))
        await self.wire.flush(self.patience())
        await self.secure(replies.READY_FOR_TLS)
        return None

    async def mail(self, argument: str) -> Reply:
        if not self.client.helo:
            raise Refusal(503, "5.5.1", f"Say {'LHLO' if self.client.kind.is_lmtp else 'EHLO'} first")
        if self.envelope:
            raise Refusal(503, "5.5.1", "A message is under way already")
        if self.client.kind.wants_login:
            await login.check(self)
        mail = parse_mail(argument, hello.hold(self.client))
        if mail.size > settings.MAX_SIZE_MESSAGE:
            raise Refusal(552, "5.3.4", replies.TOO_LARGE.text)
        is_limited = not self.client.is_relay and not self.client.caller
        if is_limited and not self.office.limits.spend(self.client.address):
            raise Refusal(450, "4.7.1", "Too many messages from your address or network; try again later")
        account_id = await run_in(self.office.threads.database, lambda: self.desk.check_sender(self.client, mail))
        self.envelope = Envelope(mail, account_id)
        return Reply(250, "2.1.0", "Sender OK")

    async def rcpt(self, argument: str) -> Reply:
        envelope = self.envelope
        if envelope is None or envelope.spool:
            raise Refusal(503, "5.5.1", "There is no message to send to them")
        if len(envelope.admitted) >= settings.MAX_RECIPIENTS:
            raise Refusal(452, "4.5.3", "Too many recipients; send the message to them separately")
        rcpt = parse_rcpt(argument, is_utf8=envelope.mail.is_utf8)
        envelope.admitted.append(
            await run_in(self.office.threads.database, lambda: self.desk.check_recipient(self.client, envelope, rcpt))
        )
        return replies.RECIPIENT_OK

    async def rset(self, argument: str) -> Reply:
        self.reset()
        return OK

    async def noop(self, argument: str) -> Reply:
        return OK

    async def vrfy(self, argument: str) -> Reply:
        if not argument:
            raise Refusal(501, "5.5.4", "VRFY wants an address")
        return replies.NOT_VERIFIED  # RFC 5321 §7.3

    async def help(self, argument: str) -> Reply:
        return Reply(214, "2.0.0", "RFC 5321 explains it")

    async def quit(self, argument: str) -> Reply:
        self.is_over = True
        return replies.BYE


Command = Callable[[Session, str], Awaitable[Reply | None]]
HELLOS = {"HELO": hello.helo, "EHLO": hello.ehlo, "LHLO": hello.ehlo}
COMMANDS: dict[str, Command] = {
    **HELLOS,
    "STARTTLS": Session.start_tls,
    "AUTH": login.auth,
    "MAIL": Session.mail,
    "RCPT": Session.rcpt,
    "DATA": transfer.data,
    "BDAT": transfer.bdat,
    "RSET": Session.rset,
    "NOOP": Session.noop,
    "VRFY": Session.vrfy,
    "HELP": Session.help,
    "QUIT": Session.quit,
}
