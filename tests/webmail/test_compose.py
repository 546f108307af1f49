"""Writing, keeping, sending and taking back, without a browser."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Web
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from jmap.client import Client
from tests.fixtures.accounts import Person
from tests.webmail.mailing import html, mailbox, put, text
from webmail.letters import Unusable, addresses, written

FIELD = re.compile(r'<(?:input|select)[^>]*name="(\w+)"[^>]*?value="([^"]*)"')
AREA = re.compile(r'<textarea name="(\w+)"[^>]*>\n?(.*?)</textarea>', re.S)


def opened(web: Web, jmap: Client, query: str = "") -> dict[str, Any]:
    """The fields of a letter's form as a browser would send them."""
    page = web.get(f"/mail/{mailbox(jmap, 'inbox')}/compose{query}").content.decode()
    fields: dict[str, Any] = {}
    for name, value in FIELD.findall(page[page.index('id="compose"') :]):
        if name == "file":
            fields.setdefault("file", []).append(unescape(value))
        else:
            fields.setdefault(name, unescape(value))
    return fields | {name: unescape(value) for name, value in AREA.findall(page)}


def press(web: Web, fields: dict[str, Any], action: str, **more: Any) -> str:
    """The page after a button."""
    return web.post("/mail/write", {**fields, "action": action, **more}, follow=True).content.decode()


def emails(jmap: Client, role: str) -> list[dict[str, Any]]:
    ids = jmap.call("Email/query", filter={"inMailbox": mailbox(jmap, role)})["ids"]
    found: list[dict[str, Any]] = jmap.call("Email/get", ids=ids, fetchAllBodyValues=True)["list"]
    return found


def body(email: dict[str, Any], which: str = "textBody") -> str:
    return "".join(email["bodyValues"][part["partId"]]["value"] for part in email[which])


def test_a_letter_is_sent_held_and_filed(web: Web, jmap: Client) -> None:
    page = press(web, opened(web, jmap), "send", to="Ben <ben@example.net>", subject="Pears", body="They are ripe.")
    assert "Sent." in page and 'name="submission"' in page
    [sent] = emails(jmap, "sent")
    assert (sent["subject"], body(sent).strip(), sent["keywords"]) == ("Pears", "They are ripe.", {"$seen": True})
    [submission] = jmap.call("EmailSubmission/get")["list"]
    assert submission["undoStatus"] == "pending" and submission["emailId"] == sent["id"]
    assert [each["email"] for each in submission["envelope"]["rcptTo"]] == ["ben@example.net"]


def test_it_can_be_taken_back_and_written_on(web: Web, jmap: Client) -> None:
    page = press(web, opened(web, jmap), "send", to="ben@example.net", subject="Pears", body="Ripe.")
    submission = re.findall(r'name="submission" value="([^"]+)"', page)[0]
    page = web.post("/mail/unsend", {"submission": submission}, follow=True).content.decode()
    assert "Nobody has got it" in page and "Ripe." in page
    assert emails(jmap, "sent") == []
    [draft] = emails(jmap, "drafts")
    assert "$draft" in draft["keywords"]
    assert jmap.call("EmailSubmission/get")["list"][0]["undoStatus"] == "canceled"


def test_a_draft_saved_twice_is_one_draft(web: Web, jmap: Client) -> None:
    fields = opened(web, jmap)
    first = web.post("/mail/write", {**fields, "action": "save", "quiet": "1", "body": "One"}).json()
    assert first.keys() == {"draft", "saved"}
    web.post("/mail/write", {**fields, "action": "save", "quiet": "1", "body": "Two"})  # the first answer was lost
    [draft] = emails(jmap, "drafts")
    assert body(draft).strip() == "Two"


def test_a_draft_is_taken_up_again(web: Web, jmap: Client) -> None:
    fields = opened(web, jmap)
    press(web, fields, "save", to="Ben <ben@example.net>", cc="cy@example.net", subject="Pears", body="Half a th")
    [draft] = emails(jmap, "drafts")
    again = opened(web, jmap, f"?draft={draft['id']}")
    assert (again["to"], again["cc"], again["body"]) == ("Ben <ben@example.net>", "cy@example.net", "Half a th")
    assert again["message_id"] == fields["message_id"] and again["draft"] == draft["id"]


@pytest.mark.parametrize(("mine", "other"), [("1@host", "1@host.example"), ("!@!", "2@host.example")])
def test_saving_leaves_drafts_of_other_letters_alone(web: Web, jmap: Client, mine: str, other: str) -> None:
    drafts = [put(jmap, text(Message_ID=f"<{id}>"), role="drafts", keywords={"$draft": True}) for id in (mine, other)]
    fields = opened(web, jmap, f"?draft={drafts[0]['id']}") | {"message_id": mine}
    press(web, fields, "save", body="Mine")
    assert drafts[1]["id"] in [each["id"] for each in emails(jmap, "drafts")]


def test_discarding_after_a_lost_answer_takes_the_draft_away(web: Web, jmap: Client) -> None:
    fields = opened(web, jmap)
    web.post("/mail/write", {**fields, "action": "save", "quiet": "1", "body": "One"})  # the page never hears its id
    press(web, fields, "discard")
    assert emails(jmap, "drafts") == [] and len(emails(jmap, "trash")) == 1


def test_an_unknown_button_is_not_found(web: Web, jmap: Client) -> None:
    assert web.post("/mail/write", {**opened(web, jmap), "action": "dance"}).status_code == 404


def test_sending_leaves_no_draft_behind(web: Web, jmap: Client) -> None:
    fields = opened(web, jmap)
    press(web, fields, "save", body="Draft")
    press(web, fields, "send", to="ben@example.net", body="Done")
    assert emails(jmap, "drafts") == [] and len(emails(jmap, "sent")) == 1


def test_an_answer_goes_to_the_sender_with_references_and_quotation(web: Web, jmap: Client) -> None:
    original = put(jmap, text("Lunch?", "Are you free?", Message_ID="<1@example.net>"))
    fields = opened(web, jmap, f"?reply={original['id']}")
    assert (fields["to"], fields["subject"]) == ("Ben <ben@example.net>", "Re: Lunch?")
    assert "> Are you free?" in fields["quoted"]
    press(web, fields, "send", body="Yes.")
    [sent] = emails(jmap, "sent")
    assert (sent["inReplyTo"], sent["references"]) == (["1@example.net"], ["1@example.net"])
    assert sent["threadId"] == original["threadId"]
    assert body(sent).startswith("Yes.\n\nOn 3 March 2026") and body(sent).rstrip().endswith("> Are you free?")
    assert "$answered" in jmap.call("Email/get", ids=[original["id"]])["list"][0]["keywords"]


def test_an_answer_to_all_leaves_oneself_out(web: Web, jmap: Client, alice: Person) -> None:
    everyone = f"{alice.email}, Cy <cy@example.net>"
    original = put(jmap, text(To=everyone, Cc="ben@example.net, dee@example.net"))
    fields = opened(web, jmap, f"?reply={original['id']}&all=1")
    assert (fields["to"], fields["cc"]) == ("Ben <ben@example.net>", "Cy <cy@example.net>, dee@example.net")


def test_ones_own_letter_is_answered_to_whom_it_went(web: Web, jmap: Client, alice: Person) -> None:
    original = put(jmap, text(sender=alice.email, To="cy@example.net"), role="sent")
    assert opened(web, jmap, f"?reply={original['id']}")["to"] == "cy@example.net"


def test_the_identity_that_was_written_to_answers(web: Web, jmap: Client, alice: Person) -> None:
    other = alice.email.replace("@", "+shop@")
    jmap.call("Identity/set", create={"x": {"name": "Shop", "email": other}})
    original = put(jmap, text(To=other))
    fields = opened(web, jmap, f"?reply={original['id']}")
    found = {each["id"]: each["email"] for each in jmap.call("Identity/get")["list"]}
    page = press(web, {**fields, "identity": next(id for id, email in found.items() if email == other)}, "send")
    assert "Sent." in page
    assert emails(jmap, "sent")[0]["from"] == [{"name": "Shop", "email": other}]


def test_a_forwarded_letter_takes_its_attachments_along(web: Web, jmap: Client) -> None:
    octets = b"From: ben@example.net\r\nSubject: Plan\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    octets += b"--x\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n--x\r\nContent-Type: application/pdf\r\n"
    octets += b"Content-Disposition: attachment; filename=plan.pdf\r\n\r\nPDF\r\n--x--\r\n"
    original = put(jmap, octets)
    fields = opened(web, jmap, f"?forward={original['id']}")
    press(web, fields, "send", to="cy@example.net", body="Look.")
    [sent] = emails(jmap, "sent")
    assert [part["name"] for part in sent["attachments"]] == ["plan.pdf"]
    assert "See there." in body(sent)


def test_files_come_with_the_form_too(web: Web, jmap: Client) -> None:
    page = press(web, opened(web, jmap), "save", upload=SimpleUploadedFile("plan.txt", b"Plan", "text/plain"))
    assert "plan.txt" in page
    [draft] = emails(jmap, "drafts")
    assert [(part["name"], part["size"]) for part in draft["attachments"]] == [("plan.txt", 4)]


def test_html_is_cleaned_and_has_its_text_beside_it(web: Web, jmap: Client) -> None:
    letter = '<p>Ripe <b>pears</b></p><script>alert(1)</script><img src="https://example.net/x.png" onerror="x()">'
    press(web, opened(web, jmap), "send", to="ben@example.net", is_html="1", body=letter)
    [sent] = emails(jmap, "sent")
    assert body(sent).strip() == "Ripe pears"
    assert "<b>pears</b>" in body(sent, "htmlBody")
    assert "script" not in body(sent, "htmlBody") and "onerror" not in body(sent, "htmlBody")


def test_a_picture_in_the_text_goes_along_and_comes_back(web: Web, jmap: Client) -> None:
    file = SimpleUploadedFile("dot.png", b"\x89PNG picture", "image/png")
    told = web.post("/mail/upload", {"upload": file, "inline": "1"}).json()
    fields = opened(web, jmap) | {"file": [told["packed"]], "is_html": "1"}
    press(web, fields, "save", body=f'<p>See <img src="{told["address"]}"></p>')
    [draft] = emails(jmap, "drafts")
    [picture] = draft["attachments"]
    assert picture["disposition"] == "inline" and f'src="cid:{picture["cid"]}"' in body(draft, "htmlBody")
    assert "/mail/image/" in opened(web, jmap, f"?draft={draft['id']}")["body"]


def test_addresses_are_read_as_people_type_them() -> None:
    typed = 'Ana Ruiz <ana@example.org>, "Berg, Ben" <ben@example.net>; cy@example.net\n"Dee" <dee@example.net>,'
    assert addresses(typed) == [
        {"name": "Ana Ruiz", "email": "ana@example.org"}, {"name": "Berg, Ben", "email": "ben@example.net"},
        {"name": None, "email": "cy@example.net"}, {"name": "Dee", "email": "dee@example.net"},
    ]  # fmt: skip
    assert addresses(written(addresses(typed))) == addresses(typed)


@given(st.text(max_size=200))
def test_any_text_is_addresses_or_refused(typed: str) -> None:
    try:
        assert all("@" in each["email"] for each in addresses(typed))
    except Unusable as error:
        assert str(error)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"to": ""}, "Say to whom it goes."),
        ({"to": "ben"}, "is not an e-mail address"),
        ({"to": "ben@example.net, <nobody"}, "is not an e-mail address"),
    ],
)
def test_what_cannot_be_sent_says_why_and_stays(web: Web, jmap: Client, fields: dict[str, str], words: str) -> None:
    page = press(web, opened(web, jmap), "send", body="Precious words", **fields)
    assert words in unescape(page) and "Precious words" in page
    assert emails(jmap, "sent") == []


def test_a_letter_may_wait_until_tomorrow(web: Web, jmap: Client) -> None:
    at = timezone.now() + timedelta(days=1)
    page = press(web, opened(web, jmap), "later", to="ben@example.net", at=f"{at:%Y-%m-%dT%H:%M}")
    assert "It will be sent on" in page
    [submission] = jmap.call("EmailSubmission/get")["list"]
    assert submission["sendAt"] == f"{at:%Y-%m-%dT%H:%M}:00Z"


@pytest.mark.parametrize(
    ("at", "words"), [("", "Choose when"), ("2020-01-01T08:00", "is past"), ("soon", "Choose when")]
)
def test_a_senseless_moment_is_refused(web: Web, jmap: Client, at: str, words: str) -> None:
    assert words in press(web, opened(web, jmap), "later", to="ben@example.net", at=at)


def test_a_discarded_draft_lies_in_the_trash(web: Web, jmap: Client) -> None:
    fields = opened(web, jmap)
    told = web.post("/mail/write", {**fields, "action": "save", "quiet": "1", "body": "One"}).json()
    page = press(web, fields | {"draft": told["draft"]}, "discard")
    assert "The draft is in the Trash." in page and len(emails(jmap, "trash")) == 1


def test_whom_one_writes_to_comes_first(web: Web, jmap: Client, alice: Person) -> None:
    put(jmap, text(sender="Anna Berg <anna@example.net>", To="p@example.net"))
    put(jmap, text(sender="Anna Berg <anna@example.net>", To="p@example.net"))
    put(jmap, text(sender=alice.email, To="Anders Ek <anders@example.net>"), role="sent")
    found = web.get("/mail/people", {"q": "an"}).json()["people"]
    assert found == ["Anders Ek <anders@example.net>", "Anna Berg <anna@example.net>"]


def test_strange_html_in_a_draft_does_not_reach_the_page(web: Web, jmap: Client) -> None:
    draft = put(
        jmap, html("<p onclick=x()>Hi</p><script>alert(1)</script></textarea><script>alert(2)</script>"), role="drafts"
    )
    page = web.get(f"/mail/starred/compose?draft={draft['id']}").content.decode()
    assert "alert(" not in page and "onclick" not in page


def test_somebody_elses_mail_cannot_be_answered(web: Web, bob: Person) -> None:
    theirs = put(bob.jmap, text())
    assert web.get(f"/mail/starred/compose?reply={theirs['id']}9").status_code == 404
