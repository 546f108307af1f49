"""The page for one's password, app passwords and sessions."""

import re
from datetime import timedelta

import pytest
from django.test import Client as Web
from django.utils import timezone

from accounts.models import AppPassword, BrowserSession, LoginBudget
from tests.fixtures.accounts import Person

PAGE = "/settings/security"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"


def log_in(person: Person, agent: str = CHROME) -> Web:
    LoginBudget.objects.all().delete()
    web = Web(headers={"user-agent": agent})
    web.post("/login", {"username": person.email, "password": person.password})
    return web


@pytest.fixture
def web(alice: Person) -> Web:
    return log_in(alice)


def later(web: Web) -> None:
    """The password was given a while ago."""
    session = web.session
    session["confirmed_at"] = (timezone.now() - timedelta(minutes=11)).isoformat()
    session.save()


def test_a_new_app_password_is_shown_once_and_works(web: Web, alice: Person) -> None:
    page = web.post(f"{PAGE}/app-passwords", {"name": "Phone"}).content.decode()
    password = re.findall(r"<code>([a-z0-9-]+)</code>", page)[0]
    assert web.get("/jmap/session", headers={"authorization": f"Bearer {password}"}).status_code == 200
    assert password not in web.get(PAGE).content.decode()


def test_an_app_password_asks_for_the_password_if_it_was_given_long_ago(web: Web, alice: Person) -> None:
    later(web)
    answer = web.post(f"{PAGE}/app-passwords", {"name": "Phone"})
    assert answer.headers["Location"].startswith("/confirm?next=")
    assert not AppPassword.objects.filter(user=alice.user).exists()
    assert "not your password" in web.post("/confirm", {"password": "guess"}).content.decode()
    assert web.post("/confirm", {"password": alice.password, "next": PAGE}).headers["Location"] == PAGE
    assert web.post(f"{PAGE}/app-passwords", {"name": "Phone"}).status_code == 200


def test_confirming_leads_to_no_other_site(web: Web, alice: Person) -> None:
    answer = web.post("/confirm", {"password": alice.password, "next": "https://evil.example/"})
    assert answer.headers["Location"] == PAGE


def test_only_ones_own_app_password_can_be_revoked(web: Web, alice: Person, bob: Person) -> None:
    alice.app_password(), bob.app_password()
    for each in AppPassword.objects.filter(user__in=[alice.user, bob.user]):
        web.post(f"{PAGE}/app-passwords/{each.pk}")
    assert AppPassword.objects.filter(user__in=[alice.user, bob.user]).get().user == bob.user


def test_sessions_are_listed_and_one_can_be_ended(web: Web, alice: Person) -> None:
    phone = log_in(alice, "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Safari/604.1")
    page = web.get(PAGE).content.decode()
    assert "Chrome, Linux" in page and "Safari, iPhone" in page and "this browser" in page
    assert str(phone.session.session_key) not in page
    public_id = re.findall(r'name="session" value="(\w+)"', page)[0]
    web.post(f"{PAGE}/sessions", {"session": public_id})
    assert phone.get("/mail/").status_code == 302 and "/login" in phone.get("/mail/").headers["Location"]
    assert web.get(PAGE).status_code == 200


def test_nobody_ends_a_strangers_session(web: Web, bob: Person) -> None:
    theirs = log_in(bob)
    public_id = BrowserSession.objects.get(session_key=theirs.session.session_key).public_id
    web.post(f"{PAGE}/sessions", {"session": public_id})
    assert theirs.get(PAGE).status_code == 200


def test_changing_the_password_ends_all_other_sessions(web: Web, alice: Person) -> None:
    other = log_in(alice)
    new = {"old_password": alice.password, "new_password1": "pears ripen slowly", "new_password2": "pears ripen slowly"}
    assert web.post(f"{PAGE}/password", new).headers["Location"] == PAGE
    assert "all other browsers are logged out" in web.get(PAGE).content.decode()
    assert other.get(PAGE).status_code == 302


@pytest.mark.parametrize("password", ["short", "password123"])
def test_a_weak_password_is_refused_with_the_reason(web: Web, alice: Person, password: str) -> None:
    answer = web.post(
        f"{PAGE}/password", {"old_password": alice.password, "new_password1": password, "new_password2": password}
    )
    assert answer.status_code == 200 and 'role="alert"' in answer.content.decode()


@pytest.mark.parametrize("path", [PAGE, "/confirm"])
def test_strangers_are_sent_to_log_in(path: str) -> None:
    assert Web().get(path).headers["Location"].startswith("/login")
