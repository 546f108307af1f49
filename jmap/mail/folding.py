"""Text folded for search: compatibility forms, case and accents no longer tell two texts apart.

Folding goes cluster by cluster (a character with the marks after it), so that a place in the folded text can be led
back to the place in the original one.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_ZERO_WIDTH_SPACE = "\u200b"
# What Unicode does not decompose, but people who lack the key type plainly; and one apostrophe for all.
_PLAIN = {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŧ": "t"}
_PLAIN |= {"\u2019": "'", "\u02bc": "'", "\u0640": "", _ZERO_WIDTH_SPACE: " "}
# Where Unicode keeps its marks: the long rows of Han, Hangul, Tangut and hieroglyphs have none.
_MARKED = (
    *range(0x80, 0x3400),
    *range(0xA000, 0xAC00),
    *range(0xD7B0, 0xD7FC),
    *range(0xFB00, 0x12000),
    *range(0x13430, 0x13460),
    *range(0x16A00, 0x17000),
    *range(0x1BC00, 0x1BD00),
    *range(0x1CF00, 0x1EA00),
    *range(0xE0000, 0xE01F0),
)


def _extends(char: str) -> bool:
    jamo = "\u1160" <= char <= "\u11ff"
    return jamo or (char != _ZERO_WIDTH_SPACE and unicodedata.category(char) in {"Mn", "Mc", "Me", "Cf"})


def _extenders() -> str:
    """The inside of a regular expression's character class: what joins the character before it."""
    ranges: list[list[int]] = []
    for code in _MARKED:
        if _extends(chr(code)):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges)


EXTENDERS = _extenders()
_CLUSTER = re.compile(f"(?s:.)[{EXTENDERS}]*")
_EXTENDER = re.compile(f"[{EXTENDERS}]")
_BEYOND_ASCII = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")  # with the character that a mark at its start extends
_EXTENDED = re.compile(f"(?s:.)[{EXTENDERS}]+")


def _is_accent(char: str) -> bool:
    """Marks that a reader may leave out. Vowel signs, viramas, nuktas and kana voicing marks make another letter."""
    combining = unicodedata.combining(char)
    if combining:
        return combining == 1 or 10 <= combining <= 36 or combining >= 200
    selector = "\ufe00" <= char <= "\ufe0f" or char >= "\U000e0100"
    return selector or unicodedata.category(char) in {"Me", "Cf"}


def _fold_once(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = "".join(_PLAIN.get(char, char) for char in decomposed if char in _PLAIN or not _is_accent(char))
    return unicodedata.normalize("NFC", kept)


@lru_cache(maxsize=65536)
def fold_cluster(cluster: str) -> str:
    """Fold one character and the marks after it, until folding changes nothing more."""
    if cluster.isascii():
        return cluster.lower()
    for _ in range(4):
        folded = "".join(map(_fold_once, _fold_once(cluster)))
        if folded == cluster:
            break
        cluster = folded
    return cluster


class _Folds(dict[int, str]):
    def __missing__(self, code: int) -> str:
        folded = self[code] = fold_cluster(chr(code))
        return folded


_FOLDS = _Folds()  # at most one entry per character of Unicode


def fold(text: str) -> str:
    """The text as search compares it: NFKC, case folded, accents gone. Idempotent."""
    if text.isascii():
        return text.lower()
    # Latin text is ASCII but for a letter here and there: what is ASCII is folded by the octet, the rest apart.
    text = text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
    return _BEYOND_ASCII.sub(_fold_run, text)


def _fold_run(found: re.Match[str]) -> str:
    text = found[0]
    if _EXTENDER.search(text):
        text = _EXTENDED.sub(lambda found: fold_cluster(found[0]), text)
    return text.translate(_FOLDS)


def fold_spans(text: str) -> Iterator[tuple[int, int]]:
    """For each character of `fold(text)`: start and end in `text` of what it came from."""
    for cluster in _CLUSTER.finditer(text):
        for _ in fold_cluster(cluster[0]):
            yield cluster.span()
