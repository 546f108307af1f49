"""Any octets can be imported as a message; then everything about it can be asked."""

import random
from typing import Any

import pytest

from tests.fixtures.accounts import Person
from tests.fixtures.mail import is_sound
from tests.soak.letters import broken_message, templates
from tests.soak.line import EVERYTHING, Line
from tests.soak.odd import ODD_STRINGS

AT_ONCE = 50
FIELDS = ["text", "from", "to", "cc", "bcc", "subject", "body"]


@pytest.mark.parametrize("number", [300, pytest.param(10_000, marks=pytest.mark.soak)])
def test_broken_messages_are_kept_read_and_found(number: int, line: Line, dice: random.Random, alice: Person) -> None:
    valid, inbox = templates(), line.inbox()
    for _ in range(number // AT_ONCE):
        answer = line.put((broken_message(dice, valid) for _ in range(AT_ONCE)), inbox)
        assert answer["notCreated"] is None
        read_all(line, answer["created"])
        search(line, dice)
    assert is_sound(alice.caller)


def read_all(line: Line, created: dict[str, Any]) -> None:
    """Every property of each, as an Email and read again from its blob."""
    # A message that joins two threads renumbers emails; those of this import are reported under their last ids.
    ids = [each["id"] for each in created.values()]
    assert len(line.call("Email/get", ids=ids, **EVERYTHING)["list"]) == len(set(ids))
    blobs = [each["blobId"] for each in created.values()]
    line.call("Email/parse", blobIds=blobs, **EVERYTHING)


def search(line: Line, dice: random.Random) -> None:
    texts = [text for text in ODD_STRINGS if "\0" not in text]
    wanted = {name: dice.choice(texts) for name in dice.sample(FIELDS, 2)}
    condition = {
        "operator": "OR",
        "conditions": [wanted, {"text": "hello"}, {"header": ["subject", dice.choice(texts)]}],
    }
    sort = [{"property": dice.choice(["subject", "from", "to", "sentAt", "size"])}]
    ids = line.call("Email/query", filter=condition, sort=sort, limit=20)["ids"]
    line.call("SearchSnippet/get", filter=condition, emailIds=ids)
