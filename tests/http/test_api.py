"""The API endpoint and its request-level errors (RFC 8620 §3.1, §3.6.1)."""

from typing import Any

import httpx
import orjson
import pytest

from tests.http.conftest import is_problem

CORE = "urn:ietf:params:jmap:core"
ECHO: dict[str, Any] = {"using": [CORE], "methodCalls": [["Core/echo", {"hello": True}, "c"]]}
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", ["/jmap/api", "/jmap/api/"])
def test_methods_are_called(http: httpx.Client, path: str) -> None:
    response = http.post(path, json=ECHO)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json()["methodResponses"] == ECHO["methodCalls"]


def test_a_charset_may_follow_the_content_type(http: httpx.Client) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert http.post("/jmap/api", content=orjson.dumps(ECHO), headers=headers).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx", "\xff"])
def test_another_content_type_is_refused(http: httpx.Client, kind: str) -> None:
    response = http.post("/jmap/api", content=orjson.dumps(ECHO), headers=[(b"Content-Type", kind.encode("latin-1"))])
    assert is_problem(response, 415, "notJSON")


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"a":1,"a":2}', b"[" * 100_000, b'"\\ud800"', b"\x00"])
def test_what_is_not_i_json_is_not_json(http: httpx.Client, body: bytes) -> None:
    assert is_problem(http.post("/jmap/api", content=body, headers=JSON), 400, "notJSON")


@pytest.mark.parametrize("body", [b"null", b"[]", b"{}", b'{"using":[]}', b'{"using":[1],"methodCalls":[]}'])
def test_other_json_is_not_a_request(http: httpx.Client, body: bytes) -> None:
    assert is_problem(http.post("/jmap/api", content=body, headers=JSON), 400, "notRequest")


def test_an_unknown_capability_refuses_the_request(http: httpx.Client) -> None:
    response = http.post("/jmap/api", json={"using": ["urn:x:y"], "methodCalls": []})
    assert is_problem(response, 400, "unknownCapability")


def test_too_many_calls_name_the_limit(http: httpx.Client) -> None:
    response = http.post("/jmap/api", json={"using": [CORE], "methodCalls": ECHO["methodCalls"] * 65})
    assert is_problem(response, 400, "limit")
    assert response.json()["limit"] == "maxCallsInRequest"


def test_a_request_beyond_the_limit_names_it(http: httpx.Client) -> None:
    response = http.post("/jmap/api", content=b" " * 10_000_001, headers=JSON)
    assert response.json()["limit"] == "maxSizeRequest"


def test_a_request_just_below_the_limit_is_served(http: httpx.Client) -> None:
    body = orjson.dumps(ECHO)
    response = http.post("/jmap/api", content=body + b" " * (9_999_999 - len(body)), headers=JSON)
    assert response.status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "PROPFIND"])
def test_another_method_is_refused(http: httpx.Client, method: str) -> None:
    assert is_problem(http.request(method, "/jmap/api"), 405)


@pytest.mark.parametrize("path", ["/jmap/apix", "/jmap/%00", "/jmap/%ff", "/jmap/upload", "/jmap/download/a/b"])
def test_an_unknown_path_is_a_problem_too(http: httpx.Client, path: str) -> None:
    assert is_problem(http.get(path), 404)
