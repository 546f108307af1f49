"""Text conditions of Email/query (RFC 8621 §4.4.1) answered by the lexemes and texts of email_text.

A word is looked up in the index, and its ids are the condition. A word that many messages have is tested on the newest
ones row by row as the outer statement comes to them, for they soon fill a page; only if they do not (an older mailbox,
a total, another order) is the index asked, once. Phrases are verified on the stored texts.
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache, partial
from itertools import islice

import orjson
import zstandard

from jmap.core import sql
from jmap.core.errors import MethodError
from jmap.mail.folding import fold
from jmap.mail.word_terms import Term, holds, query_terms
from jmap.mail.words import FIELDS, header_prefix, lexemes

Fields = Mapping[str, str | list[str]]
Value = str | list[str]
SEARCHED = {name: (name,) for name in ("from", "to", "cc", "bcc", "subject", "body")} | {
    "text": ("from", "to", "cc", "bcc", "subject", "attachments", "body"),
    "attachmentName": ("attachments",),  # not of RFC 8621; Cyrus and Fastmail know it by this name
}
SAMPLE = 40  # newest messages looked at to tell a frequent word from a rare one: testing one costs about 20 µs
# A page by date tests about PAGE / share messages; the index gives share * total ids at 1/20 of that each.
PAGE = 120
WORTH = 20 * PAGE
VERIFIED_AT_ONCE = 200  # texts unpacked at a time to verify a phrase
VERIFY_SECONDS = 2.0

INDEXED = "SELECT account_id, email_id FROM mail_emailtext WHERE lexemes @@ (SELECT %s::tsquery)"


def account_prefix(account_id: int) -> str:
    return f"{account_id}."


def index_row(account_id: int, fields: Fields) -> tuple[list[str], bytes]:
    """The columns `lexemes` (as an array for array_to_tsvector) and `text` of a message with these fields: those of
    `words.FIELDS`, `header` as lines "name: text". What goes beyond the caps of `words.lexemes` is not indexed."""
    return lexemes(fields, prefix=account_prefix(account_id)), zstandard.compress(orjson.dumps(fields), 3)


def read_text(packed: bytes) -> dict[str, str | list[str]]:
    """The fields that `index_row` packed."""
    found: dict[str, str | list[str]] = orjson.loads(zstandard.decompress(packed))
    return found


def condition(account_id: int, name: str, value: Value, id_column: str) -> tuple[str, list[object]]:
    """A filter condition as SQL over the outer statement's email id, with its parameters; never NULL.

    `id_column` is that of a table which has received_at too. A value without any letter or digit asks for nothing, so
    everything matches; of `header` then everything that has the field. Raises MethodError unsupportedFilter where a
    phrase would have to be verified in too many messages."""
    letters, terms = read_condition(name, value)
    query = tsquery(account_id, letters, terms)
    if not query:
        return "true", []
    if any(term.kind == "phrase" for term in terms):
        return among(id_column, list(verified(account_id, name, value, terms, query)))
    since = frequent_since(account_id, query)
    if since is not None:
        return newest_first(account_id, query, id_column, since)
    return among(id_column, matching_ids(account_id, query))


def among(id_column: str, email_ids: list[int]) -> tuple[str, list[object]]:
    # unnest, for an array that is a parameter would be searched from its start for every row.
    return f"{id_column} IN (SELECT unnest(%s::bigint[]))", [email_ids]


def newest_first(account_id: int, query: str, id_column: str, since: datetime) -> tuple[str, list[object]]:
    """Messages received since then are tested one by one. The others are looked up in a hash of all matches, which
    PostgreSQL makes when it meets the first of them. Neither an EXISTS nor a join, for those it would plan anew, and
    badly: it takes the reading of a long tsvector to cost nothing."""
    received_at = f"{id_column.rpartition('.')[0]}.received_at"
    test = "SELECT t.lexemes @@ %s::tsquery FROM mail_emailtext t WHERE t.account_id = %s AND t.email_id = " + id_column
    lookup = f"SELECT i.email_id FROM ({INDEXED} OFFSET 0) i WHERE i.account_id = %s"
    return (
        f"CASE WHEN {received_at} >= %s THEN coalesce(({test}), false) ELSE {id_column} IN ({lookup}) END",
        [since, query, account_id, query, account_id],
    )


def read_condition(name: str, value: Value) -> tuple[list[str], list[Term]]:
    """The prefixes of the fields to look in, and the terms."""
    if isinstance(value, list):
        return [header_prefix(value[0])], query_terms(value[1]) if len(value) > 1 else []
    return [FIELDS[field] for field in SEARCHED[name]], query_terms(value)


def tsquery(account_id: int, letters: list[str], terms: Iterable[Term]) -> str:
    """All terms, each in one of the fields; "" where there is nothing to look for."""
    account = account_prefix(account_id)
    parts = [
        "(" + " | ".join(f"{quote(account + letter + word)}{mark}" for letter in letters) + ")"
        for term in terms
        for word, mark in [*((word, "") for word in term.lexemes), *((start, ":*") for start in term.starts)]
    ]
    if letters[0].endswith(":"):  # a header field must be there even if nothing is looked for in it
        parts.append(quote(account + letters[0]))
    return " & ".join(parts)


def quote(lexeme: str) -> str:
    """A lexeme as PostgreSQL's tsquery input wants it."""
    return "'" + lexeme.replace("\0", "").replace("\\", "\\\\").replace("'", "''") + "'"


def frequent_since(account_id: int, query: str) -> datetime | None:
    """If so many of the newest messages match that testing them in order fills a page sooner than the index gives all
    matches: since when to test, twice as far back as a page should reach."""
    hits, total = sql.rows(
        "SELECT (SELECT count(*) FROM (SELECT lexemes FROM mail_emailtext WHERE account_id = %s"
        " ORDER BY received_at DESC, email_id DESC LIMIT %s) newest WHERE lexemes @@ %s::tsquery),"
        " (SELECT sum(total_emails)::bigint FROM mail_mailbox WHERE account_id = %s)",
        account_id, SAMPLE, query, account_id,
    )[0]  # fmt: skip
    share = hits / SAMPLE
    if share**2 * (total or 0) < WORTH:
        return None
    since: datetime | None = sql.value(
        "SELECT received_at FROM mail_emailtext WHERE account_id = %s"
        " ORDER BY received_at DESC, email_id DESC OFFSET %s LIMIT 1",
        account_id, int(2 * PAGE / share),
    )  # fmt: skip
    return since


def matching_ids(account_id: int, query: str) -> list[int]:
    """Every match, through the index."""
    with indexed():
        found = sql.value(
            f"WITH i AS MATERIALIZED ({INDEXED}) SELECT array_agg(email_id) FROM i WHERE account_id = %s",
            query, account_id,
        )  # fmt: skip
    return found or []


@contextmanager
def indexed() -> Iterator[None]:
    """In here the planner does not read whole tables. It would, up to some thousand messages: it counts the pages of
    the table and not those that the long tsvectors lie in. (Where no transaction is open this changes nothing.)"""
    sql.value("SELECT set_config('enable_seqscan', 'off', true)")
    yield
    sql.value("SELECT set_config('enable_seqscan', 'on', true)")


def verified(account_id: int, name: str, value: Value, terms: list[Term], query: str) -> Iterator[int]:
    """The matches of which the text really has every phrase, in one of the fields."""
    phrases = [term for term in terms if term.kind == "phrase"]
    deadline = time.monotonic() + VERIFY_SECONDS
    for email_id, packed in read_texts(account_id, matching_ids(account_id, query)):
        texts = list(searched_texts(read_text(packed), name, value))
        if all(any(map(partial(has_phrase, phrase), texts)) for phrase in phrases):
            yield email_id
        if time.monotonic() > deadline:
            raise MethodError("unsupportedFilter", "Too many messages have the words of this phrase; add another word")


def has_phrase(phrase: Term, text: str) -> bool:
    """`holds`, but fast where the words are not side by side: few texts that have all the words have the phrase."""
    return side_by_side(phrase.literal).search(fold(text)) is not None and holds(phrase, text)


@lru_cache(maxsize=256)
def side_by_side(literal: str) -> re.Pattern[str]:
    """The words as parts of any others. It begins with a plain word, which is what `re` finds fast."""
    return re.compile(r"[\W_]+".join(map(re.escape, literal.split())))


def read_texts(account_id: int, email_ids: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    """(id, packed text) of those of the emails that are there, a bounded number in memory at a time."""
    ids = iter(email_ids)
    while chunk := list(islice(ids, VERIFIED_AT_ONCE)):
        yield from sql.rows(
            "SELECT email_id, text FROM mail_emailtext WHERE account_id = %s AND email_id = ANY(%s::bigint[])",
            account_id, chunk,
        )  # fmt: skip


def searched_texts(fields: Fields, name: str, value: Value) -> Iterator[str]:
    """The texts that a condition looks in."""
    if isinstance(value, list):
        wanted = header_prefix(value[0])
        pairs = (line.partition(":") for line in fields.get("header", ()))
        yield from (text for header, _, text in pairs if header_prefix(header) == wanted)
        return
    for field in SEARCHED[name]:
        found = fields.get(field, ())
        yield from [found] if isinstance(found, str) else found
