from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from accounts.provision import add_user
from jmap.core import sql
from jmap.core.errors import MethodError
from jmap.mail import search
from tests.fixtures.accounts import Person
from tests.mail.search_rows import Shelf


@pytest.fixture
def shelf(alice: Person) -> Shelf:
    return Shelf(alice)


@pytest.fixture(scope="module")
def nasty_shelf(database: None) -> Shelf:
    user = add_user("nasty-strings@example.org", "", "correct horse")
    shelf = Shelf(Person(user, Account.objects.get(owner=user), ""))
    shelf.add(subject="it's a \\ 'quoted' thing", body="x & y | !z <-> w:* (a)")
    return shelf


@pytest.mark.parametrize("name", ["from", "to", "cc", "bcc"])
def test_an_address_field_is_searched_alone(shelf: Shelf, name: str) -> None:
    for field in ("from", "to", "cc", "bcc"):
        shelf.add(**{field: ["Ann Miller <ann@example.org>"]})
    assert shelf.find(name, "miller") == [["from", "to", "cc", "bcc"].index(name) + 1]


def test_subject_and_body_are_searched_alone(shelf: Shelf) -> None:
    shelf.add(subject="walrus")
    shelf.add(body="walrus")
    assert shelf.find("subject", "walrus") == [1]
    assert shelf.find("body", "walrus") == [2]


@pytest.mark.parametrize("field", ["from", "to", "cc", "bcc", "subject", "body", "attachments"])
def test_text_is_looked_for_in_every_field(shelf: Shelf, field: str) -> None:
    shelf.add(**{field: "walrus" if field in ("subject", "body") else ["walrus"]})
    shelf.add(body="carpenter")
    assert shelf.find("text", "walrus") == [1]


def test_the_words_of_a_text_may_stand_in_different_fields(shelf: Shelf) -> None:
    shelf.add(subject="walrus", body="carpenter")
    shelf.add(subject="walrus")
    assert shelf.find("text", "carpenter walrus") == [1]
    assert shelf.find("body", "carpenter walrus") == []


def test_case_and_accents_do_not_matter(shelf: Shelf) -> None:
    shelf.add(subject="CAFÉ Größe")
    assert shelf.find("subject", "cafe grösse") == [1]


def test_an_unquoted_word_of_three_letters_matches_as_a_prefix(shelf: Shelf) -> None:
    shelf.add(body="walruses")
    assert shelf.find("body", "wal") == [1]
    assert shelf.find("body", "wa") == []
    assert shelf.find("body", '"wal"') == []


def test_a_phrase_needs_its_words_side_by_side_in_one_field(shelf: Shelf) -> None:
    shelf.add(body="the walrus and the carpenter")
    shelf.add(body="the carpenter and the walrus")
    shelf.add(subject="walrus and", body="the carpenter")
    assert shelf.find("text", '"walrus and the carpenter"') == [1]
    assert shelf.find("text", "'walrus and' carpenter") == [1, 3]


def test_a_phrase_can_hold_escaped_quotes(shelf: Shelf) -> None:
    shelf.add(body='she said "hello there" twice')
    assert shelf.find("body", r'"said \"hello there\""') == [1]


def test_an_address_is_found_whole_and_by_its_parts(shelf: Shelf) -> None:
    shelf.add(**{"from": ["Ann <ann.miller@mail.example.org>"]})
    for part in ("ann.miller@mail.example.org", "miller@mail", "example.org", "ann", '"ann.miller@mail.example.org"'):
        assert shelf.find("from", part) == [1], part


def test_a_header_is_found_by_its_name(shelf: Shelf) -> None:
    shelf.add(header=["X-Walrus: ", "List-Id: a"])
    shelf.add(header=["X-Walrus-Too: "], body="X-Walrus: ")
    assert shelf.find("header", ["x-WALRUS"]) == [1]


def test_a_header_is_found_by_words_in_it(shelf: Shelf) -> None:
    shelf.add(header=["X-Mailer: Oyster 2.1", "X-Other: carpenter"])
    shelf.add(header=["X-Mailer: carpenter"])
    assert shelf.find("header", ["X-Mailer", "oyster"]) == [1]
    assert shelf.find("header", ["X-Mailer", "carpenter"]) == [2]
    assert shelf.find("header", ["X-Mailer", '"Oyster 2.1"']) == [1]
    assert shelf.find("header", ["X-Mailer", '"2.1 Oyster"']) == []


def test_a_value_without_words_asks_for_nothing(shelf: Shelf) -> None:
    shelf.add(header=["X-Mailer: a"])
    shelf.add()
    for value in ("", "  ", "?!", '""', "\\", "☺"):
        assert shelf.find("text", value) == [1, 2]
        assert shelf.find("header", ["X-Mailer", value]) == [1]


def test_han_is_found_by_one_two_and_more_characters(shelf: Shelf) -> None:
    shelf.add(subject="会議の資料を送ります")
    for value in ("会", "議", "会議", "会議の資料"):
        assert shelf.find("subject", value) == [1], value
    assert shelf.find("subject", "会資料") == []


def test_other_accounts_are_never_searched(make_user: Callable[[], Person]) -> None:
    shelves = [Shelf(make_user()) for _ in range(2)]
    for shelf in shelves:
        shelf.add(body="walrus")
    shelves[0].add(body="walrus")
    assert [shelf.find("text", "walrus") for shelf in shelves] == [[1, 2], [1]]
    assert shelves[1].find("text", '"walrus"') == [1]


def pretend_total(shelf: Shelf, total: int) -> None:
    """A total so large that the newest messages decide how to search."""
    sql.run(
        "UPDATE mail_mailbox SET total_emails = %s WHERE account_id = %s AND role = 'inbox'", total, shelf.account_id
    )


def test_a_frequent_word_is_tested_by_date_and_beyond_that_looked_up(shelf: Shelf) -> None:
    expected = [shelf.add(body="walrus" if number % 4 else "oyster") for number in range(1500)]
    pretend_total(shelf, 1_000_000)
    query = search.tsquery(shelf.account_id, *search.read_condition("text", "walrus"))
    assert search.frequent_since(shelf.account_id, query) is not None
    assert shelf.find("text", "walrus") == [id for id in expected if (id - 1) % 4]
    assert "CASE" in search.condition(shelf.account_id, "text", "walrus", "e.id")[0]


def test_a_frequent_word_is_looked_up_where_the_account_is_small(shelf: Shelf) -> None:
    for _ in range(3):
        shelf.add(body="walrus")
    pretend_total(shelf, 3)
    assert search.condition(shelf.account_id, "text", "walrus", "e.id")[1] == [[1, 2, 3]]


def test_a_phrase_that_takes_too_long_to_verify_is_refused(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.add(body="walrus and carpenter")
    monkeypatch.setattr(search, "VERIFY_SECONDS", 0)
    with pytest.raises(MethodError) as refused:
        shelf.find("body", '"walrus and"')
    assert refused.value.wire["type"] == "unsupportedFilter"


NASTY = st.text(alphabet=st.sampled_from("ab'\"\\:*&|!()<->%$é会 \t\n"), max_size=60) | st.text(max_size=60)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(value=NASTY.filter(lambda value: "\0" not in value), name=st.sampled_from(["text", "subject", "header"]))
def test_no_text_makes_an_error(nasty_shelf: Shelf, value: str, name: str) -> None:
    nasty_shelf.find(name, [value, value] if name == "header" else value)


@settings(max_examples=100, deadline=None)
@given(words=st.lists(st.text(alphabet="abc'\\.@-é", min_size=1, max_size=8), min_size=1, max_size=4))
def test_every_text_is_found_by_itself(nasty_shelf: Shelf, words: list[str]) -> None:
    text = " ".join(words)
    number = nasty_shelf.add(body=text)
    assert number in nasty_shelf.find("body", " ".join(word.replace("'", " ") for word in words))


def test_the_longest_query_is_one_that_postgresql_takes(nasty_shelf: Shelf) -> None:
    for value in ("a " * 5000, "é" * 3000, "ab." * 3000, "'" * 3000, "会" * 3000, '"' + "a b " * 900 + '"'):
        nasty_shelf.find("text", value)
        nasty_shelf.find("header", ["X" * 3000, value])


def test_a_message_with_a_million_different_words_fits_the_index(shelf: Shelf) -> None:
    shelf.add(subject="walrus", body=" ".join(f"w{number}" for number in range(150_000)))
    assert shelf.find("text", "walrus w77") == [1]


def test_the_stored_text_reads_back() -> None:
    fields: dict[str, str | list[str]] = {"subject": "Ünïcode", "from": ["a", "b"]}
    assert search.read_text(search.index_row(1, fields)[1]) == fields
