from django.apps import AppConfig
from django.contrib.admin import apps


class AccountsConfig(AppConfig):
    name = "accounts"
    label = "accounts"
    default = True


class AdministrationConfig(apps.AdminConfig):
    """Django's admin, behind our own log-in."""

    default = False
    default_site = "accounts.administration.AdministrationSite"
