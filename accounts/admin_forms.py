"""The forms of the administration pages: what a person may type, said in `accounts.domains`' spelling."""

from collections.abc import Callable

from django import forms
from django.core.exceptions import ValidationError

from accounts.domains import BadAddress, normal_address, normal_domain, normal_recipient
from accounts.models import Account, Address, Domain, User
from accounts.provision import ProvisionError, refuse_taken

PASSWORD = forms.CharField(
    required=False,
    min_length=8,
    strip=False,
    widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    help_text="Left empty, it stays as it is; a new user without one can't log in.",
)


def free_address(text: str, normal: Callable[[str], str] = normal_address) -> str:
    """The stored spelling of an address that nobody has. Raises ValidationError."""
    try:
        email = normal(text)
        refuse_taken(email)
    except (BadAddress, ProvisionError) as error:
        raise ValidationError(str(error)) from None
    return email


class NewUserForm(forms.ModelForm):
    """Makes the user with a personal account and its address."""

    new_password = PASSWORD

    class Meta:
        model = User
        fields = ("email", "name", "is_admin")

    def clean_email(self) -> str:
        return free_address(self.cleaned_data["email"])


class UserForm(forms.ModelForm):
    new_password = PASSWORD

    class Meta:
        model = User
        fields = ("name", "is_admin", "is_active")


class NewAccountForm(forms.ModelForm):
    """A shared account; the address becomes its name."""

    class Meta:
        model = Account
        fields = ("name",)
        labels = {"name": "Address"}

    def clean_name(self) -> str:
        return free_address(self.cleaned_data["name"])


class AccountForm(forms.ModelForm):
    quota_bytes = forms.IntegerField(required=False, min_value=0, label="Quota", help_text="Octets; empty: no limit.")

    class Meta:
        model = Account
        fields = ("name", "quota_bytes")


class NewAddressForm(forms.ModelForm):
    class Meta:
        model = Address
        fields = ("email", "account")
        help_texts = {"email": "@example.org takes all that nobody else has."}

    def clean_email(self) -> str:
        email = free_address(self.cleaned_data["email"], normal_recipient)
        name = email.rpartition("@")[2]
        if not Domain.objects.filter(name=name).exists():
            raise ValidationError(f"The domain {name} is not served here; add it first")
        return email


class NewDomainForm(forms.ModelForm):
    class Meta:
        model = Domain
        fields = ("name",)

    def clean_name(self) -> str:
        try:
            return normal_domain(self.cleaned_data["name"])
        except BadAddress as error:
            raise ValidationError(str(error)) from None
