"""Users, accounts, addresses and domains in the administration pages. Whatever has side effects goes through
`accounts.provision`; people and accounts are deactivated, never deleted, since mail hangs on them."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import provision
from accounts.admin_forms import AccountForm, NewAccountForm, NewAddressForm, NewDomainForm, NewUserForm, UserForm
from accounts.models import Access, Account, Address, Domain, User


class ProvisionAdmin(admin.ModelAdmin):
    """`add_form` makes a row through `make`; what exists saves only the columns that were changed, for other columns
    may have moved on in the meantime."""

    add_form: type[ModelForm]

    def make(self, obj: Any, form: ModelForm) -> Any:
        """The row made from a valid form. Raises ProvisionError."""
        raise NotImplementedError

    def get_form(self, request: HttpRequest, obj: Any | None = None, change: bool = False, **options: Any) -> Any:
        return super().get_form(request, obj, change, **(options if obj else {**options, "form": self.add_form}))

    def get_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        return super().get_fields(request, obj) if obj else list(self.add_form.base_fields)

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        return super().get_readonly_fields(request, obj) if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        if change:
            columns = {field.name for field in obj._meta.concrete_fields}
            obj.save(update_fields=columns.intersection(form.changed_data))
        else:
            obj.__dict__.update(self.make(obj, form).__dict__)

    def changeform_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        return self.explained(request, lambda: super(ProvisionAdmin, self).changeform_view(request, *args, **options))

    def delete_view(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        return self.explained(request, lambda: super(ProvisionAdmin, self).delete_view(request, *args, **options))

    def explained(self, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
        """What a form can't know beforehand is told on the page."""
        try:
            return view()
        except provision.ProvisionError as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect(request.get_full_path())


@admin.register(User)
class UserAdmin(ProvisionAdmin):
    list_display = ("email", "name", "is_admin", "is_active", "created_at")
    list_filter = ("is_admin", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    add_form, form = NewUserForm, UserForm

    def make(self, obj: User, form: ModelForm) -> User:
        return provision.add_user(obj.email, obj.name, form.cleaned_data["new_password"] or None, obj.is_admin)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and form.cleaned_data["new_password"]:
            obj.set_password(form.cleaned_data["new_password"])
            obj.save(update_fields=["password"])

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Nobody locks themselves out."""
        return ("is_admin", "is_active") if obj == request.user else ()

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


class AccessInline(admin.TabularInline):
    model = Access
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Account)
class AccountAdmin(ProvisionAdmin):
    list_display = ("name", "owner", "used_bytes", "quota_bytes", "created_at")
    search_fields = ("name", "address__email")
    ordering = ("name",)
    add_form, form = NewAccountForm, AccountForm
    fields = ("name", "owner", "used_bytes", "quota_bytes", "created_at")
    readonly_fields = ("owner", "used_bytes", "created_at")
    inlines = (AccessInline,)

    def make(self, obj: Account, form: ModelForm) -> Account:
        return provision.add_account(obj.name)

    def get_inlines(self, request: HttpRequest, obj: Account | None) -> Any:
        return self.inlines if obj else ()

    def save_formset(self, request: HttpRequest, form: Any, formset: BaseModelFormSet, change: bool) -> None:
        """Grants, with what follows from them."""
        changed = formset.save(commit=False)
        for access in formset.deleted_objects:
            provision.remove_access(access.account, access.user)
        for access in changed:
            provision.set_access(access.account, access.user, access.read_only)
        formset.save_m2m()

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False


@admin.register(Address)
class AddressAdmin(ProvisionAdmin):
    list_display = ("email", "account")
    list_filter = ("domain",)
    search_fields = ("email",)
    ordering = ("email",)
    list_select_related = ("account",)
    add_form = NewAddressForm
    autocomplete_fields = ("account",)
    fields = readonly_fields = ("email", "account")

    def make(self, obj: Address, form: ModelForm) -> Address:
        return provision.add_account_address(obj.email, obj.account)

    def delete_model(self, request: HttpRequest, obj: Address) -> None:
        provision.remove_address(obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Addresses go one by one, so that each says why it can't."""
        return {}


@admin.register(Domain)
class DomainAdmin(ProvisionAdmin):
    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)
    add_form = NewDomainForm
    fields = readonly_fields = ("name",)

    def make(self, obj: Domain, form: ModelForm) -> Domain:
        return provision.add_domain(obj.name)
