"""RFC 8620 §3.4 to §3.6, and that no input whatever is the server's failure."""

from typing import Any

import orjson
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from jmap.core import capabilities, sql
from jmap.core.context import Context
from jmap.core.errors import MethodError
from jmap.core.writing import writing
from tests.fixtures.core import Client

METHODS = [f"Note/{verb}" for verb in ("get", "changes", "set", "copy", "query", "queryChanges")] + ["Blob/copy"]


def test_an_echo_comes_back(jmap: Client) -> None:
    sent = {"a": [1, -2, 2**53 - 1, "é\0\U0001f600", None, True, {"": {}}], "accountId": "x"}
    assert jmap.batch(("Core/echo", sent)) == [["Core/echo", sent, "0"]]


def test_responses_keep_the_order_and_ids_of_their_calls(jmap: Client) -> None:
    calls = [[name, {}, id] for name, id in (("Core/echo", "b"), ("No/thing", "a"), ("Core/echo", ""))]
    found = jmap.send({"methodCalls": calls})["methodResponses"]
    assert [(name, id) for name, _, id in found] == [("Core/echo", "b"), ("error", "a"), ("Core/echo", "")]


def test_the_session_state_comes_with_every_response_and_follows_the_rights(jmap: Client) -> None:
    before = jmap.send({"methodCalls": []})["sessionState"]
    assert before == jmap.send({"methodCalls": []})["sessionState"]
    jmap.shared()
    assert before != jmap.send({"methodCalls": []})["sessionState"]


def test_the_session_state_follows_the_address_of_the_service(jmap: Client, settings: Any) -> None:
    before = jmap.send({"methodCalls": []})["sessionState"]
    settings.PUBLIC_URL = "https://mail.example"
    assert before != jmap.send({"methodCalls": []})["sessionState"]


@pytest.mark.parametrize("name", ["", "Note", "Note/", "note/get", "Note/get/", "Core/echo ", "__class__"])
def test_an_unknown_method_is_told(jmap: Client, name: str) -> None:
    assert jmap.call(name) == {"type": "unknownMethod"}


def test_an_unforeseen_failure_is_logged_without_content(
    jmap: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(context: Context, arguments: dict[str, Any]) -> Any:
        raise RuntimeError

    methods = capabilities.capabilities[capabilities.CORE].methods
    monkeypatch.setitem(methods, "Core/broken", broken)
    responses = jmap.batch(("Core/broken", {"x": "secret"}), ("Note/get", {}))
    assert [responses[0][1]["type"], responses[1][0]] == ["serverFail", "Note/get"]
    assert "Core/broken" in caplog.text
    assert "secret" not in caplog.text


def test_a_failure_of_the_database_is_unavailability_and_the_next_call_works(
    jmap: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(context: Context, arguments: dict[str, Any]) -> Any:
        context.read()
        sql.value("SELECT pg_terminate_backend(pg_backend_pid())")

    methods = capabilities.capabilities[capabilities.CORE].methods
    monkeypatch.setitem(methods, "Core/cut", cut_off)
    responses = jmap.batch(("Core/cut", {}), ("Note/get", {"ids": []}))
    assert [responses[0][1]["type"], responses[1][0]] == ["serverUnavailable", "Note/get"]


def test_no_transaction_stays_open(jmap: Client) -> None:
    jmap.batch(("Note/get", {}), ("Note/query", {"filter": {"title": 7}}), ("Note/set", {"ifInState": "x"}))
    assert connection.connection.info.transaction_status.name == "IDLE"


def test_reads_of_one_request_share_a_snapshot_until_a_write(jmap: Client) -> None:
    responses = jmap.batch(("Note/get", {}), ("Note/set", {"create": {"x": {"title": ""}}}), ("Note/get", {}))
    first, done, last = (arguments for _, arguments, _ in responses)
    assert (first["state"], last["state"]) == (done["oldState"], done["newState"])
    assert (len(first["list"]), len(last["list"])) == (0, 1)


def test_statements_stay_prepared_over_snapshots(jmap: Client) -> None:
    jmap.make()
    for _ in range(4):
        jmap.call("Note/get")
    assert sql.value("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%FROM accounts_account%%'")


def test_a_door_that_breaks_leaves_nothing(jmap: Client) -> None:
    account = Account.objects.get(id=jmap.account[1:])
    with pytest.raises(RuntimeError), writing(account.id, "test") as log:
        log.created("Note", log.new_id())
        raise RuntimeError
    account.refresh_from_db()
    assert (account.modseq, account.next_id, account.states) == (0, 1, {})


def test_no_two_doors_are_open_at_once(jmap: Client) -> None:
    second = writing(int(jmap.shared()[1:]), "test")
    with writing(int(jmap.account[1:]), "test"), pytest.raises(RuntimeError):
        second.__enter__()


def test_the_door_of_no_account_does_not_open(jmap: Client) -> None:
    with pytest.raises(MethodError), writing(0, "test"):
        pass


def test_what_one_object_noted_can_be_taken_back(jmap: Client) -> None:
    with writing(int(jmap.account[1:]), "test") as log:
        kept = log.new_id()
        log.created("Note", kept)
        log.updated("Note", 900, {"a": 1})
        before, mark = dict(log.entries["Note"]), log.mark()
        log.created("Note", log.new_id())
        log.destroyed("Note", kept)
        log.destroyed("Note", 900, {"b": 2})
        log.rewind(mark)
        assert (log.entries["Note"], log.next_id) == (before, kept + 1)
        log.rewind((log.next_id, 0, 0, 0))


leaf = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["n1", "#n1", "n2", "\0", "n", ""]
)
names = words | st.sampled_from(
    ["title", "tags", "tags/x", "folderId", "links", "links/n1", "id", "operator", "property"]
)
json_values = st.recursive(
    leaf | words, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)
argument_names = st.sampled_from(
    [
        "ids",
        "properties",
        "create",
        "update",
        "destroy",
        "filter",
        "sort",
        "position",
        "anchor",
        "anchorOffset",
        "limit",
        "calculateTotal",
        "sinceState",
        "sinceQueryState",
        "maxChanges",
        "upToId",
        "fromAccountId",
        "blobIds",
        "#ids",
        "accountId",
        "ifInState",
    ]
)


@given(st.lists(st.tuples(st.sampled_from(METHODS), st.dictionaries(argument_names, json_values)), max_size=4))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_input_is_the_servers_failure(jmap: Client, calls: list[tuple[str, dict[str, Any]]]) -> None:
    for name, arguments, _ in jmap.batch(*calls):
        assert name != "error" or arguments["type"] not in ("serverFail", "serverUnavailable")


@given(st.binary(max_size=200) | json_values.map(orjson.dumps))
@settings(max_examples=300, deadline=None)
def test_no_octets_break_the_parser(body: bytes) -> None:
    from jmap.core.errors import RequestError
    from jmap.core.request import parse

    with pytest.raises(RequestError):
        parse(body)


create_values = st.dictionaries(
    st.sampled_from(["c", "d"]), st.dictionaries(names, json_values, max_size=5), max_size=2
)


@given(create_values, st.dictionaries(names, json_values, max_size=4))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_object_is_the_servers_failure(jmap: Client, create: dict[str, Any], patch: dict[str, Any]) -> None:
    for each in create.values():
        each.setdefault("title", "x")
    done = jmap.call("Note/set", create={**create, "e": {"title": "y"}}, update={"#e": patch})
    assert "type" not in done
