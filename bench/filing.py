"""`python -m bench.filing`: how fast mail handed over by LMTP is accepted and filed, and how soon it is to be seen.

It speaks LMTP and JMAP alone, so it measures any server whose LMTP port this machine may use."""

import argparse
import smtplib
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice

from bench.generate import generate
from bench.own_server import PASSWORD, USER, free_port, own_server
from bench.world import World, connect

SENDER = "sender@bench.example"
POLL = 0.01  # seconds between two looks at the inbox
PATIENCE = 120.0  # seconds without anything being filed
OFF = dict.fromkeys(("MX_PORT", "SUBMISSION_PORT", "SUBMISSIONS_PORT"), "off")


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    with ExitStack() as stack:
        if not options.url:
            port = free_port()
            options.lmtp, options.user, options.password = f"127.0.0.1:{port}", USER, PASSWORD
            options.url = stack.enter_context(own_server(LMTP_PORT=str(port), **OFF)).url
        world = connect(options.url, options.user, options.password)
        mails = (mail.raw for mail in generate(options.messages + options.rate * options.seconds, int(time.time())))
        accepted, filed = flood(world, options.lmtp, options.user, list(islice(mails, options.messages)), options)
        print(f"{options.messages} messages over {options.connections} connections")
        print(f"  accepted  {accepted:6.0f} a second\n  filed     {filed:6.0f} a second")
        delays = sorted(trickle(world, options.lmtp, options.user, list(mails), options.rate))
    print(f"{options.rate} a second for {options.seconds} s: from acceptance to the inbox")
    print(f"  p50 {quantile(delays, 50):.0f} ms, p99 {quantile(delays, 99):.0f} ms, longest {delays[-1] * 1e3:.0f} ms")
    return 0


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("bench.filing", description=__doc__)
    parser.add_argument("--url", help="Session resource or origin; without it a server of ours is started")
    parser.add_argument("--lmtp", default="127.0.0.1:24", help="HOST:PORT of its LMTP")
    parser.add_argument("--user", default="", help="who logs in and gets the mail")
    parser.add_argument("--password", default="")
    parser.add_argument("--messages", type=int, default=3000, help="handed over at once")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--rate", type=int, default=20, help="messages a second, for the delay")
    parser.add_argument("--seconds", type=int, default=30)
    return parser.parse_args(arguments)


def quantile(sorted_seconds: Sequence[float], percent: int) -> float:
    """In milliseconds."""
    return sorted_seconds[min(len(sorted_seconds) - 1, len(sorted_seconds) * percent // 100)] * 1e3


def flood(
    world: World, lmtp: str, recipient: str, mails: list[bytes], options: argparse.Namespace
) -> tuple[float, float]:
    """Hand over all mail as fast as it is taken; how many a second were accepted, and filed from first to last."""
    already, begun = total(world), time.perf_counter()
    ended: list[float] = []

    def hand_over(mine: list[bytes]) -> None:
        with speak(lmtp) as connection:
            for raw in mine:
                connection.sendmail(SENDER, [recipient], raw)
        ended.append(time.perf_counter())

    threads = [
        threading.Thread(target=hand_over, args=(mails[at :: options.connections],))
        for at in range(options.connections)
    ]
    for thread in threads:
        thread.start()
    wait_for_total(world, already + len(mails))
    filed = time.perf_counter() - begun
    for thread in threads:
        thread.join()
    return len(mails) / (max(ended) - begun), len(mails) / filed


def speak(lmtp: str) -> smtplib.LMTP:
    host, _, port = lmtp.rpartition(":")
    return smtplib.LMTP(host, int(port))


def total(world: World) -> int:
    (got,) = world.call(("Mailbox/get", {"ids": [world.inbox], "properties": ["totalEmails"]}))
    count: int = got["list"][0]["totalEmails"]
    return count


def wait_for_total(world: World, wanted: int) -> None:
    """Raises RuntimeError where nothing more is filed."""
    found, since = 0, time.monotonic()
    while found < wanted:
        time.sleep(10 * POLL)
        now = total(world)
        if now != found:
            found, since = now, time.monotonic()
        if time.monotonic() - since > PATIENCE:
            raise RuntimeError(f"{wanted - found} messages were accepted and not filed")


def trickle(world: World, lmtp: str, recipient: str, mails: list[bytes], rate: int) -> Iterator[float]:
    """Hand over mail at this rate; the seconds from each acceptance until it is listed in the inbox."""
    accepted: dict[str, float] = {}
    thread = threading.Thread(target=hand_over_slowly, args=(lmtp, recipient, mails, rate, accepted))
    thread.start()
    seen: set[str] = set()
    last = time.monotonic()
    while len(seen) < len(mails):
        for id in newest(world):
            if id in accepted and id not in seen:
                seen.add(id)
                last = time.monotonic()
                yield max(0.0, time.perf_counter() - accepted[id])
        if time.monotonic() - last > PATIENCE:
            raise RuntimeError(f"{len(mails) - len(seen)} messages were accepted and not filed")
        time.sleep(POLL)
    thread.join()


def hand_over_slowly(lmtp: str, recipient: str, mails: list[bytes], rate: int, accepted: dict[str, float]) -> None:
    begun = time.perf_counter()
    with speak(lmtp) as connection:
        for at, raw in enumerate(mails):
            time.sleep(max(0.0, begun + at / rate - time.perf_counter()))
            connection.sendmail(SENDER, [recipient], raw)
            accepted[message_id(raw)] = time.perf_counter()


def message_id(raw: bytes) -> str:
    return raw.partition(b"Message-ID: <")[2].partition(b">")[0].decode()


def newest(world: World) -> list[str]:
    """The message ids of the newest emails in the inbox."""
    query = {
        "filter": {"inMailbox": world.inbox},
        "sort": [{"property": "receivedAt", "isAscending": False}],
        "limit": 60,
    }
    ids = {"resultOf": "0", "name": "Email/query", "path": "/ids"}
    _, got = world.call(("Email/query", query), ("Email/get", {"#ids": ids, "properties": ["messageId"]}))
    return [id for email in got["list"] for id in email["messageId"] or ()]


if __name__ == "__main__":
    sys.exit(main())
