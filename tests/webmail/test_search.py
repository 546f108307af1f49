"""The search grammar."""

from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from jmap.client import Client
from tests.webmail.mailing import mailbox, put, text, with_parts
from webmail.mailboxes import Mailbox, Mailboxes, read_mailboxes
from webmail.search import read_search

TREE = Mailboxes(
    [Mailbox(f"m{at}", name, role, 0, 0, True) for at, (name, role) in enumerate(
        [("Inbox", "inbox"), ("Junk", "junk"), ("Trash", "trash"), ("Tax 2026", "")], 1)]
)  # fmt: skip
KEPT = {"inMailboxOtherThan": ["m2", "m3"]}


def read(words: str) -> Any:
    """The filter without the part that leaves Trash and Junk out."""
    wire = read_search(words, TREE).filter
    assert wire["operator"] == "AND" and wire["conditions"][-1] == KEPT
    rest = wire["conditions"][:-1]
    return rest[0] if len(rest) == 1 else rest


def some(operator: str, *conditions: Any) -> Any:
    return {"operator": operator, "conditions": list(conditions)}


@pytest.mark.parametrize(
    ("words", "wire"),
    [
        ("tea", {"text": "tea"}),
        ("tea cup", [{"text": "tea"}, {"text": "cup"}]),
        ('"two cups"', {"text": '"two cups"'}),
        ('"two cups', {"text": '"two cups"'}),
        ("-tea", some("NOT", {"text": "tea"})),
        ("from:ana", {"from": "ana"}),
        ('from:"Ana Ruiz"', {"from": '"Ana Ruiz"'}),
        ("tea OR coffee milk", [some("OR", {"text": "tea"}, {"text": "coffee"}), {"text": "milk"}]),
        ("(tea milk) OR water", some("OR", some("AND", {"text": "tea"}, {"text": "milk"}), {"text": "water"})),
        ("-(from:ana is:read)", some("NOT", some("AND", {"from": "ana"}, {"hasKeyword": "$seen"}))),
        ("is:unread", {"notKeyword": "$seen"}),
        ("has:attachment", {"hasAttachment": True}),
        ("filename:plan.pdf", {"attachmentName": "plan.pdf"}),
        ("larger:10M", {"minSize": 10485760}),
        ("smaller:2kb", {"maxSize": 2048}),
        ("list:dev", {"header": ["List-Id", "dev"]}),
        ('label:"tax 2026"', {"inMailbox": "m4"}),
        ("label:$todo", {"hasKeyword": "$todo"}),
        ("after:2026-03-01", {"after": "2026-03-01T00:00:00Z"}),
        ("before:2026/3", {"before": "2026-03-01T00:00:00Z"}),
    ],
)
def test_a_query_becomes_a_filter(words: str, wire: Any) -> None:
    assert read(words) == wire


@pytest.mark.parametrize("words", ["larger:huge", "before:someday", "is:odd", "in:nowhere", "colour:red", "http://a.b"])
def test_what_makes_no_sense_is_searched_for_as_text(words: str) -> None:
    assert read(words) == {"text": words}
    assert not read_search(words, TREE).chips[0].is_operator


def test_a_day_begins_where_the_reader_is() -> None:
    with timezone.override("America/New_York"):
        assert read("after:2026-03-01") == {"after": "2026-03-01T05:00:00Z"}


def test_only_a_named_bin_is_searched() -> None:
    assert read_search("in:trash tea", TREE).filter == some(
        "AND", {"inMailbox": "m3"}, {"text": "tea"}, {"inMailboxOtherThan": ["m2"]}
    )
    assert "inMailboxOtherThan" not in str(read_search("in:anywhere tea", TREE).filter)


def test_a_chip_tells_the_query_without_it() -> None:
    chips = read_search('from:ana "two cups" -tea', TREE).chips
    assert [(chip.text, chip.without) for chip in chips] == [
        ("from:ana", '"two cups" -tea'),
        ('"two cups"', "from:ana -tea"),
        ("-tea", 'from:ana "two cups"'),
    ]


PIECES = ["(", ")", "-", "OR", " ", '"', "a", "from:", "in:inbox", "is:read", "é", "\\", ":"]
GRAMMAR = st.lists(st.sampled_from(PIECES))


@given(st.one_of(st.text(max_size=300), GRAMMAR.map("".join)))
def test_any_query_gives_a_filter(words: str) -> None:
    assert read_search(words, TREE).filter


def test_brackets_may_be_as_deep_as_they_like() -> None:
    assert read_search("(" * 400 + "tea" + ")" * 400, TREE).filter


def test_the_server_takes_every_operator(jmap: Client) -> None:
    put(jmap, text("Harvest", "The pears are ripe"))
    put(
        jmap,
        with_parts("<p>Plan</p>", ("application/pdf", 'Content-Disposition: attachment; filename="pears.pdf"', b"x")),
    )
    put(jmap, text("Old harvest"), role="trash")
    everything = read_mailboxes(jmap)

    def found(words: str) -> int:
        return len(jmap.call("Email/query", filter=read_search(words, everything).filter)["ids"])

    assert found("from:ben -subject:plan harvest OR pears newer_than:9y smaller:1M is:unread") == 2
    assert found("filename:pears") == found("has:attachment") == 1
    assert found("harvest") == 1
    assert found("in:trash harvest") == found("label:trash in:anywhere") == 1
    assert found('(harvest "are ripe") OR list:nothing') == 1
    assert mailbox(jmap, "trash")
