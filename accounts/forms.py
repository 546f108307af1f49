"""The forms of logging in."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm


class LoginForm(AuthenticationForm):
    """`username` is the login, an e-mail address."""

    error_messages = {"invalid_login": "This address and password do not belong together.", "inactive": "Not active."}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        login = self.fields["username"]
        login.label = "E-mail address"
        login.widget = forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
