"""Administration pages that need more than one floor."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin import DomainAdmin
from accounts.models import Domain
from jmap.submission.setup.check import check_domain, is_ready
from jmap.submission.setup.scene import scene_of

admin.site.unregister(Domain)


@admin.register(Domain)
class CheckedDomainAdmin(DomainAdmin):
    """Domains, each with a page that compares what it needs in DNS with what is there."""

    list_display: Any = (*DomainAdmin.list_display, "setup")

    @admin.display(description="set-up")
    def setup(self, domain: Domain) -> SafeString:
        return format_html('<a href="{}">Check DNS</a>', reverse("admin:domain_check", args=[domain.pk]))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.check_view)
        return [path("<int:pk>/check/", view, name="domain_check"), *super().get_urls()]

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Takes seconds where DNS is slow."""
        domain = get_object_or_404(Domain, pk=pk)
        findings = check_domain(scene_of(domain.name))
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": f"Set-up of {domain.name}",
            "domain": domain,
            "findings": findings,
            "ready": is_ready(findings),
        }
        return TemplateResponse(request, "admin/domain_check.html", context)
