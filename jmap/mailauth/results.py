"""The Authentication-Results field: written, read, and taken out where others claim to be us (RFC 8601)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from jmap.mailauth.message import FIELD_BREAK, name_of
from jmap.mime.addresses import comment_end, unquote

NAME: Final = b"authentication-results"
LINE: Final = 76
TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~@-]+\Z")
ATOM: Final = re.compile(r"[^\s;=()\"]++")
QUOTED: Final = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.S)
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
    return text if TOKEN.match(text) else '"' + UNSAFE.sub("?", text[:200]) + '"'


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
    clauses = split_clauses(value.replace(b"\r\n", b"").decode("utf-8", "replace"))
    if not clauses or not clauses[0] or clauses[0][0] in ("", "="):
        return None
    methods = [parse_method(words) for words in clauses[1:]]
    return Results(clauses[0][0].lower(), tuple(method for method in methods if method))


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
            clauses[-1].append(unquote(match[1]) if char == '"' else match[0])
            position = match.end()
        elif char == '"':
            break
        else:
            clauses[-1].extend([char] if char == "=" else [])
            position += 1
    return clauses


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
    somebody else might read our name in them (§5)."""
    head, blank, body = octets.partition(b"\r\n\r\n")
    if NAME not in head.lower():
        return octets
    kept = [line for line in FIELD_BREAK.split(head) if not claims(line, authserv_id.lower())]
    return b"\r\n".join(kept) + blank + body


def claims(line: bytes, authserv_id: str) -> bool:
    if name_of(line) != NAME:
        return False
    found = parse_results(line.partition(b":")[2])
    return found is None or found.server.removesuffix(".") == authserv_id
