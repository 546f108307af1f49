"""RFC 8620 §3.3, §3.6.1, §8.4 and RFC 7493."""

import json
import time
from typing import Any

import orjson
import pytest

from jmap.core import request
from jmap.core.capabilities import CORE
from jmap.core.errors import RequestError
from tests.fixtures.core import Client

pytestmark = pytest.mark.usefixtures("notes")


def refusal(body: bytes) -> RequestError:
    with pytest.raises(RequestError) as caught:
        request.parse(body)
    return caught.value


def whole(arguments: str) -> bytes:
    return f'{{"using": ["{CORE}"], "methodCalls": [["Core/echo", {arguments}, "c"]]}}'.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"{'a': 1}",
        b"[1e999]",
        b"[NaN]",
        b"[Infinity]",
        b"{} {}",
        b'["\\ud800"]',
        b'["\\udc00\\ud800"]',
        b'["\xed\xa0\x80"]',
        b"[" * 5000,
        b"[" * 5000 + b"]" * 5000,
    ],
)
def test_what_is_not_i_json_is_refused(body: bytes) -> None:
    assert refusal(body).type == "notJSON"


@pytest.mark.parametrize(
    "arguments",
    [
        '{"a": 1, "a": 1}',
        '{"x": [{"a": 1, "b": {}, "a": 2}]}',
        '{"a": 1, "\\u0061": 2}',
        '{"a:": ":", "a:": ":"}',
        '{"a": "::", "a": ""}',
        '{"a\\u003a": 1, "a:": ":::"}',
    ],
)
def test_a_repeated_key_is_refused(arguments: str) -> None:
    assert refusal(whole(arguments)).type == "notJSON"


@pytest.mark.parametrize("arguments", ['{"a": {"a": 1}, "b": [{"a": 1}, {"a": 1}]}', '{"a:b": "c\\u003ad", "a": "::"}'])
def test_the_same_key_in_different_objects_is_fine(arguments: str) -> None:
    assert request.parse(whole(arguments)).calls[0][1] == json.loads(arguments)


def test_a_key_repeated_at_the_top_is_refused() -> None:
    assert refusal(b'{"using": [], "using": [], "methodCalls": []}').type == "notJSON"


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        7,
        {},
        {"foo": "bar"},
        {"using": [CORE]},
        {"methodCalls": []},
        {"using": CORE, "methodCalls": []},
        {"using": [1], "methodCalls": []},
        {"using": [CORE], "methodCalls": {}},
        {"using": [CORE], "methodCalls": [[]]},
        {"using": [CORE], "methodCalls": [["Core/echo", {}]]},
        {"using": [CORE], "methodCalls": [["Core/echo", {}, "c", 1]]},
        {"using": [CORE], "methodCalls": [["Core/echo", [], "c"]]},
        {"using": [CORE], "methodCalls": [["Core/echo", {}, 1]]},
        {"using": [CORE], "methodCalls": [[1, {}, "c"]]},
        {"using": [CORE], "methodCalls": [], "createdIds": []},
        {"using": [CORE], "methodCalls": [], "createdIds": {"a": 1}},
        {"using": [CORE], "methodCalls": [], "createdIds": {"a": "#b"}},
        {"using": [CORE], "methodCalls": [], "createdIds": {"": "b"}},
    ],
)
def test_json_that_is_no_request_is_refused(value: Any) -> None:
    error = refusal(orjson.dumps(value))
    assert (error.type, error.status) == ("notRequest", 400)


def test_deep_nesting_is_refused_before_it_harms() -> None:
    assert refusal(whole('{"a": ' + "[" * 500 + "]" * 500 + "}")).type == "notRequest"


def test_an_unknown_capability_is_refused() -> None:
    error = refusal(orjson.dumps({"using": [CORE, "urn:nothing"], "methodCalls": []}))
    assert error.problem()["type"] == "urn:ietf:params:jmap:error:unknownCapability"
    assert "urn:nothing" in error.detail


def test_unknown_members_of_a_request_are_ignored() -> None:
    assert request.parse(orjson.dumps({"using": [], "methodCalls": [], "more": {}})).calls == []


def test_too_many_calls_are_refused(settings: Any) -> None:
    settings.MAX_CALLS_IN_REQUEST = 1
    body = {"using": [CORE], "methodCalls": [["Core/echo", {}, "c"]] * 2}
    assert refusal(orjson.dumps(body)).problem()["limit"] == "maxCallsInRequest"


def test_too_large_a_request_is_refused(settings: Any) -> None:
    settings.MAX_SIZE_REQUEST = 10
    problem = refusal(b" " * 11).problem()
    assert (problem["type"], problem["limit"]) == ("urn:ietf:params:jmap:error:limit", "maxSizeRequest")


@pytest.mark.parametrize("filler", [b"[],", b"1,", b'"a:",', b'{"a":{"a":1}},', b'"\\u003a",'])
def test_ten_megabytes_are_read_in_time(filler: bytes) -> None:
    started = time.process_time()
    request.parse(whole('{"a": [' + (filler * (9_000_000 // len(filler))).decode()[:-1] + "]}"))
    assert time.process_time() - started < 4


def test_an_empty_using_makes_every_method_unknown(jmap: Client) -> None:
    found = jmap.send({"using": [], "methodCalls": [["Core/echo", {}, "c"]]})
    assert found["methodResponses"] == [["error", {"type": "unknownMethod"}, "c"]]
