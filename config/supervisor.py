"""The process tree of the service: web processes on one socket, a mail receiver and a worker, restarted when they
die, gone when this one goes."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from config.cluster import Cluster, ClusterFailed

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 15.0
LONGEST_PAUSE = 30.0
REVIVE_EVERY = 3.0  # seconds between attempts to start a database that died


class CannotListen(RuntimeError):  # noqa: N818
    """The address can't be listened on; the message says why and what to do."""


def listen(host: str, port: int, hint: str = "Choose another with --port N.") -> socket.socket:
    """A listening socket that children inherit; on "::" it takes IPv4, too. Raises CannotListen."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
    except OSError as error:
        raise CannotListen(
            f"Can't listen on {host} port {port}: {error.strerror or error}. {hint if port else ''}"
        ) from None
    listener.listen(1024)
    listener.set_inheritable(True)
    return listener


@dataclass
class Child:
    """A process that is to run for ever, and how its restarts have gone."""

    name: str  # "A web process"
    command: list[str]
    pass_fds: tuple[int, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    failures: int = 0
    start_after: float = 0.0
    started: float = 0.0

    def tend(self) -> None:
        """Start it if it does not run; after a crash with a pause that grows with each failure."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            self.failures = self.failures + 1 if now - self.started < 60 else 1
            self.start_after = now + min(LONGEST_PAUSE, 0.5 * 2 ** (self.failures - 1))
            print(f"{self.name} ended ({self.process.returncode}); starting it again.", file=sys.stderr)  # noqa: T201
            self.process = None
        if self.process is None and now >= self.start_after:
            self.started = now
            self.process = subprocess.Popen(self.command, cwd=ROOT, pass_fds=self.pass_fds)  # noqa: S603


@dataclass
class Supervisor:
    """Runs until SIGINT or SIGTERM."""

    children: list[Child]
    cluster: Cluster | None = None  # the embedded database, held by us; None: an external one
    stopping: bool = False
    next_revival: float = 0.0

    def run(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.note_stop)
        try:
            while not self.stopping:
                for child in self.children:
                    child.tend()
                self.tend_database()
                time.sleep(0.2)
        finally:
            self.stop()

    def note_stop(self, *_: object) -> None:
        self.stopping = True

    def tend_database(self) -> None:
        """Start a database that died; it recovers all that was committed. The others connect again by themselves."""
        now = time.monotonic()
        if self.cluster is None or now < self.next_revival or self.cluster.running():
            return
        self.next_revival = now + REVIVE_EVERY
        print("PostgreSQL ended; starting it again.", file=sys.stderr)  # noqa: T201
        try:
            self.cluster.revive()
        except ClusterFailed as error:  # what is left of the old one may need a moment to end
            print(error, file=sys.stderr)  # noqa: T201

    def stop(self) -> None:
        """End every process: asked first, then killed."""
        processes = [child.process for child in self.children if child.process]
        living = [process for process in processes if process.poll() is None]
        for process in living:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in living:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


def web_children(listener: socket.socket, count: int, tls_cert: str | None, tls_key: str | None) -> list[Child]:
    """The web processes, one per core by default."""
    descriptor = listener.fileno()
    command = [sys.executable, "-m", "config.web", str(descriptor), "--parent", str(os.getpid())]
    if tls_cert and tls_key:
        command += ["--tls-cert", tls_cert, "--tls-key", tls_key]
    return [Child("A web process", command, (descriptor,)) for _ in range(count)]


def worker_child() -> Child:
    """One worker, which has threads."""
    return Child("The worker", [sys.executable, "-m", "config.worker", "--parent", str(os.getpid())])


def receiving_child(sockets: list[str], descriptors: list[int]) -> Child:
    """The process that takes mail in, on sockets named as config.receive wants them."""
    command = [sys.executable, "-m", "config.receive", *sockets, "--parent", str(os.getpid())]
    return Child("The mail receiver", command, tuple(descriptors))
