"""Text cut into the lexemes of the search index; word_terms.py reads queries the same way.

- A word is a run of letters, digits and their marks, folded (`folding.fold`) and cut at 255 characters.
- Words joined by `. @ _ ' + -` are a compound (an address, a host name, don't): its words stand alone too, and, unless
  only `+` and `-` join it, so does what begins at each of its words, eight words long at most. Thus any part of an
  address that begins at a word is found as a prefix of some lexeme.
- Scripts without spaces (Han, kana, Hangul, Thai, Lao, Khmer, Burmese) give overlapping pairs of characters, and the
  last character of a run alone, so that one character is found as a prefix.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, chain, pairwise

from .folding import EXTENDERS, fold

MAX_LEXEME = 255  # characters; PostgreSQL takes 2 KB
COMPOUND_WORDS = 8

# Field of the message -> prefix of its lexemes, most precious first: the cap cuts the last ones.
FIELDS = {
    "from": "f",
    "to": "t",
    "cc": "c",
    "bcc": "b",
    "subject": "s",
    "attachments": "n",
    "header": "h",
    "body": "y",
}
_MAX_HEADER_NAME = 100

UNSPACED = (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecf\u1000-\u103f\u1050-\u109f\u1100-\u11ff\u1780-\u17d3"
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7fb\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U000323af"
)
LETTER = rf"[^\W_{UNSPACED}]"
MARK = rf"(?:(?![{UNSPACED}])[{EXTENDERS}])"
_WORD = rf"{MARK}*{LETTER}+(?:{MARK}+{LETTER}*)*"
_TOKEN = re.compile(rf"{_WORD}(?:[.@_'+-]{_WORD})*|[{UNSPACED}]+")
_ASCII_TOKEN = re.compile(r"[a-z0-9]+(?:[.@_'+-][a-z0-9]+)*")
_JOINT = re.compile(r"[.@_'+-]")
_TIGHT_JOINT = re.compile(r"[.@_']")
_UNSPACED = re.compile(f"[{UNSPACED}]")


def cut(text: str) -> Iterator[str]:
    """The lexemes of a text in its order, repeated where they are; without field and account."""
    return chain.from_iterable(map(_pieces, tokens(fold(text))))


def tokens(folded: str) -> list[str]:
    """Words, compounds and runs of unspaced script in a folded text."""
    return (_ASCII_TOKEN if folded.isascii() else _TOKEN).findall(folded)


def is_unspaced(char: str) -> bool:
    return _UNSPACED.match(char) is not None


def split_compound(token: str) -> list[str]:
    return _JOINT.split(token)


def compound_runs(token: str) -> list[str]:
    """What is indexed of a compound beside its words: from each word on, at most `COMPOUND_WORDS` words."""
    if not _TIGHT_JOINT.search(token):
        return []
    starts = [0, *(joint.end() for joint in _JOINT.finditer(token))]
    ends = [*(start - 1 for start in starts[1:]), len(token)]
    last = len(ends) - 1
    return [token[start : ends[min(at + COMPOUND_WORDS - 1, last)]] for at, start in enumerate(starts[:-1])]


def _pieces(token: str) -> Iterable[str]:
    if token.isalnum() and (token.isascii() or not is_unspaced(token[0])):
        return (token[:MAX_LEXEME],)
    if is_unspaced(token[0]):
        return [*(first + second for first, second in pairwise(token)), token[-1]]
    return [piece[:MAX_LEXEME] for piece in (*split_compound(token), *compound_runs(token))]


def lexemes(fields: Mapping[str, str | list[str]], cap_bytes: int = 1_000_000, prefix: str = "") -> list[str]:
    """The distinct lexemes of a message, each behind `prefix` (the account) and the letter of its field.

    Keys of `fields` are those of `FIELDS`; `header` holds lines `Name: decoded value`, which give `h<name>:` and
    `h<name>:<word>`. The list ends quietly where its UTF-8 would pass `cap_bytes` (a tsvector holds 1 MB); the body
    comes last and so is cut first.
    """
    found: dict[str, None] = {}
    for field in FIELDS:
        for start, words in _field_words(field, fields.get(field, ())):
            whole = prefix + start
            found.update(dict.fromkeys([whole + word for word in words]))
    return _first_octets(list(found), cap_bytes)


def _first_octets(lexemes: list[str], cap_bytes: int) -> list[str]:
    """As many of them as fit."""
    if sum(map(len, lexemes)) * 4 <= cap_bytes:  # four octets a character at most
        return lexemes
    ends = accumulate(len(lexeme.encode()) for lexeme in lexemes)
    return lexemes[: bisect_right(list(ends), cap_bytes)]


def _field_words(field: str, values: str | Iterable[str]) -> Iterator[tuple[str, Iterable[str]]]:
    """The letter of the field, and words behind it."""
    for value in (values,) if isinstance(values, str) else values:
        if field == "header":
            name, _, value = value.partition(":")
            letter = header_prefix(name)
            yield letter, ("",)
        else:
            letter = FIELDS[field]
        found = dict.fromkeys(tokens(fold(value)))
        # Most tokens are plain words of ASCII: they are told apart without a call for each.
        plain = [token for token in found if token.isascii() and token.isalnum() and len(token) <= MAX_LEXEME]
        yield letter, plain
        if len(plain) < len(found):
            others = found.keys() - set(plain)
            yield letter, chain.from_iterable(_pieces(token) for token in found if token in others)


def header_prefix(name: str) -> str:
    """The lexeme of every message that has this header field, and the prefix of the words in it."""
    return f"h{name.strip().lower()[:_MAX_HEADER_NAME]}:"
