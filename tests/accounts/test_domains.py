"""The one spelling of domains and addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domains import BadAddress, normal_address, normal_domain


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Alice@Example.ORG", "alice@example.org"),
        (" a.b+c@x.example ", "a.b+c@x.example"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("δοκιμή@example.org", "δοκιμή@example.org"),
    ],
)
def test_an_address_has_one_spelling(text: str, normal: str) -> None:
    assert normal_address(text) == normal


@pytest.mark.parametrize("text", ["", "a", "@", "a@", "@b.example", "a b@c.example", "a..b@c.example", "a@b@c.example"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        normal_address(text)


@pytest.mark.parametrize("text", ["", ".", "a..b", "-a.example", "a-.example", "a b", "a\0b", "x" * 64 + ".example"])
def test_what_is_no_domain_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        normal_domain(text)


@given(st.text())
def test_the_normal_spelling_is_stable_or_refused(text: str) -> None:
    try:
        once = normal_address(text)
    except BadAddress:
        return
    assert normal_address(once) == once
