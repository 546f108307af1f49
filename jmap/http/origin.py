"""The address under which clients reach us."""

from django.conf import settings
from django.http import HttpRequest

from accounts.client_address import is_trusted


def base_url(request: HttpRequest) -> str:
    """PUBLIC_URL, else what the request says; X-Forwarded-* counts only from TRUSTED_PROXIES."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    scheme = forwarded(request, "X-Forwarded-Proto") or request.scheme or "http"
    return f"{scheme}://{asked_host(request)}"


def asked_host(request: HttpRequest) -> str:
    """The host that the client asked for, with its port if it gave one."""
    return forwarded(request, "X-Forwarded-Host") or request.get_host()


def forwarded(request: HttpRequest, name: str) -> str:
    """The first value of a proxy's header; "" from anybody else."""
    if not is_trusted(request.META.get("REMOTE_ADDR", "")):
        return ""
    return request.headers.get(name, "").split(",")[0].strip()
