"""The pages: lists, conversations, search; who may see them, and under which policy."""

import pytest
from django.test import Client as Web

from jmap.client import Client
from tests.fixtures.accounts import Person
from tests.webmail.mailing import html, mailbox, put, text


def shown(web: Web, path: str) -> str:
    answer = web.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_the_root_leads_to_the_inbox(web: Web, jmap: Client) -> None:
    answer = web.get("/", follow=True)
    assert answer.redirect_chain[-1][0] == f"/mail/{mailbox(jmap, 'inbox')}/"


def test_who_is_not_logged_in_is_asked_to() -> None:
    assert Web().get("/mail/m1/")["Location"] == "/login?next=/mail/m1/"


def test_an_empty_inbox_says_so(web: Web) -> None:
    assert "everything." in web.get("/mail/", follow=True).content.decode()


def test_the_list_shows_a_conversation_once(web: Web, jmap: Client) -> None:
    put(jmap, text(Message_ID="<1@x>"))
    put(jmap, text("Re: Lunch?", sender="Cleo <cleo@example.net>", In_Reply_To="<1@x>", References="<1@x>"))
    page = web.get("/mail/", follow=True).content.decode()
    assert page.count('class="row') - page.count('class="rows') == 1
    assert "Ben, Cleo" in page


def test_the_list_has_pages_of_fifty(web: Web, jmap: Client) -> None:
    for number in range(51):
        put(jmap, text(f"Subject {number}"))
    page = web.get("/mail/", follow=True).content.decode()
    assert "1–50 of 51" in page
    assert "51–51 of 51" in shown(web, f"/mail/{mailbox(jmap, 'inbox')}/?from=50")


def test_markup_in_headers_is_text(web: Web, jmap: Client) -> None:
    email = put(jmap, text("<script>alert(1)</script>", sender='"><img src=x>" <a@example.net>'))
    page = shown(web, f"/mail/{mailbox(jmap, 'inbox')}/{email['threadId']}")
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_html_mail_is_never_in_the_page(web: Web, jmap: Client) -> None:
    email = put(jmap, html("<p>Hello <b>there</b></p>"))
    page = shown(web, f"/mail/{mailbox(jmap, 'inbox')}/{email['threadId']}")
    assert "<b>there" not in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page


def test_a_page_allows_only_itself(web: Web) -> None:
    policy = web.get("/mail/", follow=True)["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


def test_opening_by_get_changes_nothing(web: Web, jmap: Client) -> None:
    email = put(jmap, text())
    shown(web, f"/mail/{mailbox(jmap, 'inbox')}/{email['threadId']}")
    assert jmap.call("Email/get", ids=[email["id"]], properties=["keywords"])["list"][0]["keywords"] == {}


def test_search_marks_what_it_found(web: Web, jmap: Client) -> None:
    put(jmap, text("Harvest", "The <pears> are ripe"))
    put(jmap, text("Other"))
    page = shown(web, "/mail/search/?q=pears")
    assert "<mark>pears</mark>" in page
    assert "&lt;" in page
    assert "Other" not in page


def test_search_leaves_out_what_is_thrown_away(web: Web, jmap: Client) -> None:
    put(jmap, text("Pears"), "trash")
    assert "Nothing found." in shown(web, "/mail/search/?q=pears")


def test_starred_mail_has_a_place(web: Web, jmap: Client) -> None:
    put(jmap, text("Precious"), keywords={"$flagged": True})
    assert "Precious" in shown(web, "/mail/starred/")


@pytest.mark.parametrize(
    "path",
    ["/mail/m999/", "/mail/nonsense/", "/mail/starred/t999", "/mail/starred/" + "t" * 300, "/nowhere", "/mail/image/x"],
)
def test_what_is_not_there_is_a_friendly_404(web: Web, path: str) -> None:
    answer = web.get(path)
    assert answer.status_code == 404
    assert "To your mail" in answer.content.decode()


def test_another_users_mail_is_not_there(web: Web, bob: Person) -> None:
    email = put(bob.jmap, html("<p>Secret</p>"))
    inbox = mailbox(bob.jmap, "inbox")
    assert "Secret" not in web.get(f"/mail/{inbox}/").content.decode()
    for path in (f"/mail/starred/{email['threadId']}", f"/mail/message/{email['id']}/source"):
        assert web.get(path).status_code == 404


def test_times_are_those_of_the_reader(web: Web, jmap: Client) -> None:
    put(jmap, text(), receivedAt="2026-01-05T23:30:00Z")
    web.cookies["tz"] = "Asia/Tokyo"
    assert "Tuesday 06 January 2026, 08:30" in web.get("/mail/", follow=True).content.decode()


def test_a_search_shows_what_it_understood(web: Web, jmap: Client) -> None:
    put(jmap, text("Harvest", "The pears are ripe"))
    page = web.get("/mail/search/", {"q": "from:ben pears"}).content.decode()
    assert '<li class="operator"><bdi>from:ben</bdi><a href="/mail/search/?q=pears"' in page
    assert "<li><bdi>pears</bdi>" in page
    assert "Harvest" in page
