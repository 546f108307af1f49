"""The whole judgement."""

import orjson

from jmap.mailauth.dns import Resolver
from jmap.mailauth.results import parse_results
from tests.fixtures.dns import DnsServer
from tests.mailauth.signers import US, judged, publish, signed


def test_a_message_with_everything_right_passes_everything(dns_server: DnsServer, resolver: Resolver) -> None:
    publish(dns_server)
    dns_server.add("example.org", "TXT", "v=spf1 ip4:192.0.2.0/24 -all")
    dns_server.add("_dmarc.example.org", "TXT", "v=DMARC1; p=reject")
    judgement = judged(signed(), resolver)
    assert (judgement.spf.result, [each.result for each in judgement.dkim]) == ("pass", ["pass"])
    assert (judgement.dmarc.result, judgement.policy, judgement.temporary) == ("pass", "none", False)


def test_a_forged_message_gets_the_policy_of_the_domain_it_abuses(dns_server: DnsServer, resolver: Resolver) -> None:
    publish(dns_server)
    dns_server.add("example.org", "TXT", "v=spf1 ip4:198.51.100.0/24 -all")
    dns_server.add("_dmarc.example.org", "TXT", "v=DMARC1; p=reject")
    judgement = judged(signed().replace(b"bye", b"pay"), resolver)
    assert (judgement.spf.result, [each.result for each in judgement.dkim]) == ("fail", ["fail"])
    assert (judgement.dmarc.result, judgement.policy) == ("fail", "reject")


def test_trouble_with_dns_is_said_to_be_temporary(dns_server: DnsServer, resolver: Resolver) -> None:
    dns_server.failing |= {"example.org", "s._domainkey.example.org"}
    dns_server.add("_dmarc.example.org", "TXT", "v=DMARC1; p=reject")
    judgement = judged(signed(), resolver)
    assert (judgement.spf.result, [each.result for each in judgement.dkim]) == ("temperror", ["temperror"])
    assert (judgement.dmarc.result, judgement.policy, judgement.temporary) == ("temperror", "none", True)


def test_the_header_says_what_was_found(dns_server: DnsServer, resolver: Resolver) -> None:
    publish(dns_server)
    header = judged(signed(), resolver).header
    assert header.endswith(b"\r\n") and all(len(line) < 80 for line in header.split(b"\r\n"))
    results = parse_results(header.partition(b":")[2])
    assert results and results.server == US
    said = [(each.method, each.result) for each in results.methods]
    assert said == [("spf", "none"), ("spf", "none"), ("dkim", "pass"), ("dmarc", "none")]


def test_a_judgement_can_be_stored_as_json(dns_server: DnsServer, resolver: Resolver) -> None:
    publish(dns_server)
    stored = orjson.loads(orjson.dumps(judged(signed(), resolver).to_stored()))
    assert stored["dkim"][0]["domain"] == "example.org"
