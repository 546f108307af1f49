"""The paths of the JMAP endpoints; each also with a slash at its end, for clients that add one."""

from django.http import HttpRequest, HttpResponseBase
from django.urls import path, re_path, resolve

from jmap.http.api import api
from jmap.http.discovery import autoconfig, mta_sts

WITHOUT_SLASH = r"^jmap/(?P<rest>(?:session|api|ticket|upload/[^/]+))/$"


def without_slash(request: HttpRequest, rest: str) -> HttpResponseBase:
    view, arguments, keywords = resolve(f"/jmap/{rest}")
    response: HttpResponseBase = view(request, *arguments, **keywords)
    return response


without_slash.csrf_exempt = True  # type: ignore[attr-defined]


def well_known(request: HttpRequest) -> HttpResponseBase:
    """RFC 8620 §2.2. The Session itself, not a redirect: some clients drop their credentials on the way."""
    view, _, _ = resolve("/jmap/session")
    response: HttpResponseBase = view(request)
    return response


urlpatterns = [
    path(".well-known/jmap", well_known),
    path(".well-known/mta-sts.txt", mta_sts),
    path(".well-known/autoconfig/mail/config-v1.1.xml", autoconfig),
    path("mail/config-v1.1.xml", autoconfig),
    path("jmap", well_known),  # what people type who were told "the JMAP server is …/jmap"
    path("jmap/", well_known),
    re_path(WITHOUT_SLASH, without_slash),
    path("jmap/", api.urls),
]
