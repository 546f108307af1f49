"""What is attached as text or as a message is found as body text, too (RFC 8621 §4.4.1 `body`)."""

import io

import pytest

from jmap.client import Client
from tests.fixtures.mail import roles
from tests.mime.test_text import INNER, PARTS


@pytest.mark.parametrize("word", ["apple", "quince", "melon", "zoe", "pear"])
def test_words_in_attached_texts_and_messages_are_found(jmap: Client, word: str) -> None:
    blob = jmap.upload(io.BytesIO(PARTS.format(inner=INNER).encode()))["blobId"]
    email = {"blobId": blob, "mailboxIds": {roles(jmap)["inbox"]: True}}
    made = jmap.call("Email/import", emails={"new": email})["created"]["new"]
    assert jmap.call("Email/query", filter={"body": word})["ids"] == [made["id"]]
    assert jmap.call("Email/query", filter={"text": word})["ids"] == [made["id"]]
    (snippet,) = jmap.call("SearchSnippet/get", filter={"text": word}, emailIds=[made["id"]])["list"]
    assert "<mark>" in snippet["preview"]


@pytest.mark.parametrize("word", ["pdf", "fig"])
def test_what_no_reader_is_shown_is_not_found(jmap: Client, word: str) -> None:
    blob = jmap.upload(io.BytesIO(PARTS.format(inner=INNER).encode()))["blobId"]
    jmap.call("Email/import", emails={"new": {"blobId": blob, "mailboxIds": {roles(jmap)["inbox"]: True}}})
    assert jmap.call("Email/query", filter={"body": word})["ids"] == []
