"""Any process of a running service is killed at any moment: what was acknowledged is there afterwards."""

import base64
import contextlib
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest

from tests.config.service import MANAGE, Service, command, environment, eventually, serving
from tests.soak.line import Line, Unavailable
from tests.soak.writer import Ledger, Writer, losses

USER, PASSWORD = "kill@example.org", "correct horse"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
VICTIMS = ["web", "supervisor", "postmaster", "backend"]


def victim(service: Service, kind: str, dice: random.Random) -> psutil.Process:
    if kind == "supervisor":
        return psutil.Process(service.process.pid)
    if kind == "web":
        return dice.choice([*service.web_processes(), *service.processes("config.worker")])
    postmaster = service.postmaster()
    return postmaster if kind == "postmaster" else dice.choice(postmaster.children())


def kill(service: Service, kind: str, dice: random.Random) -> Service:
    """Kill -9; the service that answers afterwards, started anew where it was its supervisor."""
    webs, started = service.web_processes(), time.monotonic()
    victim(service, kind, dice).kill()
    if kind == "supervisor":
        service.process.wait(20)
        assert psutil.wait_procs(webs, timeout=30)[1] == []
        service = Service(service.data_dir, port=service.port)
    assert eventually(lambda: service.status() == 200 and reaches_its_data(service), 60), service.output
    print(f"{kind}: back after {time.monotonic() - started:.1f} s")
    return service


def reaches_its_data(service: Service) -> bool:
    try:
        return httpx.get(session_url(service), headers={"Authorization": BASIC}, timeout=10).status_code == 200
    except httpx.TransportError:
        return False


def session_url(service: Service) -> str:
    return f"http://127.0.0.1:{service.port}/jmap/session"


@contextlib.contextmanager
def writing(service: Service, account: str, ledger: Ledger, dice: random.Random) -> Iterator[None]:
    """Somebody writes all the while, whatever becomes of the server."""
    failed: list[AssertionError] = []
    stop = threading.Event()

    def work() -> None:
        with Line(f"http://127.0.0.1:{service.port}", account, BASIC, patience=60) as line:
            writer: Writer | None = None  # to make one is a request too, which may meet a dead server
            while not stop.is_set():
                try:
                    writer = writer or Writer(line, f"w{time.monotonic_ns()}", dice, ledger)
                    writer.act()
                except (httpx.TransportError, Unavailable):
                    time.sleep(0.05)
                except AssertionError as error:
                    failed.append(error)
                    return

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert failed == []


def lost(service: Service, account: str, ledger: Ledger) -> list[str]:
    """What was acknowledged and is not so; asked again while connections are made anew."""
    with Line(f"http://127.0.0.1:{service.port}", account, BASIC) as line:
        for _ in range(40):
            with contextlib.suppress(Unavailable):
                return losses(line, ledger)
            time.sleep(0.25)
    raise AssertionError("it stayed unavailable")


@pytest.mark.parametrize("number", [2, pytest.param(50, marks=pytest.mark.soak)])
def test_what_was_acknowledged_survives_kills(number: int, dice: random.Random, seed: int, tmp_path: Path) -> None:
    ledger = Ledger()
    with serving(tmp_path / "data") as first:
        add = [*MANAGE, "add_user", USER, "--password-stdin", "--data", str(first.data_dir)]
        subprocess.run(add, input=PASSWORD, text=True, check=True, cwd="/", env=environment())
        account = next(iter(httpx.get(session_url(first), headers={"Authorization": BASIC}).json()["accounts"]))
        service, first_kind = first, dice.randrange(len(VICTIMS))
        try:
            for at in range(number):
                kind = VICTIMS[(first_kind + at) % len(VICTIMS)]
                with writing(service, account, ledger, random.Random(f"{seed}-{at}")):
                    time.sleep(dice.uniform(0.3, 1.0))
                    service = kill(service, kind, dice)
                    time.sleep(dice.uniform(0.1, 1.5))
                assert lost(service, account, ledger) == [], (kind, service.output)
            checked = command(service.data_dir, "check_integrity", "--deep")
            assert checked.returncode == 0, checked.stdout + checked.stderr
        finally:
            if service is not first and service.process.poll() is None:
                service.end()
    assert len(ledger.keywords) > number
