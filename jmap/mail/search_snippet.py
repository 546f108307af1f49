"""SearchSnippet/get (RFC 8621 §5): why an Email matched."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings

from jmap.core import ids, sql, types
from jmap.core.arguments import ACCOUNT, REQUIRED, check_arguments
from jmap.core.capabilities import Responses
from jmap.core.context import Context
from jmap.core.errors import MethodError
from jmap.core.filters import Condition, Node, parse_filter
from jmap.mail.email_filters import FILTERS
from jmap.mail.marks import mark_all, mark_near
from jmap.mail.search import read_text
from jmap.mail.word_terms import Term, find_matches, query_terms

Wire = dict[str, Any]
ARGUMENTS = {
    **ACCOUNT,
    "filter": (types.anything, None),
    "emailIds": (types.list_of(types.any_identifier), REQUIRED),
}
READ_AT_ONCE = 100  # texts in memory at a time
# Characters of text in which matches are looked for: of each body, and of all in one call.
SEARCHED, SEARCHED_IN_ALL = 100_000, 1_000_000
MAX_TERMS = 30  # of a filter that are marked
NOTHING = {"subject": None, "preview": None}


def search_snippet_get(context: Context, raw_arguments: Wire) -> Responses:
    """The snippets in the order asked; each email once."""
    arguments = check_arguments(raw_arguments, ARGUMENTS)
    account_id = context.right(arguments["accountId"]).account_id
    asked = list(dict.fromkeys(arguments["emailIds"]))
    if len(asked) > settings.MAX_OBJECTS_IN_GET:
        raise MethodError("requestTooLarge", f"At most {settings.MAX_OBJECTS_IN_GET} ids")
    filter = parse_filter(arguments["filter"], FILTERS)
    context.read()
    numbers = {wire: number for number, wire in ids.numbers("e", asked).items()}
    found = snippets(account_id, list(numbers.values()), filter)
    listed = [{"emailId": wire, **found[numbers[wire]]} for wire in asked if numbers.get(wire) in found]
    missing = [wire for wire in asked if numbers.get(wire) not in found]
    return [("SearchSnippet/get", {"accountId": arguments["accountId"], "list": listed, "notFound": missing or None})]


def snippets(account_id: int, email_ids: Sequence[int], filter: Node | None) -> dict[int, Wire]:
    """{"subject", "preview"} of each of these emails that exists."""
    subject, body = terms_of(filter, ("subject", "text")), terms_of(filter, ("body", "text"))
    searched = min(SEARCHED, SEARCHED_IN_ALL // max(1, len(email_ids)))
    return {
        email_id: NOTHING if packed is None or not subject + body else snippet(packed, subject, body, searched)
        for email_id, packed in read_texts(account_id, email_ids)
    }


def read_texts(account_id: int, email_ids: Sequence[int]) -> Iterator[tuple[int, bytes | None]]:
    """(id, packed text) of the emails that exist."""
    for at in range(0, len(email_ids), READ_AT_ONCE):
        yield from sql.rows(
            "SELECT e.id, t.text FROM mail_email e LEFT JOIN mail_emailtext t ON t.account_id = e.account_id"
            " AND t.email_id = e.id WHERE e.account_id = %s AND e.id = ANY(%s::bigint[])",
            account_id, list(email_ids[at : at + READ_AT_ONCE]),
        )  # fmt: skip


def terms_of(node: Node | None, names: tuple[str, ...]) -> list[Term]:
    """The terms that the conditions of these names look for; what must not match is not marked."""
    return list(dict.fromkeys(all_terms(node, names)))[:MAX_TERMS]


def all_terms(node: Node | None, names: tuple[str, ...]) -> Iterator[Term]:
    if isinstance(node, Condition):
        for name, value in node.items:
            if name in names:
                yield from query_terms(value)
    elif node is not None and node.operator != "NOT":
        for child in node.conditions:
            yield from all_terms(child, names)


def snippet(packed: bytes, subject_terms: list[Term], body_terms: list[Term], searched: int) -> Wire:
    """Looks for matches in the first `searched` characters of the body, and of the subject."""
    fields = read_text(packed)
    subject, body = str(fields["subject"]), str(fields["body"])[:searched]
    in_subject = find_matches(subject_terms, subject[:searched])
    in_body = find_matches(body_terms, body)
    return {
        "subject": mark_all(subject, in_subject) if in_subject else None,
        "preview": mark_near(body, in_body) if in_body else None,
    }
