"""Logging in and out of the webmail: /login and /logout."""

from typing import Any

from django.contrib.auth import views
from django.http import HttpRequest, HttpResponse

from accounts.forms import LoginForm
from accounts.throttle import Throttled


class LoginView(views.LoginView):
    """Leads on to `next` (only within this site), else to LOGIN_REDIRECT_URL; 429 while guesses are throttled."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        try:
            return super().post(request, *args, **options)
        except Throttled as error:
            return self.refuse(error)

    def refuse(self, error: Throttled) -> HttpResponse:
        """An empty form that says how long to wait."""
        form = LoginForm(self.request)
        page = self.render_to_response(self.get_context_data(form=form, throttled=str(error)), status=429)
        page["Retry-After"] = str(error.retry_after)
        return page


class LogoutView(views.LogoutView):
    """POST only, so that no link logs anyone out; leads to the log-in page."""

    next_page = "login"

    def post(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        answered = super().post(request, *args, **options)
        answered["Clear-Site-Data"] = '"cache"'  # no mail is left in a shared browser
        return answered
