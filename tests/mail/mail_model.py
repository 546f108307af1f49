"""A plain model of two mail accounts, against which the server is played: no SQL, no MIME, nothing shared with it."""

import random
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from jmap.client import Client
from tests.fixtures.accounts import Person

Wire = dict[str, Any]
SUBJECTS = ["Lunch", "Report", "Ünicode", "zebra", "Apple pie"]
SENDERS = [("Ann", "ann@a.test"), ("bob", "bob@b.test"), ("Çelik", "c@c.test"), ("", "dora@d.test")]
WORDS = ["kiwi", "mango", "papaya", "quince"]
KEYWORDS = ["$seen", "$flagged", "$draft", "$answered", "work", "custom-1"]
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Mail:
    """One email of the model; `id` is learned from the server, which may give it a new one when threads merge."""

    uid: str
    message_ids: frozenset[str]
    subject: str
    sender: tuple[str, str]
    words: frozenset[str]
    size: int
    sent_at: datetime
    received_at: datetime
    attachment: bool
    mailboxes: set[str]
    keywords: set[str]
    thread: int = 0
    id: str = ""
    raw: bytes = b""

    @property
    def number(self) -> int:
        return int(self.id[1:])


@dataclass
class Side:
    """One account, the server's and the model's."""

    person: Person
    mails: dict[str, Mail] = field(default_factory=dict)
    mailboxes: list[str] = field(default_factory=list)
    threads: int = 0

    @property
    def jmap(self) -> Client:
        return self.person.jmap

    def thread_of(self, mail: Mail) -> list[Mail]:
        return [other for other in self.mails.values() if other.thread == mail.thread]

    def add(self, mail: Mail) -> None:
        """RFC 8621 §3: a shared message id and the same base subject make a thread; a link joins threads."""
        linked = {
            other.thread
            for other in self.mails.values()
            if other.subject == mail.subject and other.message_ids & mail.message_ids
        }
        self.threads += 1
        mail.thread = self.threads
        for other in self.mails.values():
            if other.thread in linked:
                other.thread = mail.thread
        self.mails[mail.uid] = mail


def make_message(rng: random.Random, uid: str, known: list[str]) -> Mail:
    """A message that may answer some of those known."""
    references = rng.sample(known, min(len(known), rng.choice([0, 0, 1, 1, 2])))
    subject, sender = rng.choice(SUBJECTS), rng.choice(SENDERS)
    words = frozenset(rng.sample(WORDS, rng.randint(0, 2)))
    sent_at = START + timedelta(hours=rng.randint(0, 50))
    attachment = rng.random() < 0.3
    raw = render(uid, references, rng.choice(["", "Re: "]) + subject, sender, words, sent_at, attachment)
    return Mail(
        uid, frozenset([f"{uid}@x", *references]), subject, sender, words, len(raw), sent_at,
        START + timedelta(minutes=rng.randint(0, 300)), attachment, set(), set(), raw=raw,
    )  # fmt: skip


def render(
    uid: str, references: list[str], subject: str, sender: tuple[str, str], words: frozenset[str], sent_at: datetime,
    attachment: bool,
) -> bytes:  # fmt: skip
    name, email = sender
    lines = [
        f"Message-ID: <{uid}@x>",
        f"X-Uid: {uid}",
        f"From: {name} <{email}>" if name else f"From: {email}",
        f"Subject: {subject}",
        f"Date: {sent_at:%a, %d %b %Y %H:%M:%S} +0000",
    ]
    if references:
        lines.append("References: " + " ".join(f"<{id}>" for id in references))
    body = " ".join(sorted(words)) + " the end"
    if attachment:
        lines += ["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b", "", "--b", "", body, "--b"]
        body = "Content-Type: application/pdf\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--"
    return "\r\n".join([*lines, "", body] if not attachment else [*lines, body]).encode()


def evaluate(side: Side, mail: Mail, filter: Wire | None) -> bool:
    """Whether a mail matches, read straight from RFC 8621 §4.4.1."""
    if filter is None:
        return True
    if "operator" in filter:
        found = [evaluate(side, mail, condition) for condition in filter["conditions"]]
        return {"AND": all(found), "OR": any(found), "NOT": not any(found)}[filter["operator"]]
    return all(matches(side, mail, name, value) for name, value in filter.items())


def matches(side: Side, mail: Mail, name: str, value: Any) -> bool:
    thread = side.thread_of(mail)
    text = f"{mail.sender[0]} {mail.sender[1]} {mail.subject} {' '.join(mail.words)}".lower()
    answers: dict[str, Callable[[], bool]] = {
        "inMailbox": lambda: value in mail.mailboxes,
        "inMailboxOtherThan": lambda: bool(mail.mailboxes - set(value)),
        "before": lambda: mail.received_at < datetime.fromisoformat(value),
        "after": lambda: mail.received_at >= datetime.fromisoformat(value),
        "minSize": lambda: mail.size >= value,
        "maxSize": lambda: mail.size < value,
        "hasAttachment": lambda: mail.attachment is value,
        "hasKeyword": lambda: value in mail.keywords,
        "notKeyword": lambda: value not in mail.keywords,
        "allInThreadHaveKeyword": lambda: all(value in other.keywords for other in thread),
        "someInThreadHaveKeyword": lambda: any(value in other.keywords for other in thread),
        "noneInThreadHaveKeyword": lambda: not any(value in other.keywords for other in thread),
        "text": lambda: value in text,
        "subject": lambda: value in mail.subject.lower(),
        "from": lambda: value in f"{mail.sender[0]} {mail.sender[1]}".lower(),
        "body": lambda: value in mail.words,
        "header": lambda: value[0].lower() in ("x-uid", "from") and (len(value) == 1 or value[1] == mail.uid),
    }
    return answers[name]()


def sort_value(side: Side, mail: Mail, comparator: Wire) -> Any:
    """The value that a mail sorts by (RFC 8621 §4.4.2)."""
    thread = side.thread_of(mail)
    word = comparator.get("keyword")
    text = {"from": mail.sender[0] or mail.sender[1], "to": "", "subject": mail.subject}.get(comparator["property"])
    if text is not None:
        folded = {"i;octet": text, "i;ascii-casemap": ascii_upper(text)}.get(comparator.get("collation", ""))
        return casemap(text) if folded is None else folded
    values: dict[str, Callable[[], Any]] = {
        "receivedAt": lambda: mail.received_at,
        "sentAt": lambda: mail.sent_at,
        "size": lambda: mail.size,
        "hasKeyword": lambda: word in mail.keywords,
        "allInThreadHaveKeyword": lambda: all(word in other.keywords for other in thread),
        "someInThreadHaveKeyword": lambda: any(word in other.keywords for other in thread),
    }
    return values[comparator["property"]]()


def ascii_upper(text: str) -> str:
    return "".join(letter.upper() if letter.isascii() else letter for letter in text)


def casemap(text: str) -> str:
    return unicodedata.normalize("NFKD", text.upper())


def run_query(side: Side, query: Wire) -> list[str]:
    """The ids that the query must find, in order."""
    found = [mail for mail in side.mails.values() if evaluate(side, mail, query.get("filter"))]
    comparators = query.get("sort") or [{"property": "receivedAt", "isAscending": False}]
    found.sort(key=lambda mail: mail.number, reverse=not comparators[-1].get("isAscending", True))
    for comparator in reversed(comparators):
        ascending = comparator.get("isAscending", True)
        found.sort(key=lambda mail, by=comparator: sort_value(side, mail, by), reverse=not ascending)  # type: ignore[misc]
    if not query.get("collapseThreads"):
        return [mail.id for mail in found]
    firsts: dict[int, str] = {}
    for mail in found:
        firsts.setdefault(mail.thread, mail.id)
    return list(firsts.values())


def random_filter(rng: random.Random, side: Side, depth: int = 0) -> Wire:
    if depth < 2 and rng.random() < 0.35:
        conditions = [random_filter(rng, side, depth + 1) for _ in range(rng.randint(0, 3))]
        return {"operator": rng.choice(["AND", "OR", "NOT"]), "conditions": conditions}
    choices: Wire = {
        "inMailbox": lambda: rng.choice(side.mailboxes),
        "inMailboxOtherThan": lambda: rng.sample(side.mailboxes, 2),
        "before": lambda: instant(rng),
        "after": lambda: instant(rng),
        "minSize": lambda: rng.randint(100, 400),
        "maxSize": lambda: rng.randint(100, 400),
        "hasAttachment": lambda: rng.random() < 0.5,
        **{
            name: lambda: rng.choice(KEYWORDS)
            for name in (
                "hasKeyword", "notKeyword", "allInThreadHaveKeyword", "someInThreadHaveKeyword",
                "noneInThreadHaveKeyword",
            )
        },
        "text": lambda: rng.choice([*WORDS, "lunch", "ann", "report"]),
        "subject": lambda: rng.choice(["lunch", "apple", "kiwi"]),
        "from": lambda: rng.choice(["ann", "dora", "nobody"]),
        "body": lambda: rng.choice(WORDS),
        "header": lambda: rng.choice([["X-Uid"], ["x-uid", "u3"], ["X-None"]]),
    }  # fmt: skip
    return {name: choices[name]() for name in rng.sample(sorted(choices), rng.choice([1, 1, 2]))}


def instant(rng: random.Random) -> str:
    return (START + timedelta(minutes=rng.randint(0, 300))).strftime("%Y-%m-%dT%H:%M:%SZ")


def random_sort(rng: random.Random) -> list[Wire]:
    names = ["receivedAt", "sentAt", "size", "from", "to", "subject", "hasKeyword", "allInThreadHaveKeyword",
             "someInThreadHaveKeyword"]  # fmt: skip
    comparators = []
    for name in rng.sample(names, rng.randint(0, 3)):
        comparator: Wire = {"property": name, "isAscending": rng.random() < 0.5}
        if name.endswith("Keyword"):
            comparator["keyword"] = rng.choice(KEYWORDS)
        if name in ("from", "subject") and rng.random() < 0.7:
            comparator["collation"] = rng.choice(["i;octet", "i;ascii-casemap", "i;unicode-casemap"])
        comparators.append(comparator)
    return comparators


def random_query(rng: random.Random, side: Side) -> Wire:
    query: Wire = {"sort": random_sort(rng), "collapseThreads": rng.random() < 0.5}
    if rng.random() < 0.85:
        query["filter"] = random_filter(rng, side)
    return query
