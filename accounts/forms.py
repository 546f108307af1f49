"""The forms of logging in."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm


class LoginForm(AuthenticationForm):
    """`username` is the login, an e-mail address."""

    error_messages = {"invalid_login": "This address and password do not belong together.", "inactive": "Not active."}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        login = self.fields["username"]
        login.label = "E-mail address"
        login.widget = forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})


class ConfirmForm(forms.Form):
    """The password once more, before something that an intruder would like to do."""

    password = forms.CharField(
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True})
    )


class AppPasswordForm(forms.Form):
    name = forms.CharField(max_length=100, label="For which program?", help_text="So that you know it again.")


class PasswordForm(PasswordChangeForm):
    """A new password, for who knows the present one."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        labels = {"old_password": "Present password", "new_password1": "New password", "new_password2": "And once more"}
        for name, label in labels.items():
            self.fields[name].label, self.fields[name].help_text = label, ""
            self.fields[name].widget.attrs.pop("autofocus", None)
        self.fields["new_password1"].help_text = "Ten characters or more. A few words that nobody would guess are best."
