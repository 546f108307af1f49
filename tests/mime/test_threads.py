"""What makes two messages one thread: base subjects (RFC 5256 §2.1) and message ids (RFC 8621 §3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmap.mime.fields import parse_fields
from jmap.mime.threads import base_subject, thread_message_ids

SUBJECTS = {
    "Lunch": "Lunch",
    "  Lunch \t today ": "Lunch today",
    "Re: Lunch": "Lunch",
    "RE: re: Re: Lunch": "Lunch",
    "Re : Lunch": "Lunch",
    "Fwd: Lunch": "Lunch",
    "FW: Lunch": "Lunch",
    "Re[2]: Lunch": "Lunch",
    "Re [2]: Lunch": "Lunch",
    "[list] Lunch": "Lunch",
    "[list] Re: Lunch": "Lunch",
    "Re: [list] Lunch": "Lunch",
    "Re: [list] Fwd: [other] Lunch": "Lunch",
    "[one] [two] Re: Lunch": "Lunch",
    "[list]": "[list]",
    "Re: [list]": "[list]",
    "Lunch (fwd)": "Lunch",
    "Lunch (FWD) (fwd) ": "Lunch",
    "[Fwd: Lunch]": "Lunch",
    "[Fwd: Re: Lunch (fwd)]": "Lunch",
    "Re: [fwd: [fwd: Lunch]]": "Lunch",
    "AW: WG: Essen": "Essen",
    "回复：午饭": "午饭",
    "Regarding: Lunch": "Regarding: Lunch",
    "Lunch: Re: us": "Lunch: Re: us",
    "Reply": "Reply",
    "Re:": "",
    "": "",
}


@pytest.mark.parametrize(("subject", "base"), SUBJECTS.items())
def test_the_base_subject_is_what_rfc_5256_extracts(subject: str, base: str) -> None:
    assert base_subject(subject) == base


@given(
    st.lists(st.sampled_from(["Re:", "Fwd: ", "[a]", "[fwd: ", "]", "(fwd)", " ", "x", "：", "[", "é"])).map("".join)
)
def test_a_base_subject_is_its_own_base_subject(subject: str) -> None:
    assert base_subject(base_subject(subject)) == base_subject(subject)


def test_message_ids_come_from_three_fields_each_once() -> None:
    block = b"Message-ID: <a@x>\r\nIn-Reply-To: <b@x> (said b)\r\nReferences: <c@x>\r\n <b@x>\r\nSubject: <d@x>\r\n"
    assert thread_message_ids(parse_fields(block, 0, len(block))) == ["a@x", "b@x", "c@x"]
