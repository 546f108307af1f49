"""Where a domain's mail goes."""

from collections import Counter

import pytest

from jmap.mailauth.dns import Answer, DnsTrouble, Resolver
from jmap.submission.relay.replies import Refused, Trouble
from jmap.submission.relay.routes import Exchange, find_exchanges, find_place
from tests.fixtures.dns import DnsServer


def names(domain: str, resolver: Resolver, own: str = "home.test") -> list[str]:
    return [each.name for each in find_exchanges(domain, resolver.lookup(), own)]


def status(domain: str, resolver: Resolver, own: str = "home.test") -> str:
    with pytest.raises(Refused) as refused:
        names(domain, resolver, own)
    return refused.value.reply.status


def test_the_preferred_come_first(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("a.test", "MX", "30 c.a.test.", "10 a.a.test.", "20 b.a.test.")
    assert names("a.test", resolver) == ["a.a.test", "b.a.test", "c.a.test"]


def test_equals_come_in_any_order(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("a.test", "MX", "10 a.a.test.", "10 b.a.test.")
    first = Counter(names("a.test", resolver)[0] for _ in range(100))
    assert set(first) == {"a.a.test", "b.a.test"}


def test_a_domain_without_mx_is_its_own(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("a.test", "A", "192.0.2.1")
    assert names("a.test", resolver) == ["a.test"]


def test_a_null_mx_takes_no_mail(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("a.test", "MX", "0 .")
    assert status("a.test", resolver) == "5.1.10"


def test_what_does_not_exist_fails(resolver: Resolver) -> None:
    assert status("nowhere.test", resolver) == "5.1.2"


def test_silence_waits(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.failing.add("a.test")
    with pytest.raises(Trouble) as trouble:
        names("a.test", resolver)
    assert trouble.value.reply.status == "4.4.3"


def test_only_hosts_before_ourselves_are_tried(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("a.test", "MX", "10 a.a.test.", "20 home.test.", "20 b.a.test.", "30 c.a.test.")
    assert names("a.test", resolver) == ["a.a.test"]


def test_a_domain_that_leads_to_us_is_a_loop(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("a.test", "MX", "10 home.test.")
    assert status("a.test", resolver) == "5.4.6"


@pytest.mark.parametrize(("domain", "address"), [("[192.0.2.7]", "192.0.2.7"), ("[IPv6:2001:DB8::1]", "2001:db8::1")])
def test_an_address_literal_is_its_own_host(resolver: Resolver, domain: str, address: str) -> None:
    assert names(domain, resolver) == [address]


@pytest.mark.parametrize("domain", ["[]", "[example.test]", "[300.1.1.1]", "[tag:x]"])
def test_a_bad_address_literal_fails(resolver: Resolver, domain: str) -> None:
    assert status(domain, resolver) == "5.1.2"


def test_many_hosts_are_cut_short(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("a.test", "MX", *(f"{at} h{at}.a.test." for at in range(100)))
    assert names("a.test", resolver) == [f"h{at}.a.test" for at in range(10)]


def test_addresses_of_both_kinds_come_by_turns(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("h.test", "A", "1.1.1.1", "1.1.1.2", "1.1.1.3")
    dns_server.add("h.test", "AAAA", "2606:4700::1")
    place = find_place(Exchange("h.test"), resolver.lookup(), False)
    assert place.addresses[0] == "2606:4700::1" and len(place.addresses) == 4


def test_private_addresses_are_left_out(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("h.test", "A", "10.0.0.1", "1.1.1.1")
    dns_server.add("p.test", "A", "127.0.0.1")
    assert find_place(Exchange("h.test"), resolver.lookup(), False).addresses == ["1.1.1.1"]
    with pytest.raises(Refused) as refused:
        find_place(Exchange("p.test"), resolver.lookup(), False)
    assert refused.value.reply.status == "5.4.4"
    with pytest.raises(Refused):
        find_place(Exchange("10.0.0.1"), resolver.lookup(), False)


def test_half_an_answer_will_do_except_where_dnssec_reigns(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.add("h.test", "A", "1.1.1.1")

    def lookup(name: str, type: str) -> Answer:
        if type == "AAAA":
            raise DnsTrouble
        return resolver.query(name, type)

    assert find_place(Exchange("h.test"), lookup, False).addresses == ["1.1.1.1"]
    with pytest.raises(Trouble):
        find_place(Exchange("h.test", secure=True), lookup, False)
