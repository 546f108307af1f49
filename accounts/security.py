"""The page on which people look after their password, app passwords and sessions: /settings/security."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.app_passwords import new_app_password
from accounts.auth import BadCredentials, check_login
from accounts.client_address import of_request
from accounts.forms import AppPasswordForm, ConfirmForm, PasswordForm
from accounts.models import AppPassword, User
from accounts.sessions import end_sessions, is_confirmed, note_confirmed, sessions_of
from accounts.throttle import Throttled

View = Callable[..., HttpResponse]
PAGE = "security"


def confirmed(view: View) -> View:
    """For somebody logged in who gave their password of late; who did not is asked for it first."""

    @wraps(view)
    @login_required
    def asked(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        if is_confirmed(request):
            return view(request, *args, **options)
        return redirect(f"{resolve_url('confirm')}?{urlencode({'next': resolve_url(PAGE)})}")

    return asked


@login_required
def confirm(request: HttpRequest) -> HttpResponse:
    """Asks for the password again."""
    form = ConfirmForm(request.POST or None)
    if form.is_valid() and is_password(request, form):
        note_confirmed(request)
        wanted = request.POST.get("next", "")
        safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()})
        return redirect(wanted if safe else PAGE)
    next_page = request.POST.get("next") or request.GET.get("next", "")
    return render(request, "accounts/confirm.html", {"form": form, "next": next_page})


def is_password(request: HttpRequest, form: ConfirmForm) -> bool:
    """Through the same door as logging in, throttling too; what is wrong stands in the form."""
    try:
        check_login(user_of(request).email, form.cleaned_data["password"], of_request(request.META))
    except BadCredentials:
        form.add_error("password", "This is not your password.")
        return False
    except Throttled as error:
        form.add_error("password", str(error))
        return False
    return True


def user_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  login_required stands before every view here
    return request.user


@login_required
def security(request: HttpRequest) -> HttpResponse:
    return page(request)


def page(request: HttpRequest, **shown: Any) -> HttpResponse:
    """The page; `shown` has forms with errors, or a new app password."""
    user = user_of(request)
    own = {
        "password_form": PasswordForm(user),
        "app_password_form": AppPasswordForm(),
        "app_passwords": AppPassword.objects.filter(user=user).order_by("name", "pk"),
        "sessions": sessions_of(user),
        "this_session": request.session.session_key,
    }
    response = render(request, "accounts/security.html", own | shown)
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_POST
@login_required
def change_password(request: HttpRequest) -> HttpResponse:
    """With the present one; every other session ends."""
    form = PasswordForm(user_of(request), request.POST)
    if not form.is_valid():
        return page(request, password_form=form)
    user = form.save()
    update_session_auth_hash(request, user)
    end_sessions(user, but=request.session.session_key or "")
    messages.success(request, "Your password is changed, and all other browsers are logged out.")
    return redirect(PAGE)


@require_POST
@confirmed
def add_app_password(request: HttpRequest) -> HttpResponse:
    """The new one is shown on this answer and never again."""
    form = AppPasswordForm(request.POST)
    if not form.is_valid():
        return page(request, app_password_form=form)
    password = new_app_password(user_of(request), form.cleaned_data["name"])
    return page(request, new_password=password, new_name=form.cleaned_data["name"])


@require_POST
@login_required
def revoke_app_password(request: HttpRequest, number: int) -> HttpResponse:
    AppPassword.objects.filter(user=user_of(request), pk=number).delete()
    messages.success(request, "The app password is revoked. Programs that use it are locked out within seconds.")
    return redirect(PAGE)


@require_POST
@login_required
def end_session(request: HttpRequest) -> HttpResponse:
    """One by its public id, or all others."""
    wanted = request.POST.get("session", "")
    ended = end_sessions(user_of(request), but=request.session.session_key or "", only=wanted)
    messages.success(request, f"{ended} browsers are logged out." if ended != 1 else "The browser is logged out.")
    return redirect(PAGE)
