"""The server process: listens, lets connections in, and ends them in order (RFC 5321 §3.8)."""

import asyncio
import gc
import logging
import resource
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from pathlib import Path

from django.conf import settings

from jmap.delivery.certificates import Certificates, own_certificate
from jmap.delivery.kinds import KINDS, Client, Kind
from jmap.delivery.office import Office
from jmap.delivery.reception import Reception
from jmap.delivery.relays import is_relay
from jmap.delivery.session import Session
from jmap.delivery.submission import Submission
from jmap.delivery.wire import Wire

logger = logging.getLogger("jmap.delivery")

LAST_WORDS = 10.0  # seconds for what is being taken when the server stops


def make_office() -> Office:
    """As the settings say. Raises OSError where the certificate can't be used."""
    own = None if settings.TLS_CERT else own_certificate(settings.DATA_DIR, settings.MAIL_HOSTNAME)
    certificates = Certificates(own or Path(settings.TLS_CERT), own or Path(settings.TLS_KEY))
    office = Office(settings.MAIL_HOSTNAME, {}, certificates)
    for kind in KINDS.values():
        office.desks[kind.name] = Submission(office) if kind.wants_login else Reception(office)
    return office


@dataclass
class Server:
    """Serves sockets that listen already, each of one kind."""

    office: Office
    sessions: dict["asyncio.Task[None]", Session] = field(default_factory=dict)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, listeners: Sequence[tuple[Kind, socket.socket]]) -> None:
        """Until SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(ValueError, RuntimeError):  # not in the main thread
                loop.add_signal_handler(number, self.stopping.set)
        servers = [await self.listen(kind, listener) for kind, listener in listeners]
        await self.stopping.wait()
        for server in servers:
            server.close()
        await self.end_sessions()

    async def listen(self, kind: Kind, listener: socket.socket) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        if listener.family == socket.AF_UNIX:
            return await loop.create_unix_server(lambda: Wire(lambda wire: self.begin(kind, wire)), sock=listener)
        return await loop.create_server(lambda: Wire(lambda wire: self.begin(kind, wire)), sock=listener)

    def begin(self, kind: Kind, wire: Wire) -> None:
        """A connection was made: talk, or say why not."""
        address = peer_address(wire)
        client = Client(kind, address, is_relay=is_relay(kind, address))
        refusal = self.office.limits.enter(address, is_limited=not client.is_relay)
        if refusal:
            if not kind.starts_with_tls:
                wire.transport.write(refusal.octets())
            wire.transport.close()
            return
        if kind.starts_with_tls:
            wire.transport.pause_reading()  # what comes is for TLS
        session = Session(self.office, client, wire)
        task = asyncio.get_running_loop().create_task(session.run())
        self.sessions[task] = session
        task.add_done_callback(self.end)

    def end(self, task: "asyncio.Task[None]") -> None:
        session = self.sessions.pop(task)
        self.office.limits.leave(session.client.address)
        if not task.cancelled() and (error := task.exception()):
            logger.error("A mail connection failed", exc_info=error)

    async def end_sessions(self) -> None:
        """Who waits is told at once; what is being taken is taken."""
        tasks = dict(self.sessions)
        for session in tasks.values():
            session.wire.interrupt()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=LAST_WORDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


def peer_address(wire: Wire) -> str:
    """The IP address of who connected, an IPv4 one as such; "" on a Unix socket."""
    peer = wire.transport.get_extra_info("peername")
    if not isinstance(peer, tuple):
        return ""
    address = ip_address(peer[0].partition("%")[0])
    return str((address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address)


def serve(listeners: Sequence[tuple[Kind, socket.socket]]) -> None:
    """Run until told to stop."""
    allow_many_files()
    gc.collect()
    gc.freeze()  # what is loaded by now stays for ever
    office = make_office()
    asyncio.run(Server(office).serve(listeners))


def allow_many_files() -> None:
    """Each connection takes one; systems begin with few and allow more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = settings.SMTP_CONNECTIONS * 2 + 256
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
