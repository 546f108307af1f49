"""The page that compares a domain with DNS, in a real Chromium."""

import pytest
from django.conf import LazySettings
from django.test import Client
from playwright.sync_api import Page

from accounts.models import Domain
from tests.fixtures.accounts import Person
from tests.fixtures.dns import DnsServer
from tests.submission.setup.test_check import HOST, Place
from tests.webmail.test_admin_browser import page

__all__ = ["page"]


@pytest.fixture
def place(dns_server: DnsServer, settings: LazySettings) -> Place:
    settings.MAIL_HOSTNAME, settings.DNS_SERVERS = HOST, [dns_server.address]
    place = Place(dns_server)
    settings.MTA_STS_MODE = "off"
    place.complete()
    return place


def test_long_keys_fit_on_the_page(page: Page, place: Place, alice: Person) -> None:
    """The server in the background knows nothing of this test's DNS, so its answer is given here."""
    browser = Client()
    browser.force_login(alice.user)
    path = f"/admin/accounts/domain/{Domain.objects.get(name=place.domain).pk}/check/"
    text = browser.get(path).content.decode()
    page.route(f"**{path}", lambda route: route.fulfill(body=text, content_type="text/html; charset=utf-8"))
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(path)
    assert page.get_by_text("rsa-").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
