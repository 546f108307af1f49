"""Each message of `data` is read as the JSON file beside it says."""

import json
from pathlib import Path

import pytest

from tests.mime.golden import describe

DATA = Path(__file__).parent / "data"
MESSAGES = sorted(DATA.glob("*.eml"))


@pytest.mark.parametrize("message", MESSAGES, ids=[path.stem for path in MESSAGES])
def test_a_message_is_read_as_its_golden_file_says(message: Path) -> None:
    assert describe(message.read_bytes()) == json.loads(message.with_suffix(".json").read_text("utf-8"))


def test_the_example_of_rfc_8621_is_decomposed_as_printed_there() -> None:
    found = describe((DATA / "rfc8621_example.eml").read_bytes())
    letters = dict(zip(map(str, range(1, 11)), "ABCDEFGHJK", strict=True))
    lists = {name: "".join(letters[part] for part in found[name]) for name in ("text_body", "html_body", "attachments")}
    assert lists == {"text_body": "ABCDK", "html_body": "AEK", "attachments": "CFGHJ"}
