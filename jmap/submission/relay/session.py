"""A connection to a peer that is ready for mail: greeted, in TLS where it is wanted, logged in to a smart host."""

import asyncio
import socket
import ssl
from dataclasses import dataclass, field

from aiosmtplib import SMTP, SMTPException, SMTPResponseException
from aiosmtplib.errors import SMTPAuthenticationError, SMTPConnectResponseError, SMTPHeloError
from aiosmtplib.response import SMTPResponse

from jmap.submission.relay import security
from jmap.submission.relay.replies import Refused, TlsTrouble, Trouble, Unreachable, as_temporary, heard, made
from jmap.submission.relay.security import Security

LONGEST_DIAL = 30.0  # seconds
OURS = "Posthorn"  # what our own greeting says


@dataclass(frozen=True, slots=True)
class Login:
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """One address of a host, and how to be with it. Equal targets can share a connection."""

    host: str
    address: str
    port: int
    security: Security
    login: Login | None = None


@dataclass(frozen=True, slots=True)
class Manner:
    """Who we are, how long we wait, and whom we trust."""

    own_name: str
    timeout: float  # seconds for each command
    ca_file: str = ""


class Session:
    """Open until `close`. Every command has its time; whatever goes wrong is Trouble."""

    def __init__(self, target: Target, manner: Manner) -> None:
        self.target, self.manner = target, manner
        self.used, self.rests_until = 0, 0.0
        self.client = SMTP()  # until there is a connection

    def context(self) -> ssl.SSLContext:
        return security.context(self.target.security.kind == "verified", self.manner.ca_file)

    async def open(self) -> None:
        """Raises Trouble (TlsTrouble where TLS failed), or Refused."""
        try:
            await self.prepare()
        except BaseException:
            self.close()
            raise

    async def prepare(self) -> None:
        sock = await dial(self.target.address, self.target.port, min(LONGEST_DIAL, self.manner.timeout))
        try:
            greeting = await self.speak(sock)
            await self.greet(greeting)
            if self.target.security.kind != "plain" and not self.target.security.at_once:
                await self.start_tls()
            if self.target.login is not None:
                await self.log_in(self.target.login)
        except SMTPConnectResponseError as error:  # even a 5xx is about this host alone
            raise Trouble(as_temporary(heard(error.code, error.message))) from None
        except ssl.SSLError as error:
            raise TlsTrouble(made(451, "4.7.5", f"TLS with {self.target.host} failed: {reason(error)}")) from None
        except (SMTPException, OSError) as error:
            raise Trouble(made(451, "4.4.1", f"No connection to {self.name}: {reason(error)}")) from None

    async def speak(self, sock: socket.socket) -> SMTPResponse:
        """SMTP on an open connection; the greeting."""
        self.client = SMTP(
            hostname=self.target.host,
            sock=sock,
            local_hostname=self.manner.own_name,
            timeout=self.manner.timeout,
            start_tls=False,
            use_tls=self.target.security.at_once,
            tls_context=self.context(),
        )
        try:
            return await self.client.connect()
        except BaseException:
            sock.close()
            raise

    @property
    def name(self) -> str:
        target = self.target
        return target.host if target.host == target.address else f"{target.host} [{target.address}]"

    @property
    def is_alive(self) -> bool:
        return self.client.is_connected

    def offers(self, extension: str) -> bool:
        return self.client.supports_extension(extension)

    def parameter(self, extension: str) -> str:
        return self.client.esmtp_extensions.get(extension.lower(), "")

    async def greet(self, greeting: SMTPResponse | None = None) -> None:
        """EHLO, or HELO for who doesn't know it (RFC 5321 §3.2). Raises Refused when we meet ourselves."""
        try:
            answer = await self.client.ehlo()
        except SMTPHeloError as error:
            if error.code < 500 or not self.client.is_connected:
                raise Trouble(heard(error.code, error.message)) from None
            answer = await self.client.helo()
        called = (answer.message.split() or [""])[0].lower()
        if greeting and called == self.manner.own_name.lower() and OURS in greeting.message:
            raise Refused(made(554, "5.4.6", "The mail leads back to this server, which does not know the recipient"))

    async def start_tls(self) -> None:
        """RFC 3207. A peer that offers it and fails is TlsTrouble."""
        if not self.offers("starttls"):
            if self.target.security.kind == "may":
                return
            raise TlsTrouble(made(451, "4.7.4", f"{self.name} offers no TLS"))
        try:
            await self.client.starttls(server_hostname=self.target.security.names[0], tls_context=self.context())
        except (SMTPException, OSError, EOFError) as error:  # a certificate that can't be verified is an OSError
            raise TlsTrouble(made(451, "4.7.5", f"TLS with {self.name} failed: {reason(error)}")) from None
        self.check_tls()
        await self.greet()

    def check_tls(self) -> None:
        security.check(self.target.security, self.client.get_transport_info("ssl_object"))

    async def log_in(self, login: Login) -> None:
        """Never in the clear, save to this machine."""
        if self.client.get_transport_info("ssl_object") is None and self.target.address not in ("127.0.0.1", "::1"):
            raise Trouble(made(451, "4.7.4", f"{self.name} offers no TLS, so the password stays here"))
        try:
            await self.client.login(login.user, login.password)
        except SMTPAuthenticationError as error:
            raise Trouble(as_temporary(heard(error.code, error.message))) from None

    async def command(self, *words: str) -> SMTPResponse:
        """Raises Trouble when the connection is lost."""
        try:
            return await self.client.execute_command(*(word.encode("utf-8") for word in words))
        except SMTPResponseException as error:  # no reply of SMTP
            self.close()
            raise Trouble(made(451, "4.5.0", f"{self.name}: {reason(error)}")) from None
        except (SMTPException, OSError) as error:
            self.close()
            raise Trouble(made(451, "4.4.2", f"{self.name}: {reason(error)}")) from None

    async def body(self, octets: bytes, seconds: float) -> SMTPResponse:
        """The message after DATA, dots doubled and the final one added. Raises Trouble when no reply came: then nobody
        knows whether the peer has it."""
        protocol = self.client.protocol
        try:
            if protocol is None:
                raise ConnectionResetError("Connection lost")
            protocol.write(octets)
            return await protocol.read_response(timeout=seconds)
        except (SMTPException, OSError) as error:
            self.close()
            raise Trouble(made(451, "4.4.2", f"{self.name}: {reason(error)}")) from None

    async def quit(self) -> None:
        try:
            await self.client.quit(timeout=min(2.0, self.manner.timeout))
        except (SMTPException, OSError):
            self.close()

    def close(self) -> None:
        self.client.close()


async def dial(host: str, port: int, seconds: float) -> socket.socket:
    """An open connection to an address, or to the first address of a name that takes one. Raises Unreachable."""
    loop, last = asyncio.get_running_loop(), ""
    try:
        async with asyncio.timeout(seconds):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            for family, kind, protocol, _, address in found:
                sock = socket.socket(family, kind, protocol)
                try:
                    sock.setblocking(False)
                    await loop.sock_connect(sock, address)
                    return sock
                except BaseException as error:
                    sock.close()
                    if not isinstance(error, OSError):
                        raise
                    last = reason(error)
    except TimeoutError:
        last = "timed out"
    except OSError as error:  # no such name
        last = reason(error)
    raise Unreachable(made(451, "4.4.1", f"No connection to {host} port {port}: {last.lower()}"))


def reason(error: BaseException) -> str:
    """What went wrong, without the noise of libraries."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError):
        return (error.reason or "SSL error").replace("_", " ").lower()
    message = getattr(error, "message", None) or getattr(error, "strerror", None) or str(error)
    return str(message or type(error).__name__)
