"""`manage.py up` as a subprocess on a data directory of its own, with its own embedded cluster."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]

from config.cluster import Cluster

ROOT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_URL", "DATA_DIR", "PYTEST_XDIST_WORKER")


class Service:
    """A running service; `output` is all that it has printed."""

    def __init__(self, data_dir: Path, *arguments: str, port: int | None = None) -> None:
        self.data_dir, self.port = data_dir, port or free_port()
        self.log = data_dir.parent / f"{data_dir.name}.out"
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*MANAGE, "up", "--data", str(data_dir), "--port", str(self.port), "--no-demo", *arguments],
                cwd="/",
                env=environment(),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self.log.read_text()

    def status(self) -> int:
        """The HTTP status of the start page's redirect target; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/login", timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def wait_until_it_answers(self) -> "Service":
        assert eventually(lambda: self.status() == 200 or self.process.poll() is not None, 60), self.output
        assert self.process.poll() is None, self.output
        return self

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)

    def web_processes(self) -> list[psutil.Process]:
        return self.processes("config.web")

    def processes(self, module: str) -> list[psutil.Process]:
        """Its living children that run that module."""
        return [child for child in psutil.Process(self.process.pid).children() if is_running(child, module)]

    def postmaster(self) -> psutil.Process:
        pid = Cluster(self.data_dir).place.postmaster_pid()
        assert pid is not None
        return psutil.Process(pid)


def is_running(process: psutil.Process, module: str) -> bool:
    """It may end while it is looked at."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and module in process.cmdline()
    except psutil.NoSuchProcess:
        return False


MANAGE = [sys.executable, str(ROOT / "manage.py")]


def environment() -> dict[str, str]:
    """Ours, with any free ports for mail: many services run beside each other."""
    free = dict.fromkeys(("MX_PORT", "SUBMISSION_PORT", "SUBMISSIONS_PORT", "LMTP_PORT"), "0")
    return free | {name: value for name, value in os.environ.items() if name not in OURS}


def command(data_dir: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*MANAGE, *arguments, "--data", str(data_dir)], cwd="/", env=environment(), capture_output=True, text=True
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(true: "object", seconds: float = 20) -> bool:
    assert callable(true)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.1)
    return False


@contextmanager
def serving(data_dir: Path, *arguments: str) -> Iterator[Service]:
    """A service that answers; nothing of it is left afterwards, its data neither."""
    service = Service(data_dir, *arguments)
    try:
        yield service.wait_until_it_answers()
    finally:
        if service.process.poll() is None:
            service.end(signal.SIGTERM)
        Cluster(data_dir).destroy()
