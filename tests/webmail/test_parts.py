"""What the frame shows and what is saved."""

import re

import pytest
from django.test import Client as Web

from jmap.client import Client
from tests.webmail.mailing import RED_DOT, html, message, put, text, with_parts


def body(web: Web, email: dict[str, str], part: str = "1", query: str = "") -> str:
    return web.get(f"/mail/message/{email['id']}/{part}/body{query}").content.decode()


def test_the_frame_has_a_policy_of_its_own(web: Web, jmap: Client) -> None:
    email = put(jmap, html("<p>Hi</p>"))
    policy = web.get(f"/mail/message/{email['id']}/1/body")["Content-Security-Policy"]
    assert policy == (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline';"
        " img-src data: http://testserver/mail/image/; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


def test_remote_images_come_only_when_asked_for(web: Web, jmap: Client) -> None:
    email = put(jmap, html("<img src=https://example.org/x.png>"))
    assert "example.org" not in body(web, email)
    assert "example.org" in body(web, email, query="?images=1")


def test_an_inline_image_is_shown_to_who_has_no_cookies(web: Web, jmap: Client) -> None:
    email = put(jmap, with_parts("<img src=cid:dot>", ("image/png", "Content-ID: <dot>", RED_DOT)))
    address = re.search(r'src="http://testserver(/mail/image/[^"]+)"', body(web, email))
    assert address
    answer = Web().get(address[1])
    assert (answer.content, answer["Content-Type"]) == (RED_DOT, "image/png")


def test_a_forged_image_address_is_nothing(web: Web, jmap: Client) -> None:
    email = put(jmap, with_parts("<img src=cid:dot>", ("image/png", "Content-ID: <dot>", RED_DOT)))
    address = re.search(r'src="http://testserver(/mail/image/[^"]+)"', body(web, email))
    assert address
    assert Web().get(address[1][:-2] + "xx").status_code == 404


def test_svg_is_never_shown_in_place(web: Web, jmap: Client) -> None:
    email = put(jmap, with_parts("<img src=cid:pic>", ("image/svg+xml", "Content-ID: <pic>", b"<svg/>")))
    assert "/mail/image/" not in body(web, email)


def test_a_shown_inline_image_is_no_attachment(web: Web, jmap: Client) -> None:
    dot = ("image/png; name=dot.png", "Content-ID: <dot>", RED_DOT)
    email = put(jmap, with_parts("<img src=cid:dot>", dot, ("application/pdf; name=plan.pdf", "X-A: b", b"%PDF")))
    page = web.get(f"/mail/search/{email['threadId']}?q=parts").content.decode()
    assert "plan.pdf" in page
    assert "dot.png" not in page


def test_attachments_are_saved_never_shown(web: Web, jmap: Client) -> None:
    evil = ("text/html; name=evil.html", "Content-Disposition: attachment", b"<script>alert(1)</script>")
    answer = web.get(f"/mail/message/{put(jmap, with_parts('x', evil))['id']}/2/file")
    assert b"".join(answer) == b"<script>alert(1)</script>"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_a_file_name_can_not_hide_its_extension(web: Web, jmap: Client) -> None:
    name = "Content-Disposition: attachment; filename*=utf-8''photo%E2%80%AEgpj.exe"
    answer = web.get(f"/mail/message/{put(jmap, with_parts('x', ('application/x-exe', name, b'x')))['id']}/2/file")
    assert "%E2%80%AE" not in answer["Content-Disposition"]


def test_a_message_is_saved_octet_for_octet(web: Web, jmap: Client) -> None:
    octets = text("Größe".encode().decode("utf-8"))
    answer = web.get(f"/mail/message/{put(jmap, octets)['id']}/source")
    assert b"".join(answer) == octets


def test_html_nested_too_deep_is_shown_as_text(web: Web, jmap: Client) -> None:
    assert "&lt;div&gt;" in body(web, put(jmap, html("<div>" * 5000 + "deep")))


@pytest.mark.parametrize("part", ["1", "9", "x"])
def test_only_html_has_a_frame(web: Web, jmap: Client, part: str) -> None:
    assert web.get(f"/mail/message/{put(jmap, text())['id']}/{part}/body").status_code == 404


def test_a_message_without_anything_opens(web: Web, jmap: Client) -> None:
    email = put(jmap, message({}, "application/octet-stream", ""))
    assert web.get(f"/mail/starred/{email['threadId']}").status_code == 200
