"""Made-up mail for measurements: the same seed gives the same octets, message by message, of about 10 KB each."""

import base64
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import Header
from functools import cache
from itertools import accumulate

from bench.wordstock import LANGUAGES, NAMES, SHARES, SURNAMES, SYLLABLES

NEWEST = datetime(2026, 1, 1, tzinfo=UTC)
VOCABULARY = 30_000
SHARE_RARE = 4  # messages that have the same rare word
_REPLIES = 0.3
_RECENT = 300  # messages that may still be answered
_KEYWORDS = (("$seen", 0.85), ("$answered", 0.2), ("$flagged", 0.03), ("$forwarded", 0.02))


@dataclass(frozen=True, slots=True)
class Mail:
    raw: bytes
    received_at: datetime
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sent:
    message_id: str
    references: tuple[str, ...]
    subject: str
    language: str


class Vocabulary:
    """Words of one language, the n-th about 1/n times as frequent as the first."""

    def __init__(self, language: str, chance: random.Random) -> None:
        syllables = SYLLABLES[language]
        made = ("".join(chance.choices(syllables, k=2 + chance.randrange(3))) for _ in range(4 * VOCABULARY))
        self.words = list(dict.fromkeys(made))[:VOCABULARY]
        self._weights = list(accumulate(1 / (rank + 3) for rank in range(len(self.words))))

    def draw(self, chance: random.Random, count: int) -> list[str]:
        return chance.choices(self.words, cum_weights=self._weights, k=count)


@cache
def vocabularies(seed: int) -> dict[str, Vocabulary]:
    return {language: Vocabulary(language, random.Random(f"{seed}{language}")) for language in LANGUAGES}


def common_words(seed: int) -> list[str]:
    """Words that most messages in English have."""
    return vocabularies(seed)["en"].words[:40]


def rare_word(number: int) -> str:
    """A word that `SHARE_RARE` messages have, of which message `number` is one."""
    return f"zq{number // SHARE_RARE * 7919 % 1_000_003:x}xv"


def generate(count: int, seed: int = 1) -> Iterator[Mail]:
    """`count` messages, oldest first, the newest of `NEWEST`; 30 % answer an earlier one."""
    chance = random.Random(seed)
    words = vocabularies(seed)
    recent: deque[_Sent] = deque(maxlen=_RECENT)
    for number in range(count):
        received_at = NEWEST - timedelta(minutes=7 * (count - number), seconds=chance.randrange(400))
        parent = chance.choice(recent) if recent and chance.random() < _REPLIES else None
        sent = _sending(number, seed, parent, words, chance)
        raw = _message(number, sent, received_at, words[sent.language], chance)
        recent.append(sent)
        yield Mail(raw, received_at, tuple(word for word, share in _KEYWORDS if chance.random() < share))


def _sending(
    number: int, seed: int, parent: _Sent | None, words: dict[str, Vocabulary], chance: random.Random
) -> _Sent:
    message_id = f"<{seed}.{number}@bench.example>"
    if parent:
        subject = parent.subject if parent.subject.startswith("Re: ") else f"Re: {parent.subject}"
        return _Sent(message_id, (*parent.references[-9:], parent.message_id), subject, parent.language)
    language = chance.choices(LANGUAGES, SHARES)[0]
    title = " ".join(words[language].draw(chance, 3 + chance.randrange(5))).capitalize()
    return _Sent(message_id, (), f"{title} {number}", language)


def _message(number: int, sent: _Sent, moment: datetime, words: Vocabulary, chance: random.Random) -> bytes:
    paragraphs = [" ".join(words.draw(chance, 40 + chance.randrange(90))) for _ in range(2 + chance.randrange(6))]
    paragraphs[-1] += f" {rare_word(number)}"
    body = _alternative(paragraphs)
    if chance.random() < 0.12:
        body = _mixed(body, number, chance)
    head = [
        f"Received: from mx{number % 9}.example by mail.example with ESMTPS; {_date(moment)}",
        f"From: {_address(chance)}",
        f"To: {_address(chance)}",
        *([f"Cc: {_address(chance)}, {_address(chance)}"] if chance.random() < 0.2 else []),
        f"Subject: {_encoded(sent.subject)}",
        f"Date: {_date(moment)}",
        f"Message-ID: {sent.message_id}",
        *([f"In-Reply-To: {sent.references[-1]}"] if sent.references else []),
        *(["References: " + "\r\n ".join(sent.references)] if sent.references else []),
        "MIME-Version: 1.0",
    ]
    return "\r\n".join([*head, body]).encode()


def _address(chance: random.Random) -> str:
    name, surname = chance.choice(NAMES), chance.choice(SURNAMES)
    local = f"{name}.{surname}".lower().replace("ü", "ue")
    return f"{_encoded(f'{name} {surname}')} <{local}@{surname.lower().replace('ü', 'ue')}.example>"


def _encoded(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=70).encode(linesep="\r\n")


def _date(moment: datetime) -> str:
    return moment.strftime("%a, %d %b %Y %H:%M:%S +0000")


def _alternative(paragraphs: list[str]) -> str:
    text = "\n\n".join(paragraphs)
    html = "".join(f'<p style="margin:0 0 12px;font:15px/1.5 sans-serif">{each}</p>\n' for each in paragraphs)
    style = '<meta charset="utf-8"><style>p{color:#222}</style>'
    html = f"<!doctype html><html><head>{style}</head><body>{html}</body></html>"
    parts = (_text_part("plain", text), _text_part("html", html))
    inner = "".join(f"--alternative\r\n{part}\r\n" for part in parts)
    return f'Content-Type: multipart/alternative; boundary="alternative"\r\n\r\n{inner}--alternative--\r\n'


def _text_part(subtype: str, text: str) -> str:
    wrapped = text.encode()
    encoding, content = ("base64", _base64(wrapped)) if not text.isascii() else ("7bit", _wrapped(text))
    return f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{content}"


def _wrapped(text: str) -> str:
    """Lines of some 80 characters, broken at spaces."""
    lines: list[str] = []
    for line in text.split("\n"):
        while len(line) > 90 and (at := line.find(" ", 78)) > 0:
            lines.append(line[:at])
            line = line[at + 1 :]
        lines.append(line)
    return "\r\n".join(lines)


def _mixed(body: str, number: int, chance: random.Random) -> str:
    content = _base64(chance.randbytes(3000 + chance.randrange(30_000)))
    attachment = (
        f'Content-Type: application/pdf; name="report-{number}.pdf"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="report-{number}.pdf"\r\n\r\n{content}'
    )
    inner = f"--mixed\r\n{body}\r\n--mixed\r\n{attachment}\r\n"
    return f'Content-Type: multipart/mixed; boundary="mixed"\r\n\r\n{inner}--mixed--\r\n'


def _base64(content: bytes) -> str:
    return base64.encodebytes(content).decode().replace("\n", "\r\n")
