"""`python -m bench.push`: with 500 event sources and 500 WebSockets of 100 users open, how soon is each told of a
change, what memory does it take, and how much slower is the API meanwhile?"""

import argparse
import statistics
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from bench.batches import BATCHES, Batch
from bench.connection import Request, fetch
from bench.generate import generate
from bench.listeners import Login, Told, listening
from bench.load import load
from bench.measure import measure
from bench.own_server import PASSWORD, USER, OwnServer, manage, own_server
from bench.world import World, connect, look_around

PER_USER = 5  # of both kinds
EMAILS = 500  # in the account that measures the API
SETTLE = 3.0  # seconds after opening or closing before anything is measured
MAKE_USERS = """
from accounts.provision import add_user, app_password
for at in range({number}): email = f"u{{at}}@example.org"; print(email, app_password(add_user(email), "bench"))
"""


@dataclass(frozen=True, slots=True)
class Change:
    account: str
    state: str
    begun: float  # monotonic time at which the request was sent


def main() -> None:
    options = parse()
    with own_server() as server:
        logins = make_users(server, options.users)
        worlds = [connect(server.url, login.email, login.password) for login in logins]
        for world in worlds:
            load(world, generate(1, 1))
            look_around(world)
        latencies(worlds, server, logins, options.changes)
        slowdown(server, logins, options.runs, options.seconds)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser("bench.push", description=__doc__)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5, help="with and without open streams, in turn")
    parser.add_argument("--seconds", type=float, default=4, help="of each run and batch")
    return parser.parse_args()


def make_users(server: OwnServer, number: int) -> list[Login]:
    command = [*manage("shell"), "-v", "0", "-c", MAKE_USERS.format(number=number)]
    done = subprocess.run(command, env=server.environment, check=True, capture_output=True, text=True)
    return [Login(*line.split()) for line in done.stdout.splitlines() if line]


def addresses(world: World) -> tuple[str, str]:
    """Of event source and WebSocket, from the Session."""
    session = orjson.loads(fetch(world.server, Request(world.session_path)))
    events = session["eventSourceUrl"].replace("{types}", "Email").replace("{closeafter}", "no").replace("{ping}", "0")
    return events, session["capabilities"]["urn:ietf:params:jmap:websocket"]["url"]


def latencies(worlds: list[World], server: OwnServer, logins: list[Login], number: int) -> None:
    events, sockets = addresses(worlds[0])
    before = web_memory(server)
    with listening(events, sockets, logins, PER_USER) as pipe:
        time.sleep(SETTLE)
        each = (web_memory(server) - before) / (2 * PER_USER * len(logins))
        print(f"memory of a connection  {each * 1e3:8.1f} KB")
        changes = [flip(worlds[at % len(worlds)]) for at in range(number)]
        time.sleep(1)
        pipe.send(True)
        report(changes, pipe.recv())


def flip(world: World) -> Change:
    """Turn a keyword of the one email over."""
    (email_id,) = world.email_ids
    world.flagged[email_id] = on = not world.flagged.get(email_id, False)
    patch = {email_id: {"keywords/$flagged": True if on else None}}
    begun = time.monotonic()
    (answer,) = world.call(("Email/set", {"update": patch}))
    return Change(world.account_id, answer["newState"], begun)


def report(changes: list[Change], told: list[Told]) -> None:
    begun = {(change.account, change.state): change.begun for change in changes}
    found = sorted(at - begun[account, state] for account, state, at in told if (account, state) in begun)
    expected = len(changes) * 2 * PER_USER
    print(f"told of changes         {len(found):8d} of {expected} (the others were told with the next)")
    for name, share in (("p50", 0.5), ("p99", 0.99), ("most", 1.0)):
        print(f"{name:<5}                   {found[min(len(found) - 1, int(len(found) * share))] * 1e3:8.1f} ms")


def web_memory(server: OwnServer) -> float:
    """Of the web processes, in MB."""
    return sum(size for command, size in server.memory() if "config.web" in command)


def slowdown(server: OwnServer, logins: list[Login], runs: int, seconds: float) -> None:
    """Requests a second at eight connections while no streams are open and while they are, in turn."""
    world = connect(server.url, USER, PASSWORD, 1, EMAILS)
    load(world, generate(EMAILS, 1))
    look_around(world)
    for batch in chosen():
        measure(world, batch, 8, seconds)  # warms up
    rates: dict[str, list[tuple[float, float]]] = {}
    for _ in range(runs):
        alone = dict(rates_of(world, seconds))
        with listening(*addresses(world), logins, PER_USER):
            time.sleep(SETTLE)
            for name, rate in rates_of(world, seconds):
                rates.setdefault(name, []).append((alone[name], rate))
        time.sleep(SETTLE)
    for name, pairs in rates.items():
        without, beside = (statistics.median(pair[at] for pair in pairs) for at in (0, 1))
        share = statistics.median(1 - pair[1] / pair[0] for pair in pairs)
        print(f"{name:<12} {without:8.0f} /s alone {beside:8.0f} /s beside open streams: {share:6.1%} slower")


def chosen() -> list[Batch]:
    return [batch for batch in BATCHES if batch.name in ("echo", "inbox", "flag1")]


def rates_of(world: World, seconds: float) -> Iterator[tuple[str, float]]:
    for batch in chosen():
        yield batch.name, measure(world, batch, 8, seconds).rate


if __name__ == "__main__":
    main()
