"""HTML to plain text, for previews and the search index (never for display).

One pass over the tags without building a tree: a parser's tree takes minutes for a million nested elements.
"""

import re
from html import unescape

# Possessive, and a tag may lack its end: whatever is tried is consumed, so that time stays linear.
_TAG = re.compile(r"<(?:(!--)|(/?)([a-zA-Z][^\s/>]{0,40})([^>]*+)(?:>|\Z)|[!?][^>]*+(?:>|\Z))")
_DESCRIPTION = re.compile(r"""\b(?:alt|title)\s{0,8}=\s{0,8}(?:"([^"]*+)"|'([^']*+)')""", re.I)
_HUGE_REFERENCE = re.compile(r"&#[0-9]{8,};?")  # int() refuses thousands of digits
_MAX_TAGS = 500_000  # what follows them is not read
_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "fieldset", "figure", "footer"),
        *("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "option", "p", "pre"),
        *("section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    )
)
_UNSEEN = {
    name: re.compile(rf"</{name}\b[^>]*+(?:>|\Z)", re.I)
    for name in ("script", "style", "title", "template", "noscript", "object", "svg", "textarea", "iframe")
}


def html_to_text(html: str, *, quotes: bool = True, descriptions: bool = False) -> str:
    """The text of a document without scripts, styles and title; block elements begin on a new line.

    Without `quotes`, quoted replies (blockquote) are left out; with `descriptions`, `alt` and `title` texts are added.
    """
    return _Reader(html, quotes, descriptions).read()


class _Reader:
    def __init__(self, html: str, quotes: bool, descriptions: bool) -> None:
        self.html, self.quotes, self.descriptions = html, quotes, descriptions
        self.quote_depth = 0
        self.never_closed: set[str] = set()
        self.out: list[str] = []

    def read(self) -> str:
        position = 0
        for _ in range(_MAX_TAGS):
            match = _TAG.search(self.html, position)
            self._text(self.html[position : match.start() if match else None])
            if not match:
                break
            position = self._after(match)
        text = "".join(self.out)
        return unescape(_HUGE_REFERENCE.sub("\ufffd", text)) if "&" in text else text

    def _text(self, text: str) -> None:
        if text and (self.quotes or not self.quote_depth):
            self.out.append(text)

    def _after(self, match: re.Match[str]) -> int:
        """Take note of a tag; returns where the text goes on."""
        if match[1]:
            end = self.html.find("-->", match.end())
            return len(self.html) if end < 0 else end + 3
        name = (match[3] or "").lower()
        if name == "blockquote":
            self.quote_depth = max(0, self.quote_depth + (-1 if match[2] else 1))
        if name in _BLOCKS:
            self.out.append("\n")
        if self.descriptions and match[4]:
            self._describe(match[4])
        if name in _UNSEEN and not match[2]:
            return self._after_unseen(name, match.end())
        return match.end()

    def _after_unseen(self, name: str, start: int) -> int:
        closing = None if name in self.never_closed else _UNSEEN[name].search(self.html, start)
        if closing:
            return closing.end()
        self.never_closed.add(name)
        return len(self.html) if name in ("script", "style") else start

    def _describe(self, attributes: str) -> None:
        for match in _DESCRIPTION.finditer(attributes):
            self._text(f"\n{match[1] or match[2] or ''}\n")
