"""The pages of logging in and out."""

import pytest
from django.test import Client

from accounts import auth
from accounts.models import LoginBudget
from tests.fixtures.accounts import Person


@pytest.fixture
def browser() -> Client:
    LoginBudget.objects.all().delete()
    auth.forget()
    return Client()


def fields(person: Person, **more: str) -> dict[str, str]:
    return {"username": person.email, "password": person.password, **more}


def test_the_right_password_opens_a_session(browser: Client, alice: Person) -> None:
    response = browser.post("/login", fields(alice))
    assert (response.status_code, response["Location"]) == (302, "/")
    assert browser.session["_auth_user_id"] == str(alice.user.pk)


@pytest.mark.parametrize(("next_", "target"), [("/mail/5", "/mail/5"), ("https://evil.example/", "/"), ("//evil", "/")])
def test_next_leads_only_within_this_site(browser: Client, alice: Person, next_: str, target: str) -> None:
    assert browser.post("/login", fields(alice, next=next_))["Location"] == target


def test_a_wrong_password_shows_the_form_again(browser: Client, alice: Person) -> None:
    response = browser.post("/login", fields(alice) | {"password": "wrong"})
    assert response.status_code == 200 and b"do not belong together" in response.content


def test_an_app_password_opens_no_session(browser: Client, alice: Person) -> None:
    assert browser.post("/login", fields(alice) | {"password": alice.app_password()}).status_code == 200


def test_guesses_are_throttled_here_as_well(browser: Client, alice: Person) -> None:
    for at in range(10):
        browser.post("/login", fields(alice) | {"password": f"wrong {at}"})
    response = browser.post("/login", fields(alice))
    assert response.status_code == 429 and int(response["Retry-After"]) > 0


def test_logging_out_takes_a_post(browser: Client, alice: Person) -> None:
    browser.post("/login", fields(alice))
    assert browser.get("/logout").status_code == 405
    assert browser.post("/logout")["Location"] == "/login"
    assert "_auth_user_id" not in browser.session


def test_forms_from_other_sites_are_refused(alice: Person) -> None:
    assert Client(enforce_csrf_checks=True).post("/login", fields(alice)).status_code == 403


@pytest.mark.parametrize("username", ["\0", "x" * 5000, "\ud7ff@é", "' OR 1=1"])
def test_odd_logins_are_only_wrong(browser: Client, username: str) -> None:
    assert browser.post("/login", {"username": username, "password": "x"}).status_code == 200
