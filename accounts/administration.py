"""The administration pages at /admin/, for users with `is_admin`."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


class AdministrationSite(AdminSite):
    """Logging in and out is the webmail's, with its throttle: there is one door."""

    site_header = site_title = "Posthorn"
    index_title = "Administration"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Who is logged in and comes here lacks the right; a log-in page would send them back for ever."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next", reverse("admin:index")))

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Posts to the log-out page, as the admin's own button does."""
        return redirect("logout", preserve_request=True)

    def password_change(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One's own password is changed as everybody's is: on the user's page."""
        return redirect("admin:accounts_user_change", request.user.pk)
