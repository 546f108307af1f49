"""Dates, names and snippets for people."""

from datetime import UTC, datetime

import pytest

from webmail.dates import long_date, parse_date, short_date
from webmail.listing import read_marks
from webmail.middleware import zone_of
from webmail.names import name_people

NOW = datetime(2026, 3, 12, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wire", "short"),
    [
        ("2026-03-12T09:05:00Z", "09:05"),
        ("2026-03-11T23:59:00Z", "Yesterday"),
        ("2026-03-09T10:00:00Z", "Mon"),
        ("2026-01-02T10:00:00Z", "2 Jan"),
        ("2019-12-31T10:00:00Z", "31 Dec 2019"),
        ("2026-05-01T10:00:00Z", "1 May"),
    ],
)
def test_dates_are_short(wire: str, short: str) -> None:
    moment = parse_date(wire)
    assert moment is not None
    assert short_date(moment, NOW) == short


def test_long_dates_have_the_time() -> None:
    assert long_date(datetime(2026, 3, 9, 8, 30, tzinfo=UTC), NOW) == "Mon 9 Mar 08:30"


@pytest.mark.parametrize("wire", [None, "0000-01-01T00:00:00Z", "nonsense"])
def test_a_date_that_is_none_is_none(wire: str | None) -> None:
    assert parse_date(wire) is None


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_ends_of_time_can_be_shown(moment: datetime) -> None:
    assert short_date(moment, NOW)


def person(email: str, name: str | None = None) -> dict[str, str | None]:
    return {"email": email, "name": name}


def test_one_person_is_named_in_full() -> None:
    assert name_people([person("ana@x", "Ana Ruiz")], "me@x") == "Ana Ruiz"


def test_several_by_their_first_names() -> None:
    everyone = [person("ana@x", "Ana Ruiz"), person("ME@x"), person("b@x", "Ott, Ben"), person("ana@x", "Ana Ruiz")]
    assert name_people(everyone, "me@x") == "Ana, me, Ben"


@pytest.mark.parametrize("address", [person("", ""), person("", " "), {"email": None, "name": None}])
def test_nameless_people_have_a_name(address: dict[str, str | None]) -> None:
    assert name_people([address, person("b@x", "Ben")], "me@x").endswith("Ben")


def test_a_snippet_is_text_with_marks() -> None:
    assert read_marks("a &lt;b&gt; <mark>c</mark>") == [("a <b> ", False), ("c", True)]


@pytest.mark.parametrize("name", ["", "Nowhere/At All", "../../etc/passwd", "America", "\0", "x" * 999])
def test_what_is_no_time_zone_is_ignored(name: str) -> None:
    assert zone_of(name) is None
