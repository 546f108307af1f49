"""Real and broken messages of other projects: each of them opens, and comes back byte for byte."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.test import Client as Web

from jmap.client import Client
from tests.webmail.mailing import put

FOLDER = Path(__file__).parents[3] / "shared" / "mail"
MESSAGES = sorted(FOLDER.rglob("*.eml"))


@pytest.mark.skipif(not MESSAGES, reason=f"no messages in {FOLDER}")
def test_every_message_opens_with_all_its_parts_and_comes_back_as_it_was(web: Web, jmap: Client) -> None:
    for path in MESSAGES:
        octets = path.read_bytes()
        email = put(jmap, octets)
        page = web.get(f"/mail/starred/{email['threadId']}")
        assert page.status_code == 200, path
        saved = web.get(f"/mail/message/{email['id']}/source")
        assert saved.getvalue() == octets, path
        for address in re.findall(r'(?:src|href)="(/mail/message/[^"]+)"', page.content.decode()):
            assert web.get(unescape(address)).status_code == 200, (path, address)
