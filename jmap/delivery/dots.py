"""The octets between DATA and the final dot (RFC 5321 §4.1.1.4, §4.5.2).

Only <CRLF>.<CRLF> ends them, and a CR or LF on its own makes the message unacceptable: where two servers disagree
about the end, the rest of a message could pass for commands and mail be smuggled in under another's name."""

import re

END = b"\r\n.\r\n"
# What some server somewhere might take for the end.
ALMOST_END = re.compile(rb"[\r\n]\.[\r\n]")


def has_stray(octets: bytes) -> bool:
    """Whether there is a CR or LF that is no part of a CRLF; the octets begin and end between lines or inside one."""
    pairs = octets.count(b"\r\n")
    return octets.count(b"\r") != pairs or octets.count(b"\n") != pairs


class Dots:
    """Feed it what comes; it gives the content back with the stuffing dots removed.

    `is_done` when the end has come; `rest` is then what followed it. `is_bad` when there was a stray CR or LF: then it
    is done at whatever might be an end, gives nothing any more, and nothing that follows is to be believed."""

    def __init__(self) -> None:
        self.held = b"\r\n"  # as if a line had just ended: the first may begin with a dot, too
        self.skip = 2
        self.is_done = self.is_bad = False
        self.rest = b""

    def feed(self, octets: bytes) -> bytes:
        data = self.held + octets
        if self.is_bad:
            self.note_almost_end(data)
            return b""
        end = data.find(END)
        upto = end + 2 if end >= 0 else len(data) - held_back(data)
        content, self.held = data[:upto], data[upto:]
        if has_stray(content):
            self.is_bad = True
            self.note_almost_end(data)
            return b""
        if end >= 0:
            self.is_done, self.rest = True, data[end + len(END) :]
        return self.content(content)

    def content(self, octets: bytes) -> bytes:
        """Without the stuffing, and without the line end that was made up at the beginning."""
        skipped, self.skip = min(self.skip, len(octets)), max(0, self.skip - len(octets))
        return octets.replace(b"\r\n.", b"\r\n")[skipped:]

    def note_almost_end(self, data: bytes) -> None:
        self.is_done = ALMOST_END.search(data) is not None
        self.held = data[-2:]


def held_back(data: bytes) -> int:
    """How many octets at the end may be the beginning of the end: they wait for what comes next."""
    return next((size for size in range(len(END) - 1, 0, -1) if data.endswith(END[:size])), 0)
