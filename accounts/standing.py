"""Whether a login is still good: asked by what outlives the request it was made with (streams, push subscriptions)."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection


@dataclass(frozen=True, slots=True)
class Standing:
    """A user with what they logged in by. `proof` is what must not have changed since: the fingerprint of the password,
    before it the key of the session where there is one."""

    user_id: int
    credential: str  # as in Caller
    proof: str


def fingerprint(stored_password: str) -> str:
    """Changes with the password."""
    return hashlib.sha256(stored_password.encode()).hexdigest()


def session_proof(session_key: str, stored_password: str) -> str:
    return f"{session_key} {fingerprint(stored_password)}"


# Takes the three columns of `columns`; returns the places (from 1) of those that are good.
GOOD = """
SELECT s.place FROM unnest(%s::bigint[], %s::text[], %s::text[])
    WITH ORDINALITY AS s (user_id, credential, proof, place)
JOIN accounts_user u ON u.id = s.user_id AND u.is_active
WHERE CASE split_part(s.credential, ':', 1)
    WHEN 'app' THEN EXISTS (
        SELECT FROM accounts_apppassword p WHERE p.id = split_part(s.credential, ':', 2)::bigint AND p.user_id = u.id
        AND (p.expires_at IS NULL OR p.expires_at > now()))
    WHEN 'password' THEN s.proof = encode(sha256(convert_to(u.password, 'UTF8')), 'hex')
    WHEN 'session' THEN split_part(s.proof, ' ', 2) = encode(sha256(convert_to(u.password, 'UTF8')), 'hex')
        AND EXISTS (SELECT FROM accounts_browsersession b WHERE b.session_key = split_part(s.proof, ' ', 1)
        AND b.user_id = u.id AND b.expire_date > now())
    ELSE false END
"""


def columns(standings: Sequence[Standing]) -> tuple[list[int], list[str], list[str]]:
    """The parameters of GOOD."""
    return [s.user_id for s in standings], [s.credential for s in standings], [s.proof for s in standings]


def chosen(standings: Sequence[Standing], places: Iterable[Sequence[Any]]) -> set[Standing]:
    """The good ones, from the rows of GOOD."""
    return {standings[place - 1] for (place,) in places}


def good(standings: Iterable[Standing]) -> set[Standing]:
    """Those of them that are good now."""
    listed = list(standings)
    if not listed:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(GOOD, columns(listed))
        return chosen(listed, cursor.fetchall())


def is_time_bounded(standing: Standing) -> bool:
    """Whether the login ends by itself at some time (RFC 8620 §7.2)."""
    if standing.credential == "session":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM accounts_apppassword WHERE 'app:' || id = %s AND user_id = %s"
            " AND expires_at IS NOT NULL)",
            [standing.credential, standing.user_id],
        )
        return bool(cursor.fetchone()[0])
