"""Tags and filters of the mail templates."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from webmail.dates import local, long_date, short_date
from webmail.places import Place

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of the symbols in webmail/icons.html; decoration, so it has no name of its own."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="#i-{}"></use></svg>', name)


@register.simple_tag
def address(place: Place, thread: str = "", position: int | None = 0) -> str:
    return place.url(thread, position or 0)


@register.simple_tag
def when(moment: datetime | None, length: str = "short") -> SafeString | str:
    """A <time>; the whole date is in its title."""
    if moment is None:
        return ""
    now = timezone.now()
    text = short_date(moment, now) if length == "short" else long_date(moment, now)
    there = local(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', there.isoformat(), f"{there:%A %d %B %Y, %H:%M}", text
    )
