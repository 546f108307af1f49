"""`manage.py domain check`, and the same in the administration pages."""

import io

import orjson
import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Domain, User
from tests.fixtures.accounts import Person
from tests.fixtures.dns import DnsServer
from tests.submission.setup.test_check import HOST, Place


@pytest.fixture
def place(dns_server: DnsServer, settings: LazySettings) -> Place:
    settings.MAIL_HOSTNAME, settings.DNS_SERVERS = HOST, [dns_server.address]
    place = Place(dns_server)
    settings.MTA_STS_MODE = "off"  # for it would be fetched by HTTPS
    return place


def run(*words: str) -> tuple[str, int]:
    """What was printed, and the exit code."""
    out = io.StringIO()
    try:
        call_command("domain", "check", *words, stdout=out)
    except SystemExit as end:
        return out.getvalue(), int(end.code or 0)
    return out.getvalue(), 0


def test_a_domain_that_lacks_something_is_told_what_to_put_where(place: Place) -> None:
    text, code = run(place.domain)
    assert code == 1
    assert f"wanted  {place.domain}. IN MX 10 {HOST}." in text
    assert f'wanted  {place.domain}. IN TXT "v=spf1 mx -all"' in text
    assert f"{place.domain} is not ready" in text


def test_a_domain_that_is_ready_ends_well(place: Place) -> None:
    place.complete()
    text, code = run(place.domain)
    assert (code, f"{place.domain} is ready." in text, "wanted" in text) == (0, True, False)


def test_programs_get_json(place: Place) -> None:
    text, code = run(place.domain, "--json")
    found = orjson.loads(text)
    assert (code, found["domain"], found["ready"]) == (1, place.domain, False)
    first = found["checks"][0]
    assert (first["topic"], first["level"], first["status"]) == ("MX", "essential", "missing")
    assert first["wanted"] == [{"name": place.domain, "type": "MX", "value": f"10 {HOST}."}]


def test_a_domain_that_is_not_served_is_refused() -> None:
    with pytest.raises(CommandError, match="not served"):
        call_command("domain", "check", "no.example")


def test_administrators_have_a_page_of_it_and_others_do_not(place: Place, alice: Person, bob: Person) -> None:
    place.complete()
    page = f"/admin/accounts/domain/{Domain.objects.get(name=place.domain).pk}/check/"
    User.objects.filter(pk=alice.user.pk).update(is_admin=True)
    browser = Client()
    browser.force_login(bob.user)
    assert browser.get(page).status_code == 302
    browser.force_login(alice.user)
    text = browser.get(page).content.decode()
    assert "Nothing essential is missing" in text and f"10 {HOST}." in text
    assert page in browser.get("/admin/accounts/domain/").content.decode()


def test_a_domain_name_can_not_write_html(place: Place, alice: Person) -> None:
    place.complete()
    place.replace(place.domain, "TXT", "v=spf1 <script>alert(1)</script>")
    User.objects.filter(pk=alice.user.pk).update(is_admin=True)
    browser = Client()
    browser.force_login(alice.user)
    text = browser.get(f"/admin/accounts/domain/{Domain.objects.get(name=place.domain).pk}/check/").content.decode()
    assert "<script>alert" not in text and "&lt;script&gt;" in text


def test_a_domain_that_does_not_exist_has_no_page(alice: Person) -> None:
    User.objects.filter(pk=alice.user.pk).update(is_admin=True)
    browser = Client()
    browser.force_login(alice.user)
    assert browser.get("/admin/accounts/domain/99999999/check/").status_code == 404
