"""Streams and the hub, in this process."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from accounts.standing import Standing
from jmap.push.hub import Hub
from jmap.push.position import AccountState
from jmap.push.stream import Stream, StreamClosed

WHO = Standing(1, "test", "")


def state(modseq: int) -> AccountState:
    return AccountState(1, modseq, {"Email": modseq})


def run(scenario: Callable[[Stream], Awaitable[Any]], **more: Any) -> Any:
    """With a stream that has seen account 7."""

    async def started() -> Any:
        stream = Stream(WHO, None, **more)
        stream.see_all({7: state(1)})
        await stream.start()
        return await scenario(stream)

    return asyncio.run(started())


def test_what_is_there_at_the_start_is_no_news() -> None:
    assert run(lambda stream: stream.next(0.05)) is None


def test_changes_that_pile_up_are_told_at_once() -> None:
    async def scenario(stream: Stream) -> Any:
        for modseq in range(2, 10):
            stream.see(7, state(modseq))
        return [await stream.next(0.2), await stream.next(0.2)]

    change, nothing = run(scenario)
    assert (change.changed, nothing) == ({"a7": {"Email": "1-1-9"}}, None)


def test_an_account_that_may_not_be_seen_any_more_is_forgotten() -> None:
    async def scenario(stream: Stream) -> Any:
        stream.see(7, state(2))
        stream.see(7, None)
        return await stream.next(0.1)

    assert run(scenario) is None


def test_an_account_that_comes_back_is_told_whole() -> None:
    async def scenario(stream: Stream) -> Any:
        stream.see_all({})
        await stream.next(0.1)
        stream.see_all({7: state(1)})
        return await stream.next(0.2)

    assert run(scenario).changed == {"a7": {"Email": "1-1-1"}}


def test_a_closed_stream_tells_nothing_more() -> None:
    async def scenario(stream: Stream) -> Any:
        stream.see(7, state(2))
        stream.close()
        return await stream.next(0.2)

    with pytest.raises(StreamClosed):
        run(scenario)


def test_the_hub_forgets_who_has_no_streams() -> None:
    hub = Hub()
    stream = Stream(WHO, None)
    hub.streams[1] = {stream}
    hub.note_accounts(1, {7, 8})
    hub.note_accounts(1, {8, 9})
    assert (hub.accounts, hub.viewers) == ({1: {8, 9}}, {8: {1}, 9: {1}})
    hub.leave(stream)
    assert (hub.streams, hub.accounts, hub.viewers) == ({}, {}, {})
