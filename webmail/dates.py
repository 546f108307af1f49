"""Dates short and human, in the reader's time zone."""

from datetime import datetime, timedelta

from django.utils import timezone


def parse_date(wire: str | None) -> datetime | None:
    """A UTCDate or Date (RFC 8620 §1.4); years that Python does not know are none."""
    try:
        return datetime.fromisoformat(wire) if wire else None
    except ValueError:
        return None


def local(moment: datetime) -> datetime:
    try:
        return timezone.localtime(moment)
    except (OverflowError, ValueError):  # the first and the last day of time
        return moment


def short_date(moment: datetime, now: datetime) -> str:
    """14:05 today, Yesterday, Mon within six days, 12 Mar this year, else 12 Mar 2023."""
    there, today = local(moment), local(now).date()
    days = (today - there.date()).days
    if days == 0:
        return f"{there:%H:%M}"
    if days == 1:
        return "Yesterday"
    if 1 < days < 7:
        return f"{there:%a}"
    return f"{there.day} {there:%b}" if there.year == today.year else f"{there.day} {there:%b} {there.year}"


def long_date(moment: datetime, now: datetime) -> str:
    """Today 14:05, Yesterday 14:05, Mon 12 Mar 14:05, 12 Mar 2023 14:05."""
    there, today = local(moment), local(now).date()
    if there.date() == today:
        return f"Today {there:%H:%M}"
    if there.date() == today - timedelta(days=1):
        return f"Yesterday {there:%H:%M}"
    if there.year == today.year:
        return f"{there:%a} {there.day} {there:%b} {there:%H:%M}"
    return f"{there.day} {there:%b} {there.year} {there:%H:%M}"
