"""`python -m bench.receive`: how many messages of about 10 KB a second are accepted durably, and filed, by a server of
ours with all that it does besides."""

import argparse
import asyncio
import itertools
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson

from bench.connection import Request, Server, fetch
from bench.generate import generate
from bench.own_server import PASSWORD, USER, OwnServer, free_port, own_server

MAIL = "urn:ietf:params:jmap:mail"
OTHERS = [f"bench{number}@example.org" for number in range(1, 10)]
DIFFERENT = 500  # messages, told apart by a line of their own
PATIENCE = 300.0  # seconds until all is filed


@dataclass
class Run:
    """What is sent and what becomes of it; `at_most` messages a second, 0 for as many as can be."""

    port: int
    until: float
    at_most: float
    mails: list[bytes]
    waits: list[float] = field(default_factory=list)  # seconds from the final dot to its answer
    numbers: Iterator[int] = field(default_factory=itertools.count)

    async def converse(self) -> None:
        """One connection, message after message."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        await reader.readline()
        writer.write(b"EHLO bench.test\r\n")
        while (await reader.readline())[3:4] == b"-":
            pass
        while time.perf_counter() < self.until:
            number = next(self.numbers)
            await self.wait_for_turn(number)
            await self.deliver(reader, writer, number)
        writer.close()

    async def wait_for_turn(self, number: int) -> None:
        if self.at_most:
            await asyncio.sleep(max(0.0, self.began + number / self.at_most - time.perf_counter()))

    async def deliver(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        to = ([USER, *OTHERS])[number % (1 + len(OTHERS))]
        writer.write(f"MAIL FROM:<a@far.test>\r\nRCPT TO:<{to}>\r\nDATA\r\n".encode())
        for code in (b"250", b"250", b"354"):
            expect(await reader.readline(), code)
        mail = self.mails[number % len(self.mails)]
        begun = time.perf_counter()
        writer.write(b"X-Number: %d\r\n%s\r\n.\r\n" % (number, mail))
        expect(await reader.readline(), b"250")
        self.waits.append(time.perf_counter() - begun)

    async def work(self, connections: int) -> None:
        self.began = time.perf_counter()
        await asyncio.gather(*(self.converse() for _ in range(connections)))


def expect(line: bytes, code: bytes) -> None:
    if not line.startswith(code):
        raise RuntimeError(f"expected {code.decode()}, got {line.decode()!r}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rate", type=float, default=0.0, help="messages a second at most")
    options = parser.parse_args()
    mails = [stuffed(mail.raw) for mail in itertools.islice(generate(DIFFERENT, 1), DIFFERENT)]
    port = free_port()
    with own_server(*OTHERS, MX_PORT=str(port), SMTP_RATE="0", SMTP_CONNECTIONS_PER_ADDRESS="1000") as server:
        run = Run(port, time.perf_counter() + options.seconds, options.rate, mails)
        began = time.perf_counter()
        asyncio.run(run.work(options.connections))
        accepted = time.perf_counter() - began
        filed = wait_until_filed(server, len(run.waits)) - began
        report(run, accepted, filed, server)


def stuffed(raw: bytes) -> bytes:
    """With a Message-ID and dots as SMTP wants them; the numbers in front make each message another."""
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    unlike = [line for line in lines if not line.lower().startswith(b"message-id:")]
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in unlike)


def wait_until_filed(server: OwnServer, number: int) -> float:
    """When all of them were to be seen by JMAP."""
    deadline = time.perf_counter() + PATIENCE
    while sum(total(server, user) for user in (USER, *OTHERS)) < number:
        if time.perf_counter() > deadline:
            raise RuntimeError("not all messages were filed")
        time.sleep(0.2)
    return time.perf_counter()


def total(server: OwnServer, user: str) -> int:
    target = Server.of(server.url, user, PASSWORD)
    session = orjson.loads(fetch(target, Request("/.well-known/jmap")))
    arguments = {"accountId": session["primaryAccounts"][MAIL], "calculateTotal": True, "limit": 1}
    body = {"using": ["urn:ietf:params:jmap:core", MAIL], "methodCalls": [["Email/query", arguments, "0"]]}
    answer = orjson.loads(fetch(target, Request("/jmap/api", orjson.dumps(body))))
    return int(answer["methodResponses"][0][1]["total"])


def report(run: Run, accepted: float, filed: float, server: OwnServer) -> None:
    waits = sorted(run.waits)
    size = statistics.mean(map(len, run.mails))
    print(f"{len(waits)} messages of {size:.0f} octets")
    print(f"accepted {len(waits) / accepted:6.0f} /s, p50 {waits[len(waits) // 2] * 1000:.1f} ms, ", end="")
    print(f"p99 {waits[int(len(waits) * 0.99)] * 1000:.1f} ms from the final dot to its answer")
    print(f"filed    {len(waits) / filed:6.0f} /s, the last {filed - accepted:.1f} s after the last was accepted")
    for command, size in server.memory():
        print(f"  {size:7.1f} MB  {command}")


if __name__ == "__main__":
    main()
