"""A batch run for a while over some connections: how long each took, and how many a second."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from bench.batches import Batch, flag_one
from bench.connection import Task, drive
from bench.world import World

WARM_UP = 0.2  # of the seconds, not counted
SHARE_WRITES = 20  # with several connections, every so many tasks is a write between; with one, every other


@dataclass(frozen=True, slots=True)
class Result:
    batch: str
    connections: int
    count: int
    p50: float  # milliseconds
    p99: float
    rate: float  # a second, over all connections; writes between count as time but not as requests
    client_cpu: float  # milliseconds of this process per request


def measure(world: World, batch: Batch, connections: int, seconds: float) -> Result:
    """Raises BadResponse if any answer is not what it should be: such a figure does not count."""
    run(world, batch, connections, seconds * WARM_UP)
    cpu = time.process_time()
    times, writes, elapsed = run(world, batch, connections, seconds)
    cpu = (time.process_time() - cpu) / (len(times) + writes)
    times.sort()
    p50, p99 = times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)]
    return Result(batch.name, connections, len(times), p50 * 1e3, p99 * 1e3, len(times) / elapsed, cpu * 1e3)


def run(world: World, batch: Batch, connections: int, seconds: float) -> tuple[list[float], int, float]:
    """The seconds of each task, the number of writes between them, and the time it took; at least one task is run.

    At one connection the time of the writes between is left out, since nothing else runs then."""
    times: list[float] = []
    between: dict[Task, None] = {}
    write_times: list[float] = []
    begun = time.perf_counter()

    def tasks() -> Iterator[Task]:
        number = 0
        every = 2 if connections == 1 else SHARE_WRITES
        while not times or time.perf_counter() < begun + seconds:
            number += 1
            if not batch.writes and number % every == 1:
                task = flag_one(world)
                between[task] = None
                yield task
            else:
                yield batch.make(world)

    def done(task: Task, took: float) -> None:
        if task in between:
            del between[task]
            write_times.append(took)
        else:
            times.append(took)

    drive(world.server, connections, tasks(), done)
    elapsed = time.perf_counter() - begun
    return times, len(write_times), elapsed - (sum(write_times) if connections == 1 else 0)
