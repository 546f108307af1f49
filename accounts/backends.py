"""Logging in with a password for a session (the webmail), through the same door as Basic."""

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from accounts.auth import BadCredentials, acceptable, check_login
from accounts.client_address import of_request
from accounts.models import User


class PasswordBackend(BaseBackend):
    """App passwords are for programs and open no session."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **more: object
    ) -> User | None:
        """Raises Throttled."""
        try:
            credentials = acceptable(username or "", password or "")
            return check_login(credentials.login, credentials.secret, of_request(request.META if request else {}))
        except BadCredentials:
            return None

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()
