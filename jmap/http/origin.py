"""The address under which clients reach us."""

from django.conf import settings
from django.http import HttpRequest

from accounts.client_address import is_trusted


def base_url(request: HttpRequest) -> str:
    """PUBLIC_URL, else what the request says; X-Forwarded-* counts only from TRUSTED_PROXIES."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    scheme, host = request.scheme or "http", request.get_host()
    if is_trusted(request.META.get("REMOTE_ADDR", "")):
        scheme = first(request.headers.get("X-Forwarded-Proto", "")) or scheme
        host = first(request.headers.get("X-Forwarded-Host", "")) or host
    return f"{scheme}://{host}"


def first(values: str) -> str:
    return values.split(",")[0].strip()
