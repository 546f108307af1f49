"""Writing in a real Chromium."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from jmap.client import Client
from tests.webmail.mailing import mailbox, put, text
from tests.webmail.test_compose import body, emails


def write(page: Page, to: str = "ben@example.net", subject: str = "Pears") -> None:
    """A new letter, as far as its subject."""
    page.keyboard.press("c")
    expect(page.locator("#compose .tokens").first).to_be_visible()
    page.keyboard.type(f"{to},")
    page.locator("[name=subject]").fill(subject)


def test_a_letter_by_keyboard_alone_and_taken_back(page: Page, jmap: Client) -> None:
    original = put(jmap, text("Lunch?", "Are you free?", Message_ID="<1@example.net>"))
    page.reload()
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("#subject")).to_have_text("Lunch?")
    page.keyboard.press("r")
    expect(page.locator("#compose .token").first).to_contain_text("Ben")
    page.locator("[name=body]").press_sequentially("Yes.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("Sent.")
    assert emails(jmap, "sent")[0]["threadId"] == original["threadId"]
    page.locator("#list").focus()
    page.keyboard.press("z")
    expect(page.locator("[name=body]")).to_have_value(re.compile("^Yes\\.\n\nOn 3 March 2026.*\n> Are you free\\?"))
    assert emails(jmap, "sent") == []


def test_a_draft_is_saved_while_one_types(page: Page, jmap: Client) -> None:
    write(page)
    page.locator("[name=body]").fill("They are ripe.")
    expect(page.locator(".saved")).to_contain_text("Saved", timeout=15_000)
    [draft] = emails(jmap, "drafts")
    assert (draft["to"][0]["email"], body(draft).strip()) == ("ben@example.net", "They are ripe.")
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.includes('letter'))") == []


def test_leaving_saves_too(page: Page, jmap: Client) -> None:
    write(page, subject="In haste")
    page.keyboard.press("Escape")
    page.locator("#compose .back").click()
    expect(page.locator("#compose")).to_have_count(0)
    assert emails(jmap, "drafts")[0]["subject"] == "In haste"


def test_what_could_not_be_saved_is_offered_again(page: Page, jmap: Client) -> None:
    write(page)
    page.context.set_offline(True)
    page.locator("[name=body]").fill("Precious words")
    expect(page.locator(".saved")).to_contain_text("kept in this browser", timeout=15_000)
    page.context.set_offline(False)
    page.goto(f"/mail/{mailbox(jmap, 'archive')}/")
    put(jmap, text(), role="archive")
    page.reload()
    page.locator(".leftover a").first.click()
    expect(page.locator("[name=body]")).to_have_value("Precious words")
    expect(page.locator(".saved")).to_contain_text("Saved", timeout=15_000)
    assert [body(each).strip() for each in emails(jmap, "drafts")] == ["Precious words"]


def test_files_are_uploaded_at_once_and_can_be_taken_away(page: Page, jmap: Client, tmp_path: Path) -> None:
    for name in ("plan.txt", "secret.txt"):
        (tmp_path / name).write_text("Plan")
    write(page)
    page.locator("[name=upload]").set_input_files([tmp_path / "plan.txt", tmp_path / "secret.txt"])
    expect(page.locator(".files [name=file]")).to_have_count(2)
    page.get_by_role("button", name="Remove secret.txt").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("Sent.")
    assert [part["name"] for part in emails(jmap, "sent")[0]["attachments"]] == ["plan.txt"]


def test_a_forgotten_attachment_is_asked_about_once(page: Page, jmap: Client) -> None:
    write(page)
    page.locator("[name=body]").fill("Please see the attached plan.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".doubt")).to_contain_text("there is none")
    page.get_by_role("button", name="Send all the same").click()
    expect(page.locator(".toast")).to_contain_text("Sent.")


def test_formatting_is_sent_as_html(page: Page, jmap: Client) -> None:
    write(page)
    page.get_by_role("button", name="Formatting").click()
    page.locator(".sheet").click()
    page.keyboard.type("Ripe ")
    page.keyboard.press("Control+b")
    page.keyboard.type("pears")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("Sent.")
    [sent] = emails(jmap, "sent")
    assert "<b>pears</b>" in body(sent, "htmlBody")
    assert body(sent).strip() == "Ripe pears"


def test_people_are_suggested_and_tokens_walked_over(page: Page, jmap: Client) -> None:
    put(jmap, text(sender="Anna Berg <anna@example.net>"))
    page.keyboard.press("c")
    expect(page.locator("#compose .tokens").first).to_be_visible()
    page.keyboard.type("anna")
    expect(page.locator(".suggestions [role=option]").first).to_have_text("Anna Berg <anna@example.net>")
    page.keyboard.press("Enter")
    expect(page.locator("[name=to]")).to_have_value("Anna Berg <anna@example.net>")
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    expect(page.locator("[name=to]")).to_have_value("")


def test_a_letter_that_cannot_go_comes_back_with_its_words(page: Page, jmap: Client) -> None:
    write(page, to="nobody")
    page.locator("[name=body]").fill("Precious words")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".trouble")).to_contain_text("not an e-mail address")
    expect(page.locator("[name=body]")).to_have_value("Precious words")


def test_a_letter_waits_until_tomorrow(page: Page, jmap: Client) -> None:
    write(page)
    page.locator(".later summary").click()
    page.get_by_role("button", name="Tomorrow morning").click()
    expect(page.locator(".toast")).to_contain_text("It will be sent on")
    assert jmap.call("EmailSubmission/get")["list"][0]["undoStatus"] == "pending"
