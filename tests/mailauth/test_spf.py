"""SPF: every result, the limits, and what is hostile."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmap.mailauth.spf import check_helo, check_mail_from
from jmap.mailauth.spf_record import SpfSyntax, parse_record
from tests.mailauth.world import World, check, record, result_of


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", "pass"),
        ("v=spf1 -all", "fail"),
        ("v=spf1 ~all", "softfail"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1", "neutral"),
        ("V=SPF1 IP4:192.0.2.1 -ALL", "pass"),
        ("v=spf10 +all", "none"),
        ("hello", "none"),
        ("v=spf1 nonsense +all", "permerror"),
        ("v=spf1 include:failing.example +all", "temperror"),
    ],
)
def test_every_result_is_reached(text: str, result: str) -> None:
    world = record(text)
    world.failing.add("failing.example")
    assert result_of(world) == result


def test_two_records_are_an_error_and_other_texts_are_not() -> None:
    assert result_of(record("v=spf1 +all").add("example.com", "TXT", b"\xff other")) == "pass"
    assert result_of(record("v=spf1 +all").add("example.com", "TXT", "v=spf1 -all")) == "permerror"


def test_trouble_with_the_record_itself_is_temporary() -> None:
    world = World()
    world.failing.add("example.com")
    assert result_of(world) == "temperror"


@pytest.mark.parametrize("domain", ["", "localhost", "a..example", "x" * 64 + ".example", "[192.0.2.1]", "ä" * 300])
def test_what_is_no_domain_has_no_policy(domain: str) -> None:
    world = World()
    assert result_of(world, sender=f"ann@{domain}") == "none"
    assert not world.asked


def test_the_null_path_is_judged_by_the_helo_name() -> None:
    world = World().add("mx.example.net", "TXT", "v=spf1 ip4:192.0.2.1 -all")
    found = check(world, sender="")
    assert (found.result, found.domain, found.identity) == ("pass", "mx.example.net", "mailfrom")


def test_the_helo_name_has_a_check_of_its_own() -> None:
    world = World().add("mx.example.net", "TXT", "v=spf1 exists:%{l}.%{h} -all")
    assert check_helo("192.0.2.1", "mx.example.net", world).result == "fail"
    world.add("postmaster.mx.example.net", "A", "127.0.0.2")
    assert check_helo("192.0.2.1", "mx.example.net", world).result == "pass"


@pytest.mark.parametrize(
    ("text", "peer", "result"),
    [
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::1", "pass"),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db9::1", "fail"),
        ("v=spf1 ip4:192.0.2.1 -all", "::ffff:192.0.2.1", "pass"),
        ("v=spf1 ip6:::ffff:192.0.2.1 -all", "::ffff:192.0.2.1", "fail"),
        ("v=spf1 ip4:0.0.0.0/0 -all", "2001:db8::1", "fail"),
        ("v=spf1 a -all", "2001:db8::a", "pass"),
        ("v=spf1 a//64 -all", "2001:db8::b", "pass"),
        ("v=spf1 a/24//64 -all", "192.0.2.99", "pass"),
        ("v=spf1 a/24//128 -all", "2001:db8::b", "fail"),
    ],
)
def test_both_kinds_of_address_are_compared(text: str, peer: str, result: str) -> None:
    world = record(text).add("example.com", "A", "192.0.2.7").add("example.com", "AAAA", "2001:db8::a")
    assert result_of(world, peer) == result


def test_an_ipv6_address_expands_to_its_digits() -> None:
    world = record("v=spf1 exists:%{ir}.%{v}._spf.%{d2} -all")
    assert result_of(world, "2001:db8::cb01") == "fail"
    digits = "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"
    assert world.asked[f"{digits}.ip6._spf.example.com", "A"] == 1


def test_a_long_name_loses_labels_on_the_left() -> None:
    world = record("v=spf1 exists:%{l}.%{l}.%{l}.%{l}.%{d} -all")
    result_of(world, sender=f"{'a' * 60}@example.com")
    assert world.asked[f"{'a' * 60}.{'a' * 60}.{'a' * 60}.example.com", "A"] == 1


@pytest.mark.parametrize(
    "text",
    [
        "ip4:192.0.2.256", "ip4:192.0.2", "ip4:192.0.2.1/33", "ip4:192.0.2.1/024", "ip4", "ip6:2001:db8::g",
        "ip6:fe80::1%eth0", "ip6:::/129", "a:", "a/33", "a//129", "a/", "include", "include:", "exists", "all:x",
        "all/8", "a:example", "a:example.123", "a:%{x}.example.org", "a:%{d0}.example.org", "a:%{d",
        "a:%d.example.org", "a:%{t}.example.org", "redirect=", "redirect=x", "redirect=a.b redirect=c.d",
        "exp=a.b exp=c.d", "x=%(", "+redirect=a.b", "--all", "++all", "a b", "a\tmx", "ä", "=x", "ptr/24",
    ],
)  # fmt: skip
def test_a_mistake_anywhere_in_the_record_is_an_error(text: str) -> None:
    assert result_of(record(f"v=spf1 {text} +all")) == "permerror"
    assert result_of(record(f"v=spf1 +all {text}")) == "permerror"


def test_unknown_modifiers_are_passed_over() -> None:
    assert result_of(record("v=spf1 moo=%{d}/x moo=y ra.n-d_o=  +all")) == "pass"


def test_ten_terms_may_ask_dns() -> None:
    world = record("v=spf1 " + "a:host.example " * 10 + "+all").add("host.example", "A", "10.0.0.1")
    assert result_of(world) == "pass"
    world = record("v=spf1 " + "a:host.example " * 11 + "+all").add("host.example", "A", "10.0.0.1")
    assert result_of(world) == "permerror"


def test_two_terms_may_ask_for_nothing() -> None:
    assert result_of(record("v=spf1 a:no1.example exists:no2.example +all")) == "pass"
    assert result_of(record("v=spf1 a:no1.example exists:no2.example mx:no3.example +all")) == "permerror"


def test_ten_mx_hosts_are_allowed() -> None:
    for count, result in ((10, "pass"), (11, "permerror")):
        world = record("v=spf1 mx -all").add("example.com", "MX", *((n, f"mx{n}.example") for n in range(count)))
        world.add("mx9.example", "A", "192.0.2.1")
        assert result_of(world) == result


def test_of_many_names_ten_are_looked_at() -> None:
    world = record("v=spf1 ptr -all")
    world.add("1.2.0.192.in-addr.arpa", "PTR", *(f"h{n}.example.com" for n in range(30)))
    world.add("h29.example.com", "A", "192.0.2.1")
    assert result_of(world) == "fail"
    assert sum(type == "A" for _, type in world.asked) == 10


@pytest.mark.parametrize("text", ["v=spf1 include:example.com -all", "v=spf1 redirect=example.com"])
def test_a_loop_ends(text: str) -> None:
    world = record(text)
    assert result_of(world) == "permerror"
    assert world.asked.total() <= 11


def test_many_includes_of_many_includes_end() -> None:
    world = record("v=spf1 " + " ".join(f"include:i{n}.example" for n in range(9)))
    for n in range(9):
        world.add(f"i{n}.example", "TXT", "v=spf1 " + " ".join(f"include:i{m}.example" for m in range(9)))
    assert result_of(world) == "permerror"
    assert world.asked.total() <= 11


def test_the_redirect_is_ignored_beside_all() -> None:
    assert result_of(record("v=spf1 redirect=no.example ?all")) == "neutral"
    assert result_of(record("v=spf1 redirect=no.example")) == "permerror"


def test_the_explanation_is_that_of_the_domain_itself() -> None:
    world = record("v=spf1 include:other.example -all exp=why.example")
    world.add("other.example", "TXT", "v=spf1 -all exp=no.example").add("why.example", "TXT", "%{i} may not")
    assert check(world).explanation == "192.0.2.1 may not"


@pytest.mark.parametrize("text", ["%{", "\xe4", "a\r\nb", "\x1b[31m"])
def test_an_unfit_explanation_is_left_out(text: str) -> None:
    found = check(record("v=spf1 -all exp=why.example").add("why.example", "TXT", text))
    assert (found.result, found.explanation) == ("fail", "")


def test_a_long_explanation_is_cut() -> None:
    found = check(record("v=spf1 -all exp=why.example").add("why.example", "TXT", "x" * 5000))
    assert len(found.explanation) == 400


def test_u_labels_are_a_labels_to_every_term() -> None:
    world = World().add("xn--bcher-kva.example", "TXT", "v=spf1 exists:%{o}.ok.example -all")
    world.add("xn--bcher-kva.example.ok.example", "A", "127.0.0.2")
    assert result_of(world, sender="ann@bücher.example") == "pass"


@pytest.mark.parametrize("term", ["exists:%{l}.%{d}", "include:%{l}.%{d}", "exists:%{s}"])
def test_a_local_part_beyond_ascii_matches_nothing(term: str) -> None:
    assert result_of(record(f"v=spf1 {term} ~all"), sender="bücher@example.com") == "softfail"


TERMS = st.lists(
    st.one_of(
        st.sampled_from(["a", "mx", "ptr", "all", "-all", "include:", "exists:%{ir}.x", "redirect=a.b", "exp=a.b"]),
        st.text("aimp4x6:/.%{}-+~=dlrs019 ", max_size=12),
        st.builds("ip4:{}".format, st.ip_addresses(v=4)),
        st.builds("ip6:{}".format, st.ip_addresses(v=6)),
    )
)


@given(TERMS, st.text(), st.text(), st.ip_addresses())
def test_no_record_or_name_raises(terms: list[str], sender: str, helo: str, peer: object) -> None:
    check_mail_from(str(peer), f"{sender}@example.com", helo, record("v=spf1 " + " ".join(terms)))
    check_mail_from(str(peer), sender, helo, record("v=spf1 " + " ".join(terms)))


@given(st.binary())
def test_any_octets_are_a_record_or_an_error(octets: bytes) -> None:
    with suppress(SpfSyntax):
        parse_record(b"v=spf1 " + octets)
