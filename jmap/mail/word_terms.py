"""A filter's text read as search terms, and where they stand in a text (RFC 8621 §4.4.1, §5)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from .folding import fold, fold_spans
from .words import COMPOUND_WORDS, LETTER, MARK, MAX_LEXEME, compound_runs, is_unspaced, split_compound, tokens

MAX_QUERY = 2000  # characters; what follows is not looked for
_PREFIX_FROM = 3  # an unquoted word of so many letters also matches the start of a longer one

_NOT_BEFORE = rf"(?<!{LETTER})(?<!{MARK})"
_NOT_AFTER = rf"(?!{LETTER}|{MARK})"
_REST = rf"(?:{LETTER}|{MARK})*"
# A phrase in matched quotes, else a run without space; "'" opens only at the start of a word and closes at its end.
_PART = re.compile(
    r""""(?P<double>(?:\\.|[^"\\])*)"|(?<![^\s"])'(?P<single>(?:\\.|[^'\\])*)'(?![^\s"])|(?P<bare>[^\s"]+)""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"""\\(['"\\])""")


@dataclass(frozen=True, slots=True)
class Term:
    """One thing a text must have: all `lexemes`, and for each of `starts` some lexeme that begins with it.

    Of a `phrase` the index knows only its words: where they match, `holds` must still look at the text.
    """

    kind: Literal["word", "prefix", "phrase"]
    lexemes: tuple[str, ...]
    starts: tuple[str, ...]
    literal: str  # folded


def query_terms(text: str) -> list[Term]:
    """The distinct terms of a filter's text, all of which must match; none if there is no letter or digit in it."""
    found: dict[Term, None] = {}
    for part in _PART.finditer(text[:MAX_QUERY]):
        if part["bare"] is not None:
            found |= dict.fromkeys(_bare_terms(fold(part["bare"])))
        else:
            found |= dict.fromkeys(_phrase_terms(fold(_ESCAPE.sub(r"\1", part["double"] or part["single"] or ""))))
    return list(found)


def _bare_terms(folded: str) -> Iterator[Term]:
    for token in tokens(folded):
        if is_unspaced(token[0]):
            yield _unspaced_term(token)
        elif runs := compound_runs(token):
            yield from map(_prefix, [*runs[::COMPOUND_WORDS], *_last_word(token, len(runs))])
        else:
            yield from map(_bare_word, split_compound(token))


def _last_word(token: str, runs: int) -> list[str]:
    return [split_compound(token)[-1]] if runs % COMPOUND_WORDS == 0 else []


def _bare_word(word: str) -> Term:
    return _prefix(word) if len(word) >= _PREFIX_FROM else Term("word", (word,), (), word)


def _prefix(start: str) -> Term:
    start = start[:MAX_LEXEME]
    return Term("prefix", (), (start,), start)


def _unspaced_term(run: str) -> Term:
    if len(run) == 1:
        return _prefix(run)
    if len(run) == 2:
        return Term("word", (run,), (), run)
    return Term("phrase", tuple(map("".join, pairwise(run))), (), run)


def _phrase_terms(folded: str) -> Iterator[Term]:
    exact: dict[str, None] = {}
    starts: dict[str, None] = {}
    for token in tokens(folded):
        if is_unspaced(token[0]):
            exact |= dict.fromkeys(map("".join, pairwise(token)))
            starts |= dict.fromkeys(token if len(token) == 1 else ())
        else:
            exact |= dict.fromkeys(word for word in split_compound(token) if len(word) <= MAX_LEXEME)
            starts |= dict.fromkeys(word[:MAX_LEXEME] for word in split_compound(token) if len(word) > MAX_LEXEME)
    literal = " ".join(word for word in folded.split() if tokens(word))
    if exact or starts:
        kind: Literal["word", "phrase"] = "word" if tuple(exact) == (literal,) else "phrase"
        yield Term(kind, tuple(exact), tuple(starts), literal)


def holds(term: Term, text: str) -> bool:
    """Whether the text has the term, phrases word by word: what stands between two words may be any punctuation."""
    return next(_spans(term, fold(text)), None) is not None


def find_matches(terms: Iterable[Term], text: str) -> list[tuple[int, int]]:
    """Where the terms stand in the text as it is: (start, end), sorted, not overlapping; whole words for prefixes."""
    folded = fold(text)
    spans = sorted(span for term in terms for span in _spans(term, folded))
    if spans and not text.isascii():
        origins = list(fold_spans(text))
        spans = [(origins[start][0], origins[end - 1][1]) for start, end in spans]
    return _merge(spans)


def _spans(term: Term, folded: str) -> Iterator[tuple[int, int]]:
    """Each match, not overlapping. The first word is found as a plain string, which is far faster than a pattern that
    begins by looking back."""
    pattern, first = _pattern(term), term.literal.split()[0]
    at = folded.find(first)
    while at >= 0:
        found = pattern.match(folded, at)
        if found:
            yield found.span()
        at = folded.find(first, found.end() if found else at + 1)


def _merge(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


@lru_cache(maxsize=1024)
def _pattern(term: Term) -> re.Pattern[str]:
    words = [_bounded(word, prefix=term.kind == "prefix") for word in term.literal.split()]
    return re.compile(r"[\W_]+".join(words))


def _bounded(literal: str, prefix: bool) -> str:
    """The literal between word boundaries, where its ends are of a script that has them."""
    start = _NOT_BEFORE if re.match(f"{LETTER}|{MARK}", literal) else ""
    end = ""
    if re.match(f"{LETTER}|{MARK}", literal[-1]):
        end = _REST if prefix else _NOT_AFTER
    return f"{start}{re.escape(literal)}{end}"
