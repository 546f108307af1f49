"""The conversation list: one page of it, read in one request."""

import html
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jmap.client import Call, Client, MethodFailed, ref
from webmail.dates import parse_date
from webmail.names import name_people
from webmail.places import Place

Wire = dict[str, Any]
PAGE = 50  # conversations
SHOWN = ["id", "threadId", "mailboxIds", "keywords", "from", "to", "receivedAt", "subject", "preview", "hasAttachment"]
OF_THE_REST = ["id", "threadId", "mailboxIds", "keywords", "from", "hasAttachment"]
MARK = re.compile(r"(</?mark>)")

Marked = list[tuple[str, bool]]  # pieces of plain text, and whether each is marked


@dataclass(frozen=True)
class Row:
    """One conversation, as its newest email in this place shows it."""

    thread: str
    people: str
    emails: int
    subject: Marked
    preview: Marked
    date: datetime | None
    is_unread: bool
    is_starred: bool
    has_attachment: bool

    @property
    def title(self) -> str:
        return "".join(text for text, _ in self.subject)


@dataclass(frozen=True)
class Listing:
    rows: list[Row]
    position: int
    total: int

    @property
    def last(self) -> int:
        return self.position + len(self.rows)

    @property
    def newer(self) -> int | None:
        """The position of the page before this one."""
        return max(0, self.position - PAGE) if self.position else None

    @property
    def older(self) -> int | None:
        return self.last if self.rows and self.last < self.total else None


def read_listing(client: Client, place: Place, position: int) -> Listing:
    """One page. The emails of very long conversations may be too many for one request: then the rows do without."""
    answers = {call_id: (name, wire) for name, wire, call_id in client.respond(*calls(place, position))}
    for needed in ("query", "shown"):
        if answers[needed][0] == "error":
            raise MethodFailed(needed, answers[needed][1])
    shown = answers["shown"][1]["list"]
    rest = [] if answers["rest"][0] == "error" else answers["rest"][1]["list"]
    snippets = answers["snippets"][1]["list"] if "snippets" in answers and answers["snippets"][0] != "error" else []
    rows = [row_of(email, thread_of(email, rest), place, client.caller.login, snippets) for email in shown]
    query = answers["query"][1]
    return Listing(rows, query["position"], query["total"])


def calls(place: Place, position: int) -> list[Call]:
    ids = ref("query", "Email/query", "/ids")
    newest_first = [{"property": "receivedAt", "isAscending": False}]
    query = {"filter": place.filter, "sort": newest_first, "collapseThreads": True, "calculateTotal": True}
    found: list[Call] = [
        ("Email/query", {**query, "position": position, "limit": PAGE}, "query"),
        ("Email/get", {"#ids": ids, "properties": SHOWN}, "shown"),
        ("Thread/get", {"#ids": ref("shown", "Email/get", "/list/*/threadId")}, "threads"),
        ("Email/get", {"#ids": ref("threads", "Thread/get", "/list/*/emailIds"), "properties": OF_THE_REST}, "rest"),
    ]
    if place.words:
        found.append(("SearchSnippet/get", {"filter": place.filter, "#emailIds": ids}, "snippets"))
    return found


def thread_of(email: Wire, rest: list[Wire]) -> list[Wire]:
    return [other for other in rest if other["threadId"] == email["threadId"]] or [email]


def row_of(email: Wire, thread: list[Wire], place: Place, own: str, snippets: list[Wire]) -> Row:
    snippet: Wire = next((each for each in snippets if each["emailId"] == email["id"]), {})
    here = [other for other in thread if place.mailbox is None or place.mailbox.id in other["mailboxIds"]]
    return Row(
        thread=email["threadId"],
        people=people_of(email, thread, place, own),
        emails=len(thread),
        subject=read_marks(snippet.get("subject")) or [(email["subject"] or "(no subject)", False)],
        preview=read_marks(snippet.get("preview")) or [(email["preview"], False)],
        date=parse_date(email["receivedAt"]),
        is_unread=any("$seen" not in other["keywords"] and "$draft" not in other["keywords"] for other in here),
        is_starred=any("$flagged" in other["keywords"] for other in thread),
        has_attachment=any(other["hasAttachment"] for other in thread),
    )


def people_of(email: Wire, thread: list[Wire], place: Place, own: str) -> str:
    """Who wrote; of what one has written oneself, to whom."""
    if place.role in ("sent", "drafts"):
        return "To: " + name_people(email["to"] or [], own, "(nobody yet)")
    return name_people([address for other in thread for address in other["from"] or []], own)


def read_marks(snippet: str | None) -> Marked:
    """A snippet (RFC 8621 §5) as plain text with marks: its HTML goes no further than here."""
    pieces: Marked = []
    marked = False
    for piece in MARK.split(snippet or ""):
        if piece in ("<mark>", "</mark>"):
            marked = piece == "<mark>"
        elif piece:
            pieces.append((html.unescape(piece), marked))
    return pieces
