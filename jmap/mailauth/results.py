"""The Authentication-Results field: written, read, and taken out where others claim to be us (RFC 8601)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from jmap.mailauth.message import name_of
from jmap.mime.addresses import comment_end, unquote

NAME: Final = b"authentication-results"
LINE: Final = 76
TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~@-]+\Z")
ATOM: Final = re.compile(r"[^\s;=()\"]++")
QUOTED: Final = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.S)
FIELD_START: Final = re.compile(rb"(?<=\n)(?![ \t])")
BLANK_LINE: Final = re.compile(rb"(?:\A|\n)\r?\n")
MAX_VALUE: Final = 255  # characters, as many as a domain may have
MAX_NAME: Final = 100  # characters of a method or property
JOINTS: Final = (".", "/")
UNSAFE: Final = re.compile(r"[^ -~]|[\\\"()]")


@dataclass(frozen=True, slots=True)
class MethodResult:
    """`dkim=pass reason="…" header.d=example.org`; properties as ("header.d", "example.org")."""

    method: str
    result: str
    reason: str = ""
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Results:
    """What one field says; `server` is the authserv-id in lower case."""

    server: str
    methods: tuple[MethodResult, ...]


def build_results(authserv_id: str, methods: Sequence[MethodResult]) -> bytes:
    """The whole field with its line break, folded; ASCII, so that any MTA may carry it."""
    clauses = [" ".join(words_of(method)) for method in methods] or ["none"]
    lines = [f"Authentication-Results: {authserv_id}"]
    for clause in clauses:
        lines[-1] += ";"
        lines += fold(clause)
    return ("\r\n ".join(lines) + "\r\n").encode("ascii", "replace")


def words_of(method: MethodResult) -> Iterable[str]:
    yield f"{method.method}={method.result}"
    if method.reason:
        yield f"reason={valued(method.reason)}"
    for name, value in method.properties:
        if value:
            yield f"{name}={valued(value)}"


def valued(text: str) -> str:
    """A token or a quoted string, with nothing in it that could break out."""
    text = text[:MAX_VALUE]
    return text if TOKEN.match(text) else '"' + UNSAFE.sub("?", text) + '"'


def fold(clause: str) -> list[str]:
    """One clause as lines, broken before its words where it is long."""
    lines: list[str] = []
    for word in clause.split(" "):
        if lines and len(lines[-1]) + len(word) < LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def parse_results(value: bytes) -> Results | None:
    """A field's value (after the colon), best effort; None if it does not even begin with a server."""
    clauses = split_clauses(value.decode("utf-8", "replace"))
    if not clauses or not clauses[0] or clauses[0][0] in ("", "="):
        return None
    methods = [parse_method(words) for words in clauses[1:]]
    return Results(clauses[0][0].partition("/")[0].lower(), tuple(method for method in methods if method))


def split_clauses(text: str) -> list[list[str]]:
    """The words of each clause, comments left out; "=" is a word. What can't be read ends it."""
    clauses: list[list[str]] = [[]]
    position = 0
    while position < len(text):
        char = text[position]
        if char == "(":
            position = comment_end(text, position)
            if position < 0:
                break
        elif char == ";":
            clauses.append([])
            position += 1
        elif match := ATOM.match(text, position) or QUOTED.match(text, position):
            add_word(clauses[-1], unquote(match[1]) if char == '"' else match[0])
            position = match.end()
        elif char == '"':
            break
        else:
            clauses[-1].extend([char] if char == "=" else [])
            position += 1
    return clauses


def add_word(words: list[str], word: str) -> None:
    """A name may have comments around its dot or slash: `policy (c) . (d) expired` is one word (§2.2)."""
    before = words[-1] if words and words[-2:-1] != ["="] else "="
    if before != "=" and len(before) < MAX_NAME and (word.startswith(JOINTS) or before.endswith(JOINTS)):
        words[-1] += word
    else:
        words.append(word)


def parse_method(words: list[str]) -> MethodResult | None:
    """`dkim / 1 = pass reason = x header.d = y`; a version is dropped."""
    pairs = list(pairs_of(words))
    if not pairs:
        return None
    method, result = pairs[0]
    others = pairs[1:]
    reason = next((value for name, value in others if name == "reason"), "")
    properties = tuple((name, value) for name, value in others if "." in name)
    return MethodResult(method.partition("/")[0], result.lower(), reason, properties)


def pairs_of(words: list[str]) -> Iterable[tuple[str, str]]:
    at = 0
    while at < len(words):
        if words[at + 1 : at + 2] == ["="] and at + 2 < len(words):
            yield words[at].lower(), words[at + 2]
            at += 3
        else:
            at += 1


def strip_claims(octets: bytes, authserv_id: str) -> bytes:
    """The message without the Authentication-Results that claim to be ours, and without those that can't be read, for
    somebody else might read our name in them (§5). Bare LF ends a line here, as it may for who reads the message."""
    blank = BLANK_LINE.search(octets)
    end = blank.end() if blank else len(octets)
    head = octets[:end]
    if NAME not in head.lower():
        return octets
    kept = [line for line in FIELD_START.split(head) if not claims(line, authserv_id.lower())]
    return b"".join(kept) + octets[end:]


def claims(line: bytes, authserv_id: str) -> bool:
    if name_of(line) != NAME:
        return False
    found = parse_results(line.partition(b":")[2])
    return found is None or found.server.removesuffix(".") == authserv_id
