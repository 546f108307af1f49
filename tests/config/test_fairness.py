import asyncio

from config.threads import FairQueue


async def visit(queue: FairQueue, key: bytes, log: list[bytes]) -> None:
    async with queue.turn(key):
        log.append(key)
        await asyncio.sleep(0)


async def visits(places: int, keys: bytes) -> bytes:
    queue, log = FairQueue(places), list[bytes]()
    await asyncio.gather(*(visit(queue, bytes([key]), log) for key in keys))
    assert queue.free == places
    return b"".join(log)


def test_one_busy_client_does_not_starve_the_others() -> None:
    assert asyncio.run(visits(1, b"aaaaaabc")) == b"aabcaaaa"


def test_waiters_who_give_up_take_no_place() -> None:
    async def scenario() -> None:
        queue = FairQueue(1)
        async with queue.turn(b"a"):
            waiting = asyncio.create_task(queue.enter(b"b"))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        assert (queue.free, len(queue.waiting)) == (1, 0)

    asyncio.run(scenario())
