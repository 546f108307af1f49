"""What others fetch to learn how mail reaches the domains served here; each answers under the domain's own names."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from accounts.domains import BadAddress, normal_domain
from accounts.recipients import is_local
from jmap.http.origin import asked_host
from jmap.submission.setup import sts
from jmap.submission.setup.clients import autoconfig_text


@require_safe
def mta_sts(request: HttpRequest) -> HttpResponse:
    """The policy, at the policy host of a domain (RFC 8461 §3.2)."""
    if not sts.is_offered() or asked_domain(request, "mta-sts.") is None:
        raise Http404
    return HttpResponse(sts.policy_text(), content_type="text/plain; charset=utf-8")


@require_safe
def autoconfig(request: HttpRequest) -> HttpResponse:
    """For mail programs, at autoconfig.example.org or at the domain itself."""
    domain = asked_domain(request, "autoconfig.") or asked_domain(request, "")
    if domain is None:
        raise Http404
    return HttpResponse(autoconfig_text(domain), content_type="text/xml; charset=utf-8")


def asked_domain(request: HttpRequest, prefix: str) -> str | None:
    """The served domain whose host `prefix` + domain was asked for; None if it is none."""
    host = asked_host(request).partition(":")[0].lower()
    if not host.startswith(prefix):
        return None
    try:
        domain = normal_domain(host.removeprefix(prefix))
    except BadAddress:
        return None
    return domain if is_local(domain) else None
