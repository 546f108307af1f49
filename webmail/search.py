"""The search grammar: `from:ana has:attachment -draft (tea OR "two cups")` becomes an Email/query filter.

Nobody is told off for a query: an operator that does not exist, or a value that makes no sense, is searched for as the
text it is, and shown so. Trash and Junk are left out unless `in:` names them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from webmail.mailboxes import Mailbox, Mailboxes

Wire = dict[str, Any]
DEEPEST = 15  # brackets within brackets; what lies deeper is text
TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<minus>-)(?=[^\s)-])|(?P<or>OR)(?=[\s()]|$)
    |(?P<name>[^\W\d][\w-]{0,30}):(?P<value>"[^"]*"?|[^\s()"]+)|(?P<phrase>"[^"]*"?)|(?P<word>[^\s()"]+))""",
    re.X,
)
SIZE = re.compile(r"(\d{1,12})\s*([kmg]?)b?\Z", re.I)
AGE = re.compile(r"(\d{1,4})([dwmy])\Z", re.I)
UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
STATES: dict[str, Wire] = {
    "unread": {"notKeyword": "$seen"},
    "read": {"hasKeyword": "$seen"},
    "starred": {"hasKeyword": "$flagged"},
    "unstarred": {"notKeyword": "$flagged"},
    "replied": {"hasKeyword": "$answered"},
    "forwarded": {"hasKeyword": "$forwarded"},
    "draft": {"hasKeyword": "$draft"},
}


class Nonsense(ValueError):  # noqa: N818
    """The value does not suit the operator."""


@dataclass(frozen=True)
class Chip:
    """A term as the searcher wrote it, and the query without it."""

    text: str
    is_operator: bool
    without: str


@dataclass(frozen=True)
class Search:
    filter: Wire
    chips: list[Chip]


@dataclass(frozen=True)
class Token:
    kind: str  # open, close, minus, or, operator, text
    text: str
    name: str
    value: str
    start: int
    end: int


def read_search(words: str, mailboxes: Mailboxes) -> Search:
    """What to ask for, and what to show of it."""
    reader = Reader(list(tokens(words)), mailboxes)
    terms = reader.read_all()
    left_out = [id for id in mailboxes.ids_with_roles("trash", "junk") if id not in reader.named]
    conditions = [*(term.wire for term in terms), *([{"inMailboxOtherThan": left_out}] if left_out else [])]
    return Search(joined("AND", conditions), [chip(words, term) for term in terms])


def tokens(words: str) -> Iterator[Token]:
    for match in TOKEN.finditer(words):
        kind = str(match.lastgroup)
        start, end = match.start() + len(match[0]) - len(match[0].lstrip()), match.end()
        kind = {"value": "operator", "name": "operator", "phrase": "text", "word": "text"}.get(kind, kind)
        yield Token(kind, words[start:end], (match["name"] or "").lower(), match["value"] or "", start, end)


@dataclass(frozen=True)
class Term:
    """A piece of the query and its filter."""

    wire: Wire
    start: int
    end: int
    is_operator: bool


class Reader:
    """Recursive descent over the tokens: OR binds less than standing side by side, as in Gmail's grammar: `a b OR c`
    means a and (b or c)."""

    def __init__(self, tokens: list[Token], mailboxes: Mailboxes) -> None:
        self.tokens, self.mailboxes = tokens, mailboxes
        self.at = self.depth = 0
        self.named: set[str] = set()  # the mailboxes that `in:` speaks of

    def peek(self) -> str:
        return self.tokens[self.at].kind if self.at < len(self.tokens) else ""

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def read_all(self) -> list[Term]:
        """Every term of the query; a bracket that closes nothing is passed over."""
        found = self.read_terms()
        while self.peek():
            self.take()
            found += self.read_terms()
        return found

    def read_terms(self) -> list[Term]:
        found: list[Term] = []
        while self.peek() not in ("", "close"):
            if self.peek() == "or":
                self.take()
                if found and (term := self.read_term()):
                    found.append(either(found.pop(), term))
            elif term := self.read_term():
                found.append(term)
        return found

    def read_term(self) -> Term | None:
        """One term; None where there is nothing (empty brackets, a minus before nothing)."""
        if self.peek() in ("", "close", "or"):
            return None
        token = self.take()
        if token.kind == "minus":
            term = self.read_term()
            return Term(joined("NOT", [term.wire]), token.start, term.end, True) if term else None
        if token.kind == "open":
            return self.read_bracket(token)
        return self.term_of(token)

    def read_bracket(self, opening: Token) -> Term | None:
        if self.depth >= DEEPEST:
            return None
        self.depth += 1
        inner = self.read_terms()
        self.depth -= 1
        end = self.take().end if self.peek() == "close" else self.tokens[self.at - 1].end
        return Term(joined("AND", [term.wire for term in inner]), opening.start, end, True) if inner else None

    def term_of(self, token: Token) -> Term:
        try:
            wire = OPERATORS[token.name](token.value.strip('"'), self.mailboxes)
            if token.name == "in":
                self.named |= {wire["inMailbox"]} if "inMailbox" in wire else {each.id for each in self.mailboxes.tree}
            return Term(wire, token.start, token.end, True)
        except (KeyError, Nonsense):
            return Term({"text": closed(token.text)}, token.start, token.end, False)


def either(one: Term, other: Term) -> Term:
    return Term(joined("OR", [one.wire, other.wire]), one.start, other.end, True)


def joined(operator: str, conditions: list[Wire]) -> Wire:
    if operator != "NOT" and len(conditions) == 1:
        return conditions[0]
    return {"operator": operator, "conditions": conditions}


def chip(words: str, term: Term) -> Chip:
    without = " ".join((words[: term.start] + " " + words[term.end :]).split())
    return Chip(words[term.start : term.end], term.is_operator, without)


def closed(text: str) -> str:
    """Quotes that were left open while typing are closed, for a phrase needs two (RFC 8621 §4.4.1)."""
    return text + '"' if text.count('"') % 2 else text


# The operators: each makes a filter of its value, or raises Nonsense.


def words_in(name: str) -> Callable[[str, Mailboxes], Wire]:
    """Words in one field; a value in quotes is a phrase."""
    return lambda value, _: {name: f'"{value}"' if " " in value else value}


def in_mailbox(value: str, mailboxes: Mailboxes) -> Wire:
    """By role or name; `in:anywhere` is everywhere, Trash and Junk too."""
    if value.casefold() in ("anywhere", "all"):
        return {"operator": "AND", "conditions": []}
    return {"inMailbox": named(value, mailboxes).id}


def named(value: str, mailboxes: Mailboxes) -> Mailbox:
    wanted = value.casefold()
    found = [each for each in mailboxes.tree if wanted in (each.role, each.name.casefold(), each.id)]
    if not found:
        raise Nonsense(value)
    return found[0]


def labelled(value: str, mailboxes: Mailboxes) -> Wire:
    """A mailbox is a label that mail can have several of; a keyword is one too."""
    try:
        return {"inMailbox": named(value, mailboxes).id}
    except Nonsense:
        if not re.fullmatch(r"[\x21-\x7e]{1,255}", value) or re.search(r'[()\]{%*"\\]', value):
            raise
        return {"hasKeyword": value.lower()}


def in_state(value: str, mailboxes: Mailboxes) -> Wire:
    if value.lower() not in STATES:
        raise Nonsense(value)
    return STATES[value.lower()]


def having(value: str, mailboxes: Mailboxes) -> Wire:
    if value.lower() not in ("attachment", "attachments"):
        raise Nonsense(value)
    return {"hasAttachment": True}


def by_size(name: str) -> Callable[[str, Mailboxes], Wire]:
    def make(value: str, mailboxes: Mailboxes) -> Wire:
        match = SIZE.match(value)
        if not match:
            raise Nonsense(value)
        return {name: min(int(match[1]) * UNITS[match[2].lower()], 2**53 - 1)}

    return make


def by_date(name: str, *, days_later: int = 0) -> Callable[[str, Mailboxes], Wire]:
    """A day (2026-03-01), a month or a year, as of its beginning where the reader is."""

    def make(value: str, mailboxes: Mailboxes) -> Wire:
        parts = value.replace("/", "-").split("-")
        try:
            year, month, day = (int(part) for part in [*parts, "1", "1"][:3])
            first = date(year, month, day) + timedelta(days=days_later)
            return {name: utc(timezone.make_aware(datetime.combine(first, time())))}
        except (ValueError, OverflowError):
            raise Nonsense(value) from None

    return make


def by_age(name: str) -> Callable[[str, Mailboxes], Wire]:
    """`7d`, `2w`, `3m`, `1y` before now."""

    def make(value: str, mailboxes: Mailboxes) -> Wire:
        match = AGE.match(value)
        if not match:
            raise Nonsense(value)
        try:
            return {name: utc(timezone.now() - timedelta(days=int(match[1]) * DAYS[match[2].lower()]))}
        except OverflowError:
            raise Nonsense(value) from None

    return make


def utc(moment: datetime) -> str:
    return moment.astimezone(timezone.get_fixed_timezone(0)).strftime("%Y-%m-%dT%H:%M:%SZ")


OPERATORS: dict[str, Callable[[str, Mailboxes], Wire]] = {
    **{name: words_in(name) for name in ("from", "to", "cc", "bcc", "subject", "body")},
    "in": in_mailbox,
    "label": labelled,
    "is": in_state,
    "has": having,
    "filename": words_in("attachmentName"),
    "larger": by_size("minSize"),
    "smaller": by_size("maxSize"),
    "before": by_date("before"),
    "after": by_date("after"),
    "older_than": by_age("before"),
    "newer_than": by_age("after"),
    "list": lambda value, _: {"header": ["List-Id", value]},
}
