"""The examples of RFC 7208."""

import pytest

from jmap.mailauth.spf import check_mail_from
from tests.mailauth.world import World, record, result_of

# RFC 7208, Appendix A.
EXAMPLES = [
    ("v=spf1 +all", "10.1.1.1", True),
    ("v=spf1 a -all", "192.0.2.10", True),
    ("v=spf1 a -all", "192.0.2.11", True),
    ("v=spf1 a -all", "192.0.2.65", False),
    ("v=spf1 a:example.org -all", "192.0.2.140", False),
    ("v=spf1 mx -all", "192.0.2.129", True),
    ("v=spf1 mx -all", "192.0.2.130", True),
    ("v=spf1 mx -all", "192.0.2.10", False),
    ("v=spf1 mx:example.org -all", "192.0.2.140", True),
    ("v=spf1 mx mx:example.org -all", "192.0.2.129", True),
    ("v=spf1 mx mx:example.org -all", "192.0.2.140", True),
    ("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.131", True),
    ("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.143", True),
    ("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.144", False),
    ("v=spf1 ptr -all", "192.0.2.65", True),
    ("v=spf1 ptr -all", "192.0.2.140", False),
    ("v=spf1 ptr -all", "10.0.0.4", False),
    ("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.65", False),
    ("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.129", True),
]


def appendix() -> World:
    world = World().add("example.com", "MX", (10, "mail-a.example.com"), (20, "mail-b.example.com"))
    world.add("example.com", "A", "192.0.2.10", "192.0.2.11").add("example.org", "MX", (10, "mail-c.example.org"))
    hosts = {"amy.example.com": 65, "bob.example.com": 66, "mail-a.example.com": 129, "mail-b.example.com": 130}
    for name, number in {**hosts, "mail-c.example.org": 140}.items():
        world.add(name, "A", f"192.0.2.{number}").add(f"{number}.2.0.192.in-addr.arpa", "PTR", name)
    world.add("10.2.0.192.in-addr.arpa", "PTR", "example.com").add("11.2.0.192.in-addr.arpa", "PTR", "example.com")
    return world.add("4.0.0.10.in-addr.arpa", "PTR", "bob.example.com")


@pytest.mark.parametrize(("text", "peer", "passes"), EXAMPLES)
def test_the_simple_examples(text: str, peer: str, passes: bool) -> None:
    assert result_of(record(text, appendix()), peer) == ("pass" if passes else "fail")


@pytest.mark.parametrize(("peer", "result"), [("192.0.2.129", "pass"), ("192.0.2.200", "pass"), ("192.0.2.66", "fail")])
def test_the_example_of_several_domains(peer: str, result: str) -> None:
    world = record("v=spf1 mx -all", appendix()).add("example.net", "TXT", "v=spf1 ip4:192.0.2.200 -all")
    world.add("example.org", "TXT", "v=spf1 include:example.com include:example.net -all")
    world.add("la.example.org", "TXT", "v=spf1 redirect=example.org")
    assert result_of(world, peer, "ann@la.example.org") == result


@pytest.mark.parametrize(
    ("sender", "peer", "result"),
    [
        ("mary@example.com", "10.1.1.1", "pass"),
        ("fred+tag@example.com", "10.1.1.1", "pass"),
        ("joel@example.com", "192.168.15.15", "pass"),
        ("joel@example.com", "192.168.15.17", "fail"),
        ("amy@example.com", "10.1.1.1", "fail"),
    ],
)
def test_the_example_of_mobile_users(sender: str, peer: str, result: str) -> None:
    spec = "v=spf1 mx include:mobile-users._spf.%{d} include:remote-users._spf.%{d} -all"
    world = record(spec, appendix())
    world.add("mobile-users._spf.example.com", "TXT", "v=spf1 exists:%{l1r+}.%{d}")
    world.add("remote-users._spf.example.com", "TXT", "v=spf1 exists:%{ir}.%{l1r+}.%{d}")
    for name in ("mary.mobile-users", "fred.mobile-users", "15.15.168.192.joel.remote-users"):
        world.add(f"{name}._spf.example.com", "A", "127.0.0.2")
    assert result_of(world, peer, sender) == result


@pytest.mark.parametrize(("peer", "result"), [("192.0.2.65", "pass"), ("192.0.2.77", "fail"), ("10.0.0.4", "fail")])
def test_the_example_of_several_requirements(peer: str, result: str) -> None:
    world = record("v=spf1 -include:ip4._spf.%{d} -include:ptr._spf.%{d} +all", appendix())
    world.add("ip4._spf.example.com", "TXT", "v=spf1 -ip4:192.0.2.0/24 +all")
    # The RFC has a bare "-ptr", which would ask for names below ptr._spf.example.com.
    world.add("ptr._spf.example.com", "TXT", "v=spf1 -ptr:example.com +all")
    assert result_of(world, peer) == result


# RFC 7208 §7.4.
EXPANSIONS = {
    "%{s}": "strong-bad@email.example.com",
    "%{o}": "email.example.com",
    "%{d}": "email.example.com",
    "%{d4}": "email.example.com",
    "%{d3}": "email.example.com",
    "%{d2}": "example.com",
    "%{d1}": "com",
    "%{dr}": "com.example.email",
    "%{d2r}": "example.email",
    "%{l}": "strong-bad",
    "%{l-}": "strong.bad",
    "%{lr}": "strong-bad",
    "%{lr-}": "bad.strong",
    "%{l1r-}": "strong",
    "%{ir}.%{v}._spf.%{d2}": "3.2.0.192.in-addr._spf.example.com",
    "%{lr-}.lp._spf.%{d2}": "bad.strong.lp._spf.example.com",
    "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}": "bad.strong.lp.3.2.0.192.in-addr._spf.example.com",
    "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}": "3.2.0.192.in-addr.strong.lp._spf.example.com",
    "%{d2}.trusted-domains.example.net": "example.com.trusted-domains.example.net",
    "%{p}": "mx.example.org",
    "%{c} %{h} %{r}": "192.0.2.3 helo.example here.example",
    "%%%_%-": "% %20",
    "%{S}": "strong-bad%40email.example.com",
    "%{d127}": "email.example.com",
    "%{d99999}": "email.example.com",
    "%{l2+-}": "strong.bad",
}


@pytest.mark.parametrize(("macro", "expansion"), EXPANSIONS.items())
def test_macros_expand_as_in_the_examples(macro: str, expansion: str) -> None:
    world = (
        World().add("email.example.com", "TXT", "v=spf1 -all exp=why.%{d}").add("why.email.example.com", "TXT", macro)
    )
    world.add("3.2.0.192.in-addr.arpa", "PTR", "mx.example.org").add("mx.example.org", "A", "192.0.2.3")
    found = check_mail_from("192.0.2.3", "strong-bad@email.example.com", "helo.example", world, "here.example")
    assert found.explanation == expansion
