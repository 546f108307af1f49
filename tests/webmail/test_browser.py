"""The webmail in a real Chromium, against a real server."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from jmap.client import Client
from tests.fixtures.accounts import Person
from tests.webmail.mailing import RED_DOT, html, mailbox, put, text, with_parts


@pytest.fixture
def tracker() -> Iterator[tuple[str, list[str]]]:
    """A server that senders track with: its address and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(RED_DOT)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def open_inbox(page: Page) -> None:
    page.goto("/mail/")


def open_first(page: Page) -> None:
    open_inbox(page)
    page.locator(".row .open").first.click()
    page.wait_for_selector("#subject")


def test_a_conversation_opens_beside_the_list_and_is_read(page: Page, jmap: Client) -> None:
    email = put(jmap, text())
    open_first(page)
    expect(page.locator(".text")).to_contain_text("Are you free?")
    expect(page.locator(".row.unread")).to_have_count(0)
    keywords = jmap.call("Email/get", ids=[email["id"]], properties=["keywords"])["list"][0]["keywords"]
    assert keywords == {"$seen": True}


def test_html_is_shown_in_its_frame_without_its_scripts(page: Page, jmap: Client) -> None:
    put(jmap, html("<h1>Hello</h1><script>parent.document.title='owned'</script><img src=x onerror='top.owned=1'>"))
    open_first(page)
    expect(page.frame_locator("iframe").locator("h1")).to_have_text("Hello")
    assert page.title() == "News · Posthorn"
    assert page.evaluate("window.owned") is None
    assert page.evaluate("document.querySelector('iframe').contentDocument") is None


def test_remote_images_load_only_when_asked_for(page: Page, jmap: Client, tracker: tuple[str, list[str]]) -> None:
    address, asked = tracker
    put(jmap, html(f"<p>Hi</p><img src={address}/pixel.png><p style='background:url({address}/css.png)'>x</p>"))
    open_first(page)
    expect(page.frame_locator("iframe").locator("p").first).to_have_text("Hi")
    assert asked == []
    with page.expect_response("**/pixel.png"):
        page.get_by_role("link", name="Show images").click()
    assert asked == ["/pixel.png"]


def test_an_image_of_the_message_is_shown(page: Page, jmap: Client) -> None:
    put(jmap, with_parts("<img src=cid:dot>", ("image/png", "Content-ID: <dot>", RED_DOT)))
    with page.expect_response("**/mail/image/**") as answer:
        open_first(page)
    assert answer.value.body() == RED_DOT


def test_archive_and_undo(page: Page, jmap: Client) -> None:
    put(jmap, text())
    open_first(page)
    page.locator("#reader-form").get_by_role("button", name="Archive").click()
    expect(page.locator(".row")).to_have_count(0)
    assert jmap.call("Email/query", filter={"inMailbox": mailbox(jmap, "inbox")})["ids"] == []
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".row")).to_have_count(1)
    expect(page.locator(".toast")).to_contain_text("Undone.")


def test_several_are_selected_and_moved(page: Page, jmap: Client) -> None:
    for number in range(3):
        put(jmap, text(f"Subject {number}"))
    open_inbox(page)
    page.get_by_label("Select all on this page").check()
    page.locator("#list-form").get_by_label("Move to", exact=True).first.click()
    page.locator("#list-form select").select_option(mailbox(jmap, "junk"))
    page.locator("#list-form").get_by_role("button", name="Move", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("3 conversations moved to Junk.")
    expect(page.locator(".row")).to_have_count(0)


def test_search_finds_and_marks(page: Page, jmap: Client) -> None:
    put(jmap, text("Harvest", "The pears are ripe"))
    put(jmap, text("Other"))
    page.keyboard.press("/")
    page.keyboard.type("pears")
    page.keyboard.press("Enter")
    expect(page.locator(".row mark")).to_have_text("pears")
    expect(page.locator(".row")).to_have_count(1)


def test_everything_by_keyboard(page: Page, jmap: Client) -> None:
    for number in range(3):
        put(jmap, text(f"Subject {number}"))
    open_inbox(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("#subject")).to_have_text("Subject 1")
    page.keyboard.press("s")
    expect(page.locator("#reader-form .star")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("u")
    expect(page.locator("#subject")).to_have_count(0)
    page.locator(".row .open").first.focus()
    page.keyboard.press("e")
    expect(page.locator(".row")).to_have_count(2)
    page.keyboard.press("z")
    expect(page.locator(".row")).to_have_count(3)
    page.locator(".row .open").last.focus()
    page.keyboard.press("#")
    expect(page.locator(".toast")).to_contain_text("moved to Trash")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_undo_stays_offered_while_one_reads_on(page: Page, jmap: Client) -> None:
    for number in range(3):
        put(jmap, text(f"Subject {number}"))
    open_inbox(page)
    page.locator(".row .open").first.focus()
    page.keyboard.press("e")
    page.keyboard.press("o")  # before the server has answered
    expect(page.locator("#subject")).to_have_text("Subject 1")
    expect(page.locator(".toast")).to_contain_text("archived")
    page.keyboard.press("z")
    expect(page.locator(".row")).to_have_count(3)


def test_back_goes_back(page: Page, jmap: Client) -> None:
    put(jmap, text())
    open_first(page)
    page.go_back()
    expect(page.locator("#subject")).to_have_count(0)
    expect(page.locator(".row")).to_have_count(1)


def test_a_phone_shows_one_thing_at_a_time(page: Page, jmap: Client) -> None:
    put(jmap, text())
    page.set_viewport_size({"width": 390, "height": 844})
    open_first(page)
    expect(page.locator("#list")).to_be_hidden()
    page.locator(".back").click()
    expect(page.locator("#list")).to_be_visible()
    expect(page.locator("#sidebar")).to_be_hidden()
    page.get_by_role("button", name="Mailboxes").click()
    page.get_by_role("link", name="Archive").click()
    expect(page.locator("h1")).to_have_text("Archive")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_logging_out_ends_it(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login*")
    page.goto("/mail/")
    expect(page.get_by_label("Password")).to_be_visible()


def test_it_works_without_scripts(chromium: Browser, live_server_url: str, alice: Person, jmap: Client) -> None:
    put(jmap, text())
    page = chromium.new_context(base_url=live_server_url, java_script_enabled=False).new_page()
    page.goto("/")
    page.get_by_label("E-mail address").fill(alice.email)
    page.get_by_label("Password").fill(alice.password)
    page.get_by_role("button", name="Log in").click()
    page.locator(".row .open").click()
    page.locator("#reader-form").get_by_role("button", name="Archive").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".row")).to_have_count(1)
    page.context.close()
