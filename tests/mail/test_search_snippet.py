import re
import time
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmap.client import MethodFailed
from jmap.core import sql
from jmap.mail.marks import MAX_OCTETS, mark_all, mark_near
from tests.fixtures.accounts import Person
from tests.mail.search_rows import Shelf

MARK = re.compile(r"</?mark>")


@pytest.fixture
def shelf(alice: Person) -> Shelf:
    return Shelf(alice)


def plain(marked: str) -> str:
    return unescape(MARK.sub("", marked))


def test_matches_in_subject_and_body_are_marked(shelf: Shelf) -> None:
    shelf.add(subject="The Walrus", body="a walrus and walruses")
    assert shelf.snippets({"text": "walrus"}, "e1") == [
        {
            "emailId": "e1",
            "subject": "The <mark>Walrus</mark>",
            "preview": "a <mark>walrus</mark> and <mark>walruses</mark>",
        }
    ]


@pytest.mark.parametrize(
    ("filter", "subject", "preview"),
    [
        ({"subject": "walrus"}, "<mark>walrus</mark>", None),
        ({"body": "walrus"}, None, "<mark>walrus</mark>"),
        ({"from": "walrus"}, None, None),
        ({"hasKeyword": "walrus"}, None, None),
        ({"header": ["Subject", "walrus"]}, None, None),
        ({}, None, None),
        (None, None, None),
        ({"text": "?"}, None, None),
        ({"text": "oyster"}, None, None),
        ({"operator": "NOT", "conditions": [{"text": "walrus"}]}, None, None),
        ({"operator": "OR", "conditions": [{"body": "walrus"}, {"from": "x"}]}, None, "<mark>walrus</mark>"),
    ],
)
def test_only_conditions_on_subject_and_body_mark(shelf: Shelf, filter: Any, subject: Any, preview: Any) -> None:
    shelf.add(subject="walrus", body="walrus", **{"from": ["walrus"]})
    assert shelf.snippets(filter, "e1") == [{"emailId": "e1", "subject": subject, "preview": preview}]


def test_html_never_passes_through(shelf: Shelf) -> None:
    shelf.add(subject="<b>walrus</b> & 'co'", body='<script>walrus</script> "&amp;"')
    [found] = shelf.snippets({"text": "walrus"}, "e1")
    assert found["subject"] == "&lt;b&gt;<mark>walrus</mark>&lt;/b&gt; &amp; &#x27;co&#x27;"
    assert found["preview"] == "&lt;script&gt;<mark>walrus</mark>&lt;/script&gt; &quot;&amp;amp;&quot;"


def test_a_phrase_is_marked_as_one(shelf: Shelf) -> None:
    shelf.add(body="walrus; the walrus and -- the carpenter")
    [found] = shelf.snippets({"text": '"walrus and the"'}, "e1")
    assert found["preview"] == "walrus; the <mark>walrus and -- the</mark> carpenter"


def test_a_long_subject_stays_whole(shelf: Shelf) -> None:
    subject = "begin " + "x" * 1000 + " walrus"
    shelf.add(subject=subject)
    [found] = shelf.snippets({"subject": "walrus"}, "e1")
    assert found["subject"] == subject.replace("walrus", "<mark>walrus</mark>")


def test_a_preview_begins_a_little_before_the_first_match(shelf: Shelf) -> None:
    shelf.add(body="word " * 1000 + "walrus" + " word" * 1000)
    [found] = shelf.snippets({"body": "walrus"}, "e1")
    assert found["preview"] is not None
    assert re.match(r"…(word ){1,9}<mark>walrus</mark>( word)+ ?", found["preview"])
    assert 200 < len(found["preview"].encode()) <= MAX_OCTETS


def test_snippets_come_in_the_order_asked_and_once(shelf: Shelf) -> None:
    for _ in range(3):
        shelf.add()
    assert [each["emailId"] for each in shelf.snippets(None, "e3", "e1", "e3", "e2")] == ["e3", "e1", "e2"]


def test_what_is_not_there_is_not_found(shelf: Shelf, make_user: Callable[[], Person]) -> None:
    other = Shelf(make_user())
    for owner in (shelf, other, other):
        owner.add(body="walrus")
    ids = ["e1", "e2", "e01", "m1", "", "e" + "9" * 30, "#x"]
    answer = shelf.jmap.call("SearchSnippet/get", filter={"text": "walrus"}, emailIds=ids)
    assert [each["emailId"] for each in answer["list"]] == ["e1"]
    assert answer["notFound"] == ids[1:]
    assert shelf.jmap.call("SearchSnippet/get", filter=None, emailIds=["e1"])["notFound"] is None


def test_an_email_that_is_not_indexed_has_no_snippet(shelf: Shelf) -> None:
    shelf.add(subject="walrus")
    sql.run("DELETE FROM mail_emailtext WHERE account_id = %s", shelf.account_id)
    assert shelf.snippets({"text": "walrus"}, "e1") == [{"emailId": "e1", "subject": None, "preview": None}]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"filter": None}, "invalidArguments"),
        ({"filter": None, "emailIds": None}, "invalidArguments"),
        ({"filter": {"text": 1}, "emailIds": []}, "invalidArguments"),
        ({"filter": {"walrus": "x"}, "emailIds": []}, "unsupportedFilter"),
        ({"filter": None, "emailIds": [f"e{number}" for number in range(5001)]}, "requestTooLarge"),
        ({"filter": None, "emailIds": [], "accountId": "a999999"}, "accountNotFound"),
    ],
)
def test_bad_arguments_are_refused(shelf: Shelf, arguments: Any, error: str) -> None:
    with pytest.raises(MethodFailed) as refused:
        shelf.jmap.call("SearchSnippet/get", **arguments)
    assert refused.value.wire["type"] == error


def test_long_bodies_take_bounded_time(shelf: Shelf) -> None:
    for _ in range(20):
        shelf.add(body="naïve words and more words " * 4000)
    started = time.monotonic()
    shelf.snippets({"text": '"words and the" walrus oyster'}, *(f"e{number}" for number in range(1, 21)))
    assert time.monotonic() - started < 5


TEXT = st.text(alphabet=st.sampled_from("ab <>&'\"é会\n\t\u00a0😀"), max_size=600) | st.text(max_size=600)


@given(text=TEXT, cuts=st.lists(st.integers(0, 600), min_size=2, max_size=12, unique=True))
def test_a_preview_fits_is_whole_and_shows_a_part_of_the_text(text: str, cuts: list[int]) -> None:
    edges = sorted(cut for cut in cuts if cut <= len(text))
    spans = [(first, last) for first, last in zip(edges[::2], edges[1::2], strict=False) if text[first:last].strip()]
    if not spans:
        return
    preview = mark_near(text, spans)
    assert len(preview.encode()) <= MAX_OCTETS
    assert re.fullmatch(r"([^<>]|<mark>[^<>]+</mark>)+", preview)
    assert plain(preview).removeprefix("…").strip() in " ".join(f" {text} ".split()) + " "


@given(text=TEXT, cut=st.integers(0, 600))
def test_a_marked_text_is_the_text(text: str, cut: int) -> None:
    spans = [(0, cut)] if 0 < cut <= len(text) else []
    assert plain(mark_all(text, spans)) == text
