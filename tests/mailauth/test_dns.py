"""The resolver against a server of our own."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmap.mailauth.dns import Answer, Cache, DnsTrouble, Mx, Resolver, Srv, Tlsa, reverse_name, server, wire_name
from tests.fixtures.dns import DnsServer


def test_records_come_as_plain_values(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("example.org", "MX", "10 MX.Example.org.", "20 mx2.example.org.")
    dns_server.add("example.org", "A", "192.0.2.1")
    dns_server.add("example.org", "AAAA", "2001:db8::1")
    dns_server.add("example.org", "TXT", "x" * 600 + "é")
    dns_server.add("_25._tcp.example.org", "TLSA", "3 1 1 " + "ab" * 32)
    dns_server.add("_jmap._tcp.example.org", "SRV", "0 1 443 mail.example.org.")
    assert set(resolver.query("Example.ORG.", "MX").records) == {Mx(10, "mx.example.org"), Mx(20, "mx2.example.org")}
    assert resolver.query("example.org", "A").records == ("192.0.2.1",)
    assert resolver.query("example.org", "AAAA").records == ("2001:db8::1",)
    assert resolver.query("example.org", "TXT").records == (b"x" * 600 + "é".encode(),)
    assert resolver.query("_25._tcp.example.org", "TLSA").records == (Tlsa(3, 1, 1, b"\xab" * 32),)
    assert resolver.query("_jmap._tcp.example.org", "SRV").records == (Srv(0, 1, 443, "mail.example.org"),)


def test_a_null_mx_has_no_host(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("example.org", "MX", "0 .")
    assert resolver.query("example.org", "MX").records == (Mx(0, ""),)


def test_the_name_behind_an_address_is_found(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("1.2.0.192.in-addr.arpa", "PTR", "mail.example.org.")
    assert resolver.query(reverse_name("192.0.2.1"), "PTR").records == ("mail.example.org",)


def test_a_missing_name_and_a_missing_type_are_told_apart(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("example.org", "A", "192.0.2.1")
    assert resolver.query("example.org", "MX") == Answer((), exists=True, name="example.org")
    assert resolver.query("no.example.org", "MX") == Answer((), exists=False, name="no.example.org")


def test_aliases_are_followed(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("alias.example.org", "CNAME", "host.example.org.")
    dns_server.add("host.example.org", "A", "192.0.2.7")
    assert resolver.query("alias.example.org", "A") == Answer(("192.0.2.7",), name="host.example.org")


@pytest.mark.parametrize("target", ["loop.example.org.", "loop2.example.org."])
def test_a_loop_of_aliases_is_trouble(dns_server: DnsServer, resolver: Resolver, target: str) -> None:
    dns_server.add("loop.example.org", "CNAME", target)
    dns_server.add("loop2.example.org", "CNAME", "loop.example.org.")
    with pytest.raises(DnsTrouble):
        resolver.query("loop.example.org", "A")


def test_a_failing_server_is_trouble(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.failing.add("example.org")
    with pytest.raises(DnsTrouble, match=r"^example\.org: A: the servers fail$"):
        resolver.query("example.org", "A")


def test_nobody_listening_is_trouble() -> None:
    with pytest.raises(DnsTrouble):
        Resolver(["127.0.0.1:9"]).query("example.org", "A", time.monotonic() + 1)


def test_silence_is_trouble_once_the_deadline_is_reached(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.silent.add("example.org")
    start = time.monotonic()
    with pytest.raises(DnsTrouble, match=r"^example\.org: A: no answer in time$"):
        resolver.query("example.org", "A", start + 0.5)
    assert time.monotonic() - start < 5


def test_after_the_deadline_nothing_is_asked(dns_server: DnsServer, resolver: Resolver) -> None:
    with pytest.raises(DnsTrouble, match="no time"):
        resolver.query("example.org", "A", time.monotonic() - 1)
    assert not dns_server.asked


def test_a_long_answer_comes_by_tcp(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("example.org", "A", *(f"192.0.2.{n}" for n in range(200)))
    assert len(resolver.query("example.org", "A").records) == 200


def test_an_answer_is_remembered_and_so_is_absence(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("example.org", "A", "192.0.2.1")
    for _ in range(3):
        resolver.query("example.org", "A")
        resolver.query("example.org", "MX")
        resolver.query("no.example.org", "A")
    assert set(dns_server.asked.values()) == {1}


def test_trouble_is_not_remembered(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.failing.add("example.org")
    with pytest.raises(DnsTrouble):
        resolver.query("example.org", "A")
    dns_server.failing.clear()
    assert not resolver.query("example.org", "A").exists


def test_an_answer_is_forgotten_when_its_ttl_is_over(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.ttl = 0
    dns_server.add("example.org", "A", "192.0.2.1")
    resolver.query("example.org", "A")
    resolver.query("example.org", "A")
    assert dns_server.asked["example.org", "A"] == 2


def test_the_memory_is_bounded_by_what_it_holds() -> None:
    cache = Cache(size=50_000)
    names = [name for number in range(200) if (name := wire_name(f"n{number}.example"))]
    for name in names:
        cache.put((name, "TXT"), Answer((b"x" * 5_000,)), 60)
        cache.put((name, "TXT"), Answer((b"x" * 6_000,)), 60)
    assert 5 < len(cache.entries) < 10
    assert cache.get((names[-1], "TXT")) and not cache.get((names[0], "TXT"))


def test_only_an_answer_with_ad_is_secure(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("signed.example", "A", "192.0.2.1")
    dns_server.add("plain.example", "A", "192.0.2.1")
    dns_server.secure |= {"signed.example", "no.signed.example"}
    assert resolver.query("signed.example", "A").secure
    assert resolver.query("no.signed.example", "A").secure
    assert not resolver.query("plain.example", "A").secure


def test_ad_from_another_machine_counts_for_nothing(dns_server: DnsServer) -> None:
    dns_server.secure.add("signed.example")
    remote = Resolver([dns_server.address, "192.0.2.53"])
    assert not remote.query("signed.example", "A").secure


def test_threads_may_share_a_resolver(dns_server: DnsServer, resolver: Resolver) -> None:
    for number in range(50):
        dns_server.add(f"n{number}.example", "A", f"192.0.2.{number}")
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda number: resolver.query(f"n{number}.example", "A").records, range(50))
    assert list(answers) == [(f"192.0.2.{number}",) for number in range(50)]


def test_u_labels_are_asked_for_as_a_labels(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("xn--bcher-kva.example", "A", "192.0.2.1")
    assert resolver.query("Bücher.example", "A").records == ("192.0.2.1",)


@pytest.mark.parametrize("name", ["", ".", "a..b", "." + "a" * 64, "a" * 64 + ".org", ".".join(["a"] * 200), "\udc80"])
def test_what_is_no_name_has_no_records(dns_server: DnsServer, resolver: Resolver, name: str) -> None:
    assert not resolver.query(name, "A").exists
    assert not dns_server.asked


@given(st.text())
def test_any_text_is_a_name_or_none(text: str) -> None:
    wire_name(text)


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [
        ("127.0.0.1:5353", "127.0.0.1", 5353),
        ("::1", "::1", 53),
        ("[::1]:54", "::1", 54),
        ("192.0.2.1", "192.0.2.1", 53),
    ],
)
def test_servers_are_named_with_or_without_a_port(text: str, address: str, port: int) -> None:
    found = server(text)
    assert (found.answer_nameserver(), found.answer_port()) == (address, port)
