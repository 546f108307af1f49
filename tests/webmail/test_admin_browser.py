"""The administration pages in a real Chromium, under the same policy as every page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from accounts.models import LoginBudget, User
from tests.fixtures.accounts import Person

PAGES = ["", "accounts/user/", "accounts/user/add/", "accounts/account/", "accounts/address/add/"]


@pytest.fixture
def page(chromium: Browser, live_server_url: str, alice: Person) -> Iterator[Page]:
    """Alice, an administrator, who logged in on the way to /admin/; the policy refuses nothing."""
    LoginBudget.objects.all().delete()
    User.objects.filter(pk=alice.user.pk).update(is_admin=True)
    context = chromium.new_context(base_url=live_server_url)
    page = context.new_page()
    reports: list[str] = []
    page.on("console", lambda message: reports.append(message.text))
    page.goto("/admin/")
    page.get_by_label("E-mail address").fill(alice.email)
    page.get_by_label("Password").fill(alice.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector("#user-tools")
    yield page
    context.close()
    assert [each for each in reports if "Content Security Policy" in each] == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_keeps_the_policy(page: Page, path: str) -> None:
    page.goto(f"/admin/{path}")
    page.wait_for_load_state("load")
    assert page.locator("#site-name").inner_text() == "Posthorn"


def test_a_grant_finds_its_user_by_typing(page: Page, alice: Person, bob: Person) -> None:
    page.goto(f"/admin/accounts/account/{alice.account.pk}/change/")
    page.get_by_role("button", name="Add another Access").click()
    page.locator(".select2-selection").last.click()
    page.locator(".select2-search__field").fill(bob.email)
    page.get_by_role("option", name=bob.email).click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_selector(".messagelist .success")


def test_logging_out_leads_to_the_log_in_page(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
