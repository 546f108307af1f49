"""Address lists (RFC 5322 §3.4) in the Addresses and GroupedAddresses forms, best effort (RFC 8621 §4.1.2.3, §4.1.2.4).

Read once from left to right. What is never closed (a quote, a comment, an angle) is taken as ordinary text, and from
then on no other of its kind is looked for, so that time stays linear.
"""

import re
from dataclasses import dataclass, field

from jmap.mime.encoded_words import decode_text

EmailAddress = dict[str, str | None]  # {"name": str | None, "email": str}
_SPACE = re.compile(r"[\s\x00]++")
_ATOM = re.compile(r"[^\s\x00\"<>,;:()\[\]]++")
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.S)
_ANGLE = re.compile(r'<((?:"(?:[^"\\]++|\\.)*+"|[^">])*+)>', re.S)
_LITERAL = re.compile(r"\[[^\[\]\s]*+\]")
_PARENTHESIS = re.compile(r"[()\\]")
_QUOTED_OR_COMMENT = re.compile(r'"(?:[^"\\]++|\\.)*+"|\(', re.S)
_ESCAPE = re.compile(r"\\(.)", re.S)
_FREE_SPACE = re.compile(r'("(?:[^"\\]++|\\.)*+")|\s++', re.S)
_ROUTE = re.compile(r"@[^:\"]*+:")


@dataclass(slots=True)
class _Word:
    raw: str
    value: str
    spaced: bool  # white space came before


@dataclass(slots=True)
class Group:
    """The addresses of one group; `name` is None for addresses outside any group."""

    name: str | None
    addresses: list[EmailAddress] = field(default_factory=list)


def comment_end(text: str, start: int) -> int:
    """The offset after the comment that begins at `start`, or -1 if it never ends."""
    depth, position = 0, start
    while match := _PARENTHESIS.search(text, position):
        position = match.end()
        if match[0] == "\\":
            position += 1
        else:
            depth += 1 if match[0] == "(" else -1
            if not depth:
                return position
    return -1


def unquote(text: str) -> str:
    """The content of a quoted string or comment with its quoted pairs decoded."""
    return _ESCAPE.sub(r"\1", text) if "\\" in text else text


def parse_groups(text: str) -> list[Group]:
    """Unfolded text as groups of addresses, in order; consecutive addresses outside a group share one."""
    return _Reader(text).read()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.groups: list[Group] = []
        self.open: Group | None = None
        self.unclosed: set[str] = set()
        self._clear()

    def _clear(self) -> None:
        self.words: list[_Word] = []
        self.angle: str | None = None
        self.comment: str | None = None
        self.spaced = False

    def read(self) -> list[Group]:
        position, end = 0, len(self.text)
        while position < end:
            position = self._step(position)
        self._finish_address()
        return self.groups

    def _step(self, position: int) -> int:
        text, char = self.text, self.text[position]
        if match := _ATOM.match(text, position):
            self._add(match[0], match[0])
        elif match := _SPACE.match(text, position):
            self.spaced = True
        elif char in '"(<[' and char not in self.unclosed:
            return self._enclosed(char, position)
        else:
            self._punctuation(char)
            return position + 1
        return match.end()

    def _add(self, raw: str, value: str) -> None:
        self.words.append(_Word(raw, value, self.spaced))
        self.spaced = False

    def _enclosed(self, char: str, position: int) -> int:
        if char == "(":
            return self._comment(position)
        pattern = {'"': _QUOTED, "<": _ANGLE, "[": _LITERAL}[char]
        match = pattern.match(self.text, position)
        if not match:
            if char != "[":
                self.unclosed.add(char)
            return self._unclosed(char, position)
        if char == "<" and self.angle is None:
            self.angle = match[1]
            self.spaced = False
        elif char != "<":
            self._add(match[0], unquote(match[1]) if char == '"' else match[0])
        return match.end()

    def _unclosed(self, char: str, position: int) -> int:
        if char == "[":
            self._add(char, char)
        elif char == "<":
            self.spaced = True
        return position + 1

    def _comment(self, position: int) -> int:
        end = comment_end(self.text, position)
        if end < 0:
            self.unclosed.add("(")
            self._add("(", "(")
            return position + 1
        if self.comment is None and (self.words or self.angle is not None):
            self.comment = unquote(self.text[position + 1 : end - 1])
        self.spaced = True
        return end

    def _punctuation(self, char: str) -> None:
        if char == ",":
            self._finish_address()
        elif char == ";":
            self._finish_address()
            self.open = None
        elif char == ":" and self._names_group():
            self.open = Group(_phrase(self.words))
            self.groups.append(self.open)
            self._clear()
        elif char not in '<>"':
            self._add(char, char)

    def _names_group(self) -> bool:
        return self.open is None and self.angle is None and not any("@" in word.raw for word in self.words)

    def _finish_address(self) -> None:
        address = self._address()
        self._clear()
        if address is None:
            return
        if self.open is None:
            if not self.groups or self.groups[-1].name is not None or self.groups[-1] is self.open:
                self.groups.append(Group(None))
            self.groups[-1].addresses.append(address)
        else:
            self.open.addresses.append(address)

    def _address(self) -> EmailAddress | None:
        name: str | None = None
        if self.angle is not None:
            email, name = _addr_spec(self.angle), _phrase(self.words)
        elif not self.words:
            return None
        else:
            email, name = _bare_address(self.words)
        if name is None and self.comment is not None:
            name = decode_text(self.comment).strip() or None
        return {"name": name, "email": email} if email or name else None


def _phrase(words: list[_Word]) -> str | None:
    text = "".join((" " if word.spaced else "") + word.value for word in words)
    return decode_text(text.strip()).strip() or None


def _addr_spec(text: str) -> str:
    """What stands between angle brackets without white space, comments and source route."""
    if "(" in text:
        text = _without_comments(text)
    text = _FREE_SPACE.sub(lambda match: match[1] or "", text)
    route = _ROUTE.match(text)
    return decode_text((text[route.end() :] if route else text).replace("\0", ""))


def _without_comments(text: str) -> str:
    kept, position, after = [], 0, 0
    while match := _QUOTED_OR_COMMENT.search(text, position):
        position = match.end()
        if match[0] == "(":
            position = comment_end(text, match.start())
            if position < 0:
                break
            kept.append(text[after : match.start()])
            after = position
    return "".join(kept) + text[after:]


def _belongs_to(before: _Word, word: _Word) -> bool:
    """Whether two words are one address: white space may stand around "@" and "." (RFC 5322 §4.4)."""
    return not word.spaced or word.raw.startswith(("@", ".")) or before.raw.endswith("@") or before.raw == "."


def _bare_address(words: list[_Word]) -> tuple[str, str | None]:
    """The address, and a name if other words stand around it, of an item without angle brackets."""
    joined: list[list[_Word]] = []
    for word in words:
        if joined and _belongs_to(joined[-1][-1], word):
            joined[-1].append(word)
        else:
            joined.append([word])
    with_at = [item for item in joined if any("@" in word.raw for word in item)]
    if not with_at:
        return _phrase(words) or "", None
    chosen = with_at[-1]
    others = [word for item in joined if item is not chosen for word in item]
    return decode_text("".join(word.raw for word in chosen)), _phrase(others)
