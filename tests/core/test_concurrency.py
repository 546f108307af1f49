"""RFC 8620 §3.10: requests interleave, changes of one account don't."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from django.db import connection

from tests.fixtures.core import Client


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Run them in threads, each with its own connection."""

    def run(work: Callable[[], Any]) -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def append(jmap: Client, id: str, letter: str) -> None:
    """Read, change, write with ifInState until it succeeds."""
    done: dict[str, Any] = {}
    while "updated" not in done:
        read = jmap.call("Note/get", ids=[id])
        patch = {"title": read["list"][0]["title"] + letter}
        done = jmap.call("Note/set", ifInState=read["state"], update={id: patch})
        assert done.get("type", "stateMismatch") == "stateMismatch"


def test_no_update_is_lost(jmap: Client) -> None:
    id = jmap.make(title="")

    def work(letter: str) -> None:
        for _ in range(10):
            append(jmap, id, letter)

    at_once(*(partial(work, letter) for letter in "xyz"))
    assert sorted(jmap.note(id)["title"]) == sorted("xyz" * 10)


def test_ids_and_states_are_never_given_twice(jmap: Client) -> None:
    def make() -> list[tuple[str, str]]:
        done = [jmap.call("Note/set", create={"x": {"title": ""}}) for _ in range(15)]
        return [(each["created"]["x"]["id"], each["newState"]) for each in done]

    made = [pair for pairs in at_once(make, make, make) for pair in pairs]
    assert len({id for id, _ in made}) == len({state for _, state in made}) == len(made) == 45


def test_changes_followed_while_others_write_miss_nothing(jmap: Client) -> None:
    start = jmap.state()

    def follow() -> list[str]:
        seen: list[str] = []
        state = start
        while len(seen) < 30:
            found = jmap.call("Note/changes", sinceState=state, maxChanges=4)
            seen, state = seen + found["created"], found["newState"]
        return seen

    def write() -> None:
        for at in range(15):
            jmap.call("Note/set", create={"x": {"title": str(at)}})

    seen = at_once(follow, write, write)[0]
    assert sorted(seen) == sorted(jmap.query())


def test_copies_in_both_directions_do_not_deadlock(jmap: Client) -> None:
    other = jmap.shared()
    here = jmap.make()
    there = jmap.call("Note/set", accountId=other, create={"x": {"title": ""}})["created"]["x"]["id"]

    def copy(source: str, target: str, id: str) -> Any:
        arguments = {"fromAccountId": source, "accountId": target, "create": {"c": {"id": id}}}
        return [jmap.call("Note/copy", **arguments)["notCreated"] for _ in range(15)]

    done = at_once(lambda: copy(jmap.account, other, here), lambda: copy(other, jmap.account, there))
    assert done == [[None] * 15] * 2
