"""Header fields as octets: encoded words (RFC 2047), parameters (RFC 2231), folding (RFC 5322 §2.2.3)."""

import re
from base64 import b64encode
from collections.abc import Iterator
from urllib.parse import quote

_MAX_LINE = 76
_WORD_OCTETS = 42  # 56 characters of base64, so that an encoded word stays below 75
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+\Z")
_LONGEST_WORD = 900  # a line has at most 998 octets (RFC 5322 §2.1.1)
_PARAMETER = 60


def spell_field(name: str, value: str) -> bytes:
    """A whole header field, folded; the value is spelled already. What is not ASCII in it stays so (RFC 6532)."""
    return fold(f"{name}: {value}").encode("utf-8", "replace") + b"\r\n"


def spell_text(text: str) -> str:
    """Unstructured text: as it is where a reader gets the same back, else as encoded words."""
    plain = text.isascii() and "=?" not in text and text == text.strip()
    if plain and max(map(len, text.split(" "))) <= _LONGEST_WORD:
        return text
    return " ".join(encoded_words(text))


def spell_phrase(text: str) -> str:
    """A display name: atoms as they are, other ASCII quoted, the rest as encoded words."""
    text = " ".join(text.split())
    if not text.isascii() or "=?" in text or not text.isprintable() or len(text) > _LONGEST_WORD:
        return " ".join(encoded_words(text))
    if _ATOMS.match(text):
        return text
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'


def encoded_words(text: str) -> Iterator[str]:
    """The text as encoded words of whole characters (RFC 2047 §5)."""
    chunk = b""
    for char in text:
        octets = char.encode("utf-8", "replace")
        if len(chunk) + len(octets) > _WORD_OCTETS:
            yield _encoded_word(chunk)
            chunk = b""
        chunk += octets
    if chunk:
        yield _encoded_word(chunk)


def _encoded_word(octets: bytes) -> str:
    return f"=?utf-8?B?{b64encode(octets).decode()}?="


def fold(line: str) -> str:
    """Break before spaces so that lines stay within 76 characters where they can."""
    if len(line) <= _MAX_LINE:
        return line
    lines, current = [], ""
    for word in re.findall(r" *[^ ]+| +\Z", line):
        if current.strip() and len(current) + len(word) > _MAX_LINE and not current.endswith(":"):
            lines.append(current)
            current = ""
        current += word
    return "\r\n".join([*lines, current])


def spell_parameter(name: str, value: str, parameters: list[tuple[str, str]]) -> bytes:
    """A field with parameters; those that are not short ASCII in the way of RFC 2231."""
    spelled = [piece for key, text in parameters for piece in _spell_one(key, str(text))]
    return (f"{name}: {value}" + "".join(f";\r\n {piece}" for piece in spelled)).encode() + b"\r\n"


def _spell_one(key: str, text: str) -> Iterator[str]:
    if text.isascii() and text.isprintable() and len(text) <= _PARAMETER and "=?" not in text:
        plain = re.fullmatch(r"[A-Za-z0-9!#$&+.^_`{|}~-]+", text)
        yield f"{key}={text}" if plain else key + '="' + re.sub(r'(["\\])', r"\\\1", text) + '"'
        return
    coded = quote(text.encode("utf-8", "replace"), safe="!#$&+.^_`|~-")
    if len(coded) <= _PARAMETER:
        yield f"{key}*=utf-8''{coded}"
        return
    pieces = re.findall(rf"(?:%..|.){{1,{_PARAMETER // 3}}}", coded)
    for at, piece in enumerate(pieces):
        yield f"{key}*{at}*={_charset(at)}{piece}"


def _charset(at: int) -> str:
    return "utf-8''" if at == 0 else ""
