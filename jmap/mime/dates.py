"""RFC 5322 date-times, obsolete and common broken forms included, as RFC 3339 (RFC 8621 §4.1.2.6)."""

import re
from datetime import datetime, timedelta, timezone

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_TIME = r"(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2}))?(?:\.\d{1,9})?"
_USUAL = re.compile(
    r"\s*(?:[^\W\d]{2,12}\.?,?\s*)?(\d{1,2})[\s-]{1,9}([A-Za-z]{3})[a-z.]{0,7},?[\s-]{1,9}(\d{2,4}),?\s{1,9}"
    + _TIME
    + r"\s{0,9}([+-]\s?\d{1,2}:?\d{2}|[A-Za-z]{1,5})?"
)
_ASCTIME = re.compile(
    r"\s*[A-Za-z]{3,9},?\s{1,9}([A-Za-z]{3})[a-z]{0,6}\s{1,9}(\d{1,2}),?\s{1,9}"
    + _TIME
    + r"\s{1,9}(?:([A-Z]{3,4})\s)?(\d{4})"
)
_ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
_COMMENT = re.compile(r"\([^()]*\)")
_SPACED_COLON = re.compile(r" ?: ?")
_LONGEST = 1_000  # folds and comments may make a date long


def parse_date(text: str) -> datetime | None:
    """The moment that a date-time field names, with its offset (RFC 5322 §3.3, §4.3); None if it names none."""
    text = " ".join(_COMMENT.sub(" ", text[:_LONGEST]).split())
    text = _SPACED_COLON.sub(":", text)[:200]
    if match := _USUAL.match(text):
        day, month, year, hour, minute, second, zone = match.groups()
    elif match := _ASCTIME.match(text):
        month, day, hour, minute, second, zone, year = match.groups()
    else:
        return None
    try:
        naive = datetime(
            _year(year), _MONTHS[month.lower()], int(day), int(hour), int(minute), min(int(second or 0), 59)
        )
    except (ValueError, KeyError):
        return None
    return naive.replace(tzinfo=timezone(_offset(zone or "")))


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 2 and year < 50:
        return year + 2000
    return year + 1900 if len(text) < 4 else year


def _offset(zone: str) -> timedelta:
    """An offset of up to a day; unknown names and nonsense are UTC, as RFC 5322 §4.3 says."""
    if zone[:1] not in ("+", "-"):
        return timedelta(hours=_ZONES.get(zone.upper(), 0))
    digits = re.sub(r"\D", "", zone).zfill(4)
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timedelta(minutes=-minutes if zone[0] == "-" else minutes) if minutes < 1440 else timedelta()


def format_date(moment: datetime) -> str:
    """The `Date` of RFC 8620 §1.4: seconds without fraction, its own offset, `Z` for zero."""
    text = moment.isoformat(timespec="seconds")
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text
