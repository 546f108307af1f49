"""A server of ours started for the measurement in a directory that is thrown away after it."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parent.parent
USER, PASSWORD = "bench@example.org", "measured-not-guessed"
START_LIMIT = 180.0  # seconds
MAIL_ANYWHERE = dict.fromkeys(("MX_PORT", "SUBMISSION_PORT", "SUBMISSIONS_PORT", "LMTP_PORT"), "0")


@dataclass(frozen=True, slots=True)
class OwnServer:
    url: str
    pid: int
    environment: dict[str, str]  # for commands on the same data

    def memory(self) -> list[tuple[str, float]]:
        """Command and proportional set size, in MB, of each process of the server, largest first."""
        sizes = [(command_of(pid), proportional_size(pid)) for pid in [self.pid, *descendants(self.pid)]]
        return sorted(sizes, key=lambda each: -each[1])


def descendants(pid: int) -> list[int]:
    children = [
        int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()
    ]
    return children + [below for child in children for below in descendants(child)]


def command_of(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").replace("\0", " ")
    return words.replace(f"{ROOT}/", "").strip()[:70]


def proportional_size(pid: int) -> float:
    """In MB; 0 for a process that may not be looked at."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) * 1024 / 1e6 for line in rollup.splitlines() if line.startswith("Pss:"))


@contextmanager
def own_server(*others: str, **settings: str) -> Iterator[OwnServer]:
    """`manage.py up` on a free port with a user to log in as, and others with the same password; stopped, and its data
    gone, at the end. `settings` are environment variables of it."""
    with tempfile.TemporaryDirectory(prefix="bench") as data:
        port = free_port()
        environment = {**os.environ, **MAIL_ANYWHERE, **settings, "DATA_DIR": data}
        up = [*manage("up"), "--no-demo", "--host", "127.0.0.1", "--port", str(port), "--data", data]
        process = subprocess.Popen(up, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)
        try:
            url = f"http://127.0.0.1:{port}/.well-known/jmap"
            wait_for(url, process)
            add_domain(data, environment)
            for user in (USER, *others):
                add_user(user, data, environment)
            yield OwnServer(url, process.pid, environment)
        finally:
            stop(process)


def manage(command: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), command]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Until it answers; it will ask for a login. Raises RuntimeError if it ends or takes too long."""
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            urlopen(url, timeout=5).close()
            return
        except HTTPError:
            return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the server does not answer")


def add_domain(data: str, environment: dict[str, str]) -> None:
    administer([*manage("add_domain"), USER.partition("@")[2], "--data", data], environment)


def add_user(email: str, data: str, environment: dict[str, str]) -> None:
    administer([*manage("add_user"), email, "--password-stdin", "--data", data], environment)


def administer(command: list[str], environment: dict[str, str]) -> None:
    password = f"{PASSWORD}\n".encode()
    subprocess.run(command, cwd=ROOT, env=environment, input=password, check=True, stdout=subprocess.DEVNULL)


def stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
