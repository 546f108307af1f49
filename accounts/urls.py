"""The pages of logging in and out."""

from django.urls import path

from accounts import security
from accounts.views import LoginView, LogoutView

urlpatterns = [
    path("login", LoginView.as_view(), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("confirm", security.confirm, name="confirm"),
    path("settings/security", security.security, name="security"),
    path("settings/security/password", security.change_password, name="change-password"),
    path("settings/security/app-passwords", security.add_app_password, name="add-app-password"),
    path("settings/security/app-passwords/<int:number>", security.revoke_app_password, name="revoke-app-password"),
    path("settings/security/sessions", security.end_session, name="end-session"),
]
