"""Every path of the service."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("jmap.http.urls")),
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("webmail.urls")),
]
