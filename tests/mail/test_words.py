import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmap.mail.folding import fold, fold_spans
from jmap.mail.word_terms import Term, find_matches, holds, query_terms
from jmap.mail.words import cut, lexemes

SCRIPTS = "abcdeïéèßİıŒ hello@.-_+'\"\\/日本語カタガ한국어ไทยกำहिन्दीабвёЙעבריתَعربي𠀀 \n\u0301\u00ad\u200d½①ﬁ"
settings.register_profile("words", deadline=None)
settings.load_profile("words")
texts = st.text(st.sampled_from(SCRIPTS), max_size=60) | st.text(max_size=60)


def found(query: str, text: str) -> bool:
    index = set(cut(text))
    return all(
        index.issuperset(term.lexemes)
        and all(any(lexeme.startswith(start) for lexeme in index) for start in term.starts)
        and (term.kind != "phrase" or holds(term, text))
        for term in query_terms(query)
    )


def marked(query: str, text: str) -> list[str]:
    return [text[start:end] for start, end in find_matches(query_terms(query), text)]


@given(texts)
def test_every_word_of_a_text_is_found_by_its_own_query(text: str) -> None:
    for word in [*text.split(), *cut(text)]:
        assert found(word.replace('"', " "), text), word


@given(texts)
def test_every_lexeme_of_a_text_is_found_as_a_phrase(text: str) -> None:
    for lexeme in cut(text):
        assert found(f'"{lexeme}"', text), lexeme


@given(texts, st.integers(0, 60), st.integers(1, 4))
def test_the_words_of_a_text_are_found_as_a_phrase(text: str, start: int, count: int) -> None:
    phrase = " ".join(text.split()[start : start + count])
    escaped = phrase.replace("\\", "\\\\").replace('"', '\\"')
    assert found(f'"{escaped}"', text)


@given(texts, texts)
def test_matches_are_sorted_inside_the_text_and_apart(query: str, text: str) -> None:
    end = 0
    for span in find_matches(query_terms(query), text):
        assert end <= span[0] < span[1] <= len(text)
        end = span[1]


@given(texts)
def test_what_is_found_is_also_marked(text: str) -> None:
    for lexeme in cut(text):
        assert find_matches(query_terms(lexeme), text), lexeme


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_each_folded_character_has_a_place_in_the_text(text: str) -> None:
    assert len(list(fold_spans(text))) == len(fold(text))


@given(st.text())
def test_lexemes_are_short_and_without_white_space(text: str) -> None:
    for lexeme in cut(text * 20):
        assert 0 < len(lexeme) <= 255
        assert not any(char.isspace() for char in lexeme)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World", ["hello", "world"]),
        ("Crème BRÛLÉE Straße", ["creme", "brulee", "strasse"]),
        ("東京都", ["東京", "京都", "都"]),
        ("語", ["語"]),
        ("3月5日 iPhone用", ["3", "月", "5", "日", "iphone", "用"]),
        ("हिन्दी", ["हिन्दी"]),
        ("well-known", ["well", "known"]),
        ("don’t", ["don", "t", "don't"]),
        ("Ann.Lee@x.org", ["ann", "lee", "x", "org", "ann.lee@x.org", "lee@x.org", "x.org"]),
        ("", []),
        ("!? — …", []),
    ],
)
def test_a_text_is_cut_into_lexemes(text: str, expected: list[str]) -> None:
    assert list(cut(text)) == expected


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("annual", "The ANNUAL report"),
        ("repo", "The annual report"),
        ("resume", "Mon résumé"),
        ("RÉSUMÉ", "my resume"),
        ("lee+tag@exam", "Ann.Lee+tag@example.com"),
        ("lee+tag", "Ann.Lee+tag@example.com"),
        ("example.com", "see https://www.example.com/a?b=c"),
        ("京", "東京都"),
        ("京都", "東京都"),
        ("東京都", "新東京都庁"),
        ('"annual report"', "the annual,\r\n report of"),
        ("'annual report' the", "the annual report"),
        (r'"say \"no\""', 'they say "no" often'),
        ('"C++"', "learn C++ now"),
        ("don't", "I don’t know"),
        ("ё", "е"),
    ],
)
def test_a_query_finds_a_text(query: str, text: str) -> None:
    assert found(query, text)
    assert marked(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("port", "The annual report"),
        ("re", "The annual report"),
        ('"annual repo"', "The annual report"),
        ('"report annual"', "The annual report"),
        ('"C++"', "plan C now"),
        ("annual missing", "The annual report"),
        ("都京", "東京都"),
        ("京東都", "東京都京東"),
        ("ann@example.com", "ann at example.com"),
        (r"'it\'s here'", "its here"),
    ],
)
def test_a_query_does_not_find_another_text(query: str, text: str) -> None:
    assert not found(query, text)


def test_quotes_make_phrases_and_backslashes_escape_in_them() -> None:
    terms = query_terms(r'one "two three" ' + r"'it\'s so'" + ' "four" un"matched')
    assert [(term.kind, term.literal) for term in terms] == [
        ("prefix", "one"),
        ("phrase", "two three"),
        ("phrase", "it's so"),
        ("word", "four"),
        ("word", "un"),
        ("prefix", "matched"),
    ]


def test_an_empty_query_has_no_terms() -> None:
    assert query_terms(' "" \'\' !? "…" ') == []


def test_a_word_of_two_letters_is_no_prefix() -> None:
    assert query_terms("in") == [Term("word", ("in",), (), "in")]


@pytest.mark.parametrize(
    ("query", "text", "marks"),
    [
        ("resum", "Mon RÉSUMÉ, résumés", ["RÉSUMÉ", "résumés"]),
        ("strasse", "Die Straße!", ["Straße"]),
        ("e", "e\u0301 e x", ["e\u0301", "e"]),
        ("京都", "東京都と京都", ["京都", "京都"]),
        ("東", "東京", ["東"]),
        ("report annual", "annual report", ["annual", "report"]),
        ('"a b"', "a, b a c b", ["a, b"]),
        ("ann annu", "Annual", ["Annual"]),
        ("x.org", "ann@x.org", ["x.org"]),
    ],
)
def test_matches_are_marked_in_the_original(query: str, text: str, marks: list[str]) -> None:
    assert marked(query, text) == marks


def test_lexemes_carry_their_field_and_the_account() -> None:
    fields: dict[str, str | list[str]] = {
        "from": ["Ann"],
        "subject": "Hi ann",
        "header": ["List-Id: Dogs <d.org>"],
        "attachments": ["a.pdf"],
    }
    assert lexemes(fields, prefix="7.") == [
        *("7.fann", "7.shi", "7.sann", "7.na", "7.npdf", "7.na.pdf"),
        *("7.hlist-id:", "7.hlist-id:dogs", "7.hlist-id:d", "7.hlist-id:org", "7.hlist-id:d.org"),
    ]


def test_the_cap_cuts_the_body_first() -> None:
    found_lexemes = lexemes({"body": " ".join(map(str, range(1000))), "subject": "kept"}, cap_bytes=100)
    assert found_lexemes[0] == "skept"
    assert 90 < sum(map(len, found_lexemes)) <= 100


def test_a_compound_of_many_words_stays_small_and_is_found() -> None:
    chain = ".".join(f"w{number}" for number in range(3000))
    assert sum(map(len, cut(chain))) < 20 * len(chain)
    assert found(chain[:1500], chain)
    assert found("w700.w701.w702", chain)


@pytest.mark.parametrize("text", ['"\\"' * 1000, "a." * 1000, "'a " * 1000, "-" * 2000, "日" * 2000])
def test_a_hostile_query_takes_no_time(text: str) -> None:
    start = time.perf_counter()
    find_matches(query_terms(text), text * 20)
    assert time.perf_counter() - start < 2
