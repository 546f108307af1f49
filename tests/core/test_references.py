"""RFC 8620 §3.7."""

import time
from typing import Any

import pytest

from jmap.core.references import Raw, Unresolved, evaluate, parse_pointer
from tests.fixtures.core import Client

TREE: dict[str, Any] = {
    "list": [{"id": "a", "to": ["x", "y"]}, {"id": "b", "to": []}, {"id": "c", "to": ["z"]}],
    "nested": [[["p"], ["q"]], [["r"]]],
    "a/b~c": {"": 1, "*": 2},
    "0": "zero",
    "raw": [Raw(b'{"deep": [{"id": 1}]}'), Raw(b'{"deep": [{"id": 2}, {"id": 3}]}')],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/list/*/id", ["a", "b", "c"]),
        ("/list/*/to", ["x", "y", "z"]),
        ("/list/*/to/*", ["x", "y", "z"]),
        ("/nested/*", [["p"], ["q"], ["r"]]),
        ("/nested/*/*", ["p", "q", "r"]),
        ("/list/2/to/0", "z"),
        ("/a~1b~0c/", 1),
        ("/a~1b~0c/*", 2),
        ("/0", "zero"),
        ("/raw/*/deep/*/id", [1, 2, 3]),
        ("/raw/0", {"deep": [{"id": 1}]}),
        ("", TREE),
    ],
)
def test_a_path_leads_to_its_value(path: str, value: Any) -> None:
    assert evaluate(TREE, parse_pointer(path)) == value


@pytest.mark.parametrize("path", ["list", "/none", "/list/9", "/list/-", "/list/01", "/list/-1", "/list/²", "/0/0"])
def test_a_path_to_nothing_does_not_resolve(path: str) -> None:
    with pytest.raises(Unresolved):
        evaluate(TREE, parse_pointer(path))


@pytest.mark.parametrize("path", ["/list/*/none", "/a~1b~0c/*/x", "/list/*/id/0", "/~2"])
def test_a_path_that_fails_for_one_item_does_not_resolve(path: str) -> None:
    with pytest.raises(Unresolved):
        evaluate(TREE, parse_pointer(path))


def ref(path: str, call: str = "0", name: str = "Core/echo") -> dict[str, str]:
    return {"resultOf": call, "name": name, "path": path}


def echo(jmap: Client, *sent: Any) -> Any:
    """The last response of Core/echo called with each of these."""
    return jmap.batch(*(("Core/echo", arguments) for arguments in sent))[-1]


def test_what_was_created_can_be_fetched(jmap: Client) -> None:
    before = jmap.state()
    id = jmap.make(title="Tea")
    calls = ("Note/changes", {"sinceState": before}), ("Note/get", {"#ids": ref("/created", "0", "Note/changes")})
    assert [note["id"] for note in jmap.batch(*calls)[1][1]["list"]] == [id]


@pytest.mark.parametrize(
    "reference", [ref("/x", "9"), ref("/x", "0", "Note/get"), ref("/none"), ref("x"), ref("/x", "1")]
)
def test_a_reference_that_fails_fails_the_call(jmap: Client, reference: dict[str, str]) -> None:
    assert echo(jmap, {"x": 1}, {"#y": reference})[1]["type"] == "invalidResultReference"


@pytest.mark.parametrize("reference", [None, "x", {}, {"resultOf": "0"}, {"resultOf": 0, "name": "a", "path": "/"}])
def test_what_is_no_reference_is_an_invalid_argument(jmap: Client, reference: Any) -> None:
    assert echo(jmap, {"x": 1}, {"#y": reference})[1]["type"] == "invalidArguments"


def test_an_argument_is_given_once(jmap: Client) -> None:
    assert echo(jmap, {"x": 1}, {"y": 2, "#y": ref("/none")})[1]["type"] == "invalidArguments"


def test_the_first_response_of_a_call_counts(jmap: Client) -> None:
    calls: list[Any] = [[name, {"x": name}, "same"] for name in ("Core/echo", "Nothing/here")]
    calls.append(["Core/echo", {"#x": ref("/x", "same")}, "last"])
    assert jmap.send({"methodCalls": calls})["methodResponses"][-1] == ["Core/echo", {"x": "Core/echo"}, "last"]


def test_an_error_can_not_be_referred_to_as_its_method(jmap: Client) -> None:
    responses = jmap.batch(("Note/get", {"ids": 7}), ("Core/echo", {"#x": ref("/type", "0", "Note/get")}))
    assert responses[1][1]["type"] == "invalidResultReference"


def test_a_resolved_value_of_the_wrong_type_is_an_invalid_argument(jmap: Client) -> None:
    responses = jmap.batch(("Core/echo", {"x": 7}), ("Note/get", {"#ids": ref("/x")}))
    assert responses[1][1]["type"] == "invalidArguments"


def test_references_can_not_swell_a_response_without_end(jmap: Client) -> None:
    started = time.process_time()
    doubling = [{f"#{name}": ref("", str(at)) for name in "abcdefgh"} for at in range(40)]
    assert echo(jmap, {"x": "y" * 1000}, *doubling)[1]["type"] == "invalidResultReference"
    assert time.process_time() - started < 5


def test_a_call_has_few_references(jmap: Client) -> None:
    assert echo(jmap, {"x": 1}, {f"#{at}": ref("/x") for at in range(21)})[1]["type"] == "invalidArguments"


def test_a_path_of_a_million_steps_is_harmless(jmap: Client) -> None:
    assert echo(jmap, {"x": [[]]}, {"#y": ref("/*" * 1_000_000)})[1]["type"] == "invalidResultReference"


def test_a_path_may_map_through_deeply_nested_arrays(jmap: Client) -> None:
    nested: list[Any] = []
    for _ in range(80):
        nested = [nested]
    assert echo(jmap, {"x": nested}, {"#y": ref("/x" + "/*" * 200)})[1]["y"] == []
