"""`python -m bench`: load an account over JMAP, measure the batches, print a table."""

import argparse
import sys
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import orjson

from bench.batches import BATCHES, Batch
from bench.connection import BadResponse
from bench.generate import generate
from bench.load import load
from bench.measure import Result, measure
from bench.own_server import PASSWORD, USER, own_server
from bench.world import World, connect, look_around

TARGETS_AT = 8  # connections at which requests a second are compared


def main(arguments: list[str] | None = None) -> int:
    """0 if every batch gave a figure, 1 if one did not count."""
    options = parse(arguments)
    with ExitStack() as stack:
        own = None if options.url else stack.enter_context(own_server())
        url, user, password = (own.url, USER, PASSWORD) if own else (options.url, options.user, options.password)
        world = connect(url, user, password, options.seed, options.messages)
        rate = fill(world, options.messages)
        results = list(measure_all(world, options.batches, options.connections, options.seconds))
        memory = own.memory() if own else []
    print_table(results, options.connections)
    print_memory(memory)
    if options.json:
        figures = {"loadedPerSecond": rate, "results": [asdict(result) for result in results], "memory": memory}
        options.json.write_bytes(orjson.dumps(figures, option=orjson.OPT_INDENT_2))
    return int(len(results) < len(options.batches) * len(options.connections))


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("bench", description=__doc__)
    parser.add_argument("--url", help="Session resource or origin; without it a server of ours is started")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--messages", type=int, default=20_000, help="in the inbox; only what is missing is loaded")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5, help="for each batch and number of connections")
    parser.add_argument("--connections", type=numbers, default=[1, 8, 32], help="as in 1,8,32")
    parser.add_argument("--batches", type=batches, default=BATCHES, help=", ".join(batch.name for batch in BATCHES))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args(arguments)


def numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def batches(text: str) -> list[Batch]:
    known = {batch.name: batch for batch in BATCHES}
    if unknown := set(text.split(",")) - known.keys():
        raise argparse.ArgumentTypeError(f"no such batch: {', '.join(sorted(unknown))}")
    return [known[name] for name in text.split(",")]


def fill(world: World, messages: int) -> float:
    """Load what the inbox lacks of so many messages; returns how many a second, 0 if none."""
    look_around(world)
    missing = messages - len(world.email_ids)
    if missing <= 0:
        return 0.0
    begun = time.perf_counter()
    load(world, list(generate(messages, world.seed))[-missing:], lambda count: note(f"\rloaded {count} of {missing}"))
    rate = missing / (time.perf_counter() - begun)
    note(f"\rloaded {missing}, {rate:.0f} a second, over Email/import\n")
    look_around(world)
    return rate


def measure_all(world: World, wanted: Iterable[Batch], connections: list[int], seconds: float) -> Iterable[Result]:
    """The figures that count; the others are reported and left out."""
    for batch in wanted:
        for count in connections:
            try:
                result = measure(world, batch, count, seconds)
            except (BadResponse, OSError) as error:
                note(f"{batch.name} at {count}: does not count: {error}\n")
                continue
            note(f"{batch.name} at {count}: {result.p50:.2f} ms, {result.rate:.0f}/s, cpu {result.client_cpu:.2f}\n")
            yield result


def print_table(results: list[Result], connections: list[int]) -> None:
    """A row for each batch: p50/p99 ms and requests a second, beside them Cyrus 3.6 and the target (p50, rate at 8)."""
    found = {(result.batch, result.connections): result for result in results}
    heads = [f"{count} conn: p50/p99 ms, req/s" for count in connections]
    print(f"\n{'batch':28}" + "".join(f"{head:>32}" for head in heads) + f"{'Cyrus 3.6':>14}{'target':>14}")
    for batch in BATCHES:
        if cells := [found.get((batch.name, count)) for count in connections]:
            if not any(cells):
                continue
            row = "".join(f"{cell(result):>32}" for result in cells)
            figures = (f"{figure.p50:g}, {figure.rate:g}" for figure in (batch.cyrus, batch.target))
            print(f"{batch.title:28}{row}" + "".join(f"{figure:>14}" for figure in figures) + verdict(batch, found))


def cell(result: Result | None) -> str:
    return f"{result.p50:.2f} / {result.p99:.1f}, {result.rate:.0f}" if result else "-"


def verdict(batch: Batch, found: dict[tuple[str, int], Result]) -> str:
    """What is missed of the target, as far as it was measured."""
    alone, eight = found.get((batch.name, 1)), found.get((batch.name, TARGETS_AT))
    missed = [
        *(["p50"] if alone and alone.p50 > batch.target.p50 else []),
        *(["req/s"] if eight and eight.rate < batch.target.rate else []),
    ]
    return f"  misses {' and '.join(missed)}" if missed else "  ok" if alone or eight else ""


def print_memory(memory: list[tuple[str, float]]) -> None:
    if memory:
        print(f"\nmemory (PSS): {sum(size for _, size in memory):.0f} MB")
        for command, size in memory:
            print(f"  {size:7.1f} MB  {command}")


def note(text: str) -> None:
    print(text, end="", file=sys.stderr, flush=True)
