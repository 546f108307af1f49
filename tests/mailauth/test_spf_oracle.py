"""Our SPF beside pyspf, in a world where they must agree."""

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jmap.mailauth.spf import check_mail_from
from tests.mailauth.world import World

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import spf as pyspf

HOSTS = ["one.example", "two.example", "three.example"]
QUALIFIERS = st.sampled_from(["", "+", "-", "~", "?"])
NAMES = st.sampled_from([*HOSTS, "no.example", "%{d}", "%{l}.example", "%{o2}"])
MECHANISMS = st.one_of(
    st.builds("ip4:192.0.2.{}/{}".format, st.integers(0, 3), st.integers(24, 32)),
    st.builds("ip6:2001:db8::{}/{}".format, st.integers(0, 3), st.integers(100, 128)),
    st.builds("{}:{}{}".format, st.sampled_from(["a", "mx"]), NAMES, st.sampled_from(["", "/24", "/31//126", "//64"])),
    st.builds("{}:{}".format, st.sampled_from(["include", "exists", "ptr"]), NAMES),
    st.sampled_from(["a", "mx", "all", "ptr"]),
)
TERMS = st.builds("{}{}".format, QUALIFIERS, MECHANISMS) | st.builds("redirect={}".format, NAMES)
RECORDS = st.lists(TERMS, max_size=5).map(lambda terms: " ".join(["v=spf1", *terms]))
PEERS = st.sampled_from(["192.0.2.1", "192.0.2.2", "198.51.100.9", "2001:db8::1", "2001:db8::9"])


def make_world(records: list[str]) -> World:
    world = World().add("1.2.0.192.in-addr.arpa", "PTR", "one.example")
    for number, (host, text) in enumerate(zip(HOSTS, records, strict=True)):
        world.add(host, "TXT", text).add(host, "MX", (10, HOSTS[number - 1]))
        world.add(host, "A", f"192.0.2.{number}").add(host, "AAAA", f"2001:db8::{number}")
    return world


def their_verdict(world: World, peer: str, sender: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    def lookup(name: str, type: str, strict: bool, timeout: float) -> list[tuple[tuple[str, str], object]]:
        found = world(name, type).records
        if type == "TXT":
            found = tuple((octets,) for octets in found)
        if type == "MX":
            found = tuple((mx.preference, mx.host) for mx in found)
        return [((name, type), record) for record in found]

    monkeypatch.setattr(pyspf, "DNSLookup", lookup)
    result, explanation = pyspf.check2(peer, sender, "mx.example")
    return result, explanation


@settings(max_examples=200, deadline=None)
@given(st.lists(RECORDS, min_size=3, max_size=3), PEERS)
def test_pyspf_agrees(records: list[str], peer: str) -> None:
    world = make_world(records)
    with pytest.MonkeyPatch.context() as monkeypatch:
        theirs, explanation = their_verdict(world, peer, "ann@one.example", monkeypatch)
    if "Void lookup" in explanation:
        return  # they count every empty answer, we every term with one (RFC 7208 §4.6.4: "the number of 'terms'")
    if "trivial recursion" in explanation:
        return  # they refuse it where it stands, we where it is reached (RFC 7208 §4.6.2: each mechanism in turn)
    assert check_mail_from(peer, "ann@one.example", "mx.example", world).result == theirs, explanation
