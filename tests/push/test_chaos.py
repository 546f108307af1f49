"""Whatever breaks, every client ends with the right states, and none is told what it may not see."""

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import httpx
import psycopg
import pytest

from config.cluster import Cluster
from tests.config.service import Service, eventually, serving
from tests.push.followers import EventFollower, Follower, SocketFollower
from tests.push.proxy import Proxy
from tests.push.running import Client, add_client, manage

BURST = 20  # changes
GRACE = 1.0  # seconds that an event may be on its way


@contextlib.contextmanager
def following(clients: list[Client], url: str, each: int) -> Iterator[list[Follower]]:
    kinds: tuple[Callable[[Client, str], Follower], ...] = (EventFollower, SocketFollower)
    followers = [kind(client, url) for client in clients for kind in kinds for _ in range(each)]
    for follower in followers:
        follower.start()
    try:
        assert eventually(lambda: all(follower.connections for follower in followers), 60)
        yield followers
    finally:
        for follower in followers:
            follower.stopping.set()


def insist(change: Callable[[], object]) -> None:
    """Do it, however often it takes."""
    while True:
        try:
            change()
            return
        except (httpx.HTTPError, AssertionError):
            time.sleep(0.1)


def cut_database(service: Service) -> None:
    with psycopg.connect(Cluster(service.data_dir).admin_url(), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                      " AND backend_type = 'client backend'")  # fmt: skip


def kill_web_process(service: Service, dice: random.Random) -> None:
    if processes := service.web_processes():
        dice.choice(processes).kill()


def wreck(service: Service, proxy: Proxy, dice: random.Random, stop: threading.Event) -> None:
    """Something breaks all the time."""
    while not stop.wait(dice.uniform(0.2, 1.0)):
        match dice.randrange(6):
            case 0:
                kill_web_process(service, dice)
            case 1:
                with contextlib.suppress(psycopg.Error):
                    cut_database(service)
            case _:
                proxy.drop()


def knows_the_truth(follower: Follower, truth: dict[str, dict[str, str]]) -> bool:
    return all(follower.known.get(account, {}).items() >= states.items() for account, states in truth.items())


@pytest.mark.parametrize("changes", [60, pytest.param(1000, marks=pytest.mark.soak)])
def test_every_client_ends_with_the_right_states(changes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(changes)
    monkeypatch.setenv("WEB_PROCESSES", "2")
    with serving(tmp_path / "data") as service:
        clients = [add_client(service, f"{name}@example.org") for name in ("ann", "ben", "cleo")]
        ann, ben, cleo = clients
        for email in (ben.email, cleo.email):
            manage(service, "grant", email, ann.email)
        proxy, stop = Proxy(service.port), threading.Event()
        wrecker = threading.Thread(target=wreck, args=(service, proxy, dice, stop), daemon=True)
        with following(clients, f"http://127.0.0.1:{proxy.port}", 2 if changes < 100 else 5) as followers:
            wrecker.start()
            for at in range(changes):
                insist(lambda: dice.choice(clients).change(f"M{time.monotonic_ns()}"))
                if at == changes // 2:
                    manage(service, "revoke", cleo.email, ann.email)
                    revoked = time.monotonic()
                if at % BURST == BURST - 1:
                    time.sleep(dice.uniform(0, 0.5))
            stop.set()
            wrecker.join()
            assert eventually(lambda: service.status() == 200, 60)
            insist(lambda: [client.states() for client in clients])
            truth = {client.account: client.states() for client in clients}
            seen_by = {ann.email: {ann.account, ben.account}, ben.email: {ben.account}, cleo.email: {cleo.account}}
            for follower in followers:
                own = {account: truth[account] for account in seen_by[follower.client.email]}
                assert eventually(partial(knows_the_truth, follower, own), 60), (follower.known, own)
                late = {account for at, account in follower.told if at > revoked + GRACE}
                assert late <= seen_by[follower.client.email]
                ever = seen_by[follower.client.email] | ({cleo.account} if follower.client is ann else set())
                assert {account for _, account in follower.told} <= ever
        proxy.close()
    print(f"{sum(follower.connections for follower in followers)} connections of {len(followers)} clients")
