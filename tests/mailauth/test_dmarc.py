"""DMARC: alignment, policies, discovery, strange authors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jmap.mailauth.dkim import DkimResult
from jmap.mailauth.dmarc import DmarcResult, evaluate, organisation, parse_policy
from jmap.mailauth.message import Message
from jmap.mailauth.spf import SpfResult
from tests.mailauth.world import World

NO_SPF = SpfResult("none", "elsewhere.example")


def message(*authors: str, body: str = "Hello") -> Message:
    """One From field for each argument."""
    head = "".join(f"From: {author}\r\n" for author in authors)
    return Message(f"{head}Subject: x\r\n\r\n{body}\r\n".encode())


def policy(text: str, domain: str = "example.com") -> World:
    """A world in which the domain's hosts exist."""
    return World().add(f"_dmarc.{domain}", "TXT", text).add(domain, "A", "192.0.2.1")


def dmarc(
    world: World, author: str = "ann@example.com", spf: SpfResult = NO_SPF, dkim: list[DkimResult] | None = None
) -> DmarcResult:
    return evaluate(message(author), spf, dkim or [], world)


def spf_pass(domain: str) -> SpfResult:
    return SpfResult("pass", domain)


def dkim_pass(domain: str) -> list[DkimResult]:
    return [DkimResult("fail", "example.com"), DkimResult("pass", domain)]


def test_a_domain_without_a_record_asks_nothing() -> None:
    assert dmarc(World()) == DmarcResult("none", "example.com")


@pytest.mark.parametrize("asked", ["none", "quarantine", "reject"])
def test_a_failure_gets_what_the_domain_asks_for(asked: str) -> None:
    found = dmarc(policy(f"v=DMARC1; p={asked}"))
    assert (found.result, found.policy, found.disposition) == ("fail", asked, asked)


# RFC 7489, Appendix B.1: the examples of alignment, and their opposites.
ALIGNMENTS = [
    ("example.com", "example.com", "r", True),
    ("child.example.com", "example.com", "r", True),
    ("example.com", "child.example.com", "r", True),
    ("child.example.com", "example.com", "s", False),
    ("example.com", "child.example.com", "s", False),
    ("EXAMPLE.com", "example.com", "s", True),
    ("sample.net", "example.com", "r", False),
    ("notexample.com", "example.com", "r", False),
    ("other.co.uk", "example.co.uk", "r", False),
    ("a.example.co.uk", "b.example.co.uk", "r", True),
]


@pytest.mark.parametrize(("domain", "author", "mode", "passes"), ALIGNMENTS)
def test_identifiers_align_as_the_record_says(domain: str, author: str, mode: str, passes: bool) -> None:
    expected = "pass" if passes else "fail"
    world = policy(f"v=DMARC1; p=reject; adkim=s; aspf={mode}", author)
    assert dmarc(world, f"ann@{author}", spf=spf_pass(domain)).result == expected
    world = policy(f"v=DMARC1; p=reject; aspf=s; adkim={mode}", author)
    assert dmarc(world, f"ann@{author}", dkim=dkim_pass(domain)).result == expected


@pytest.mark.parametrize("result", ["none", "neutral", "softfail", "fail", "permerror"])
def test_only_a_pass_counts(result: str) -> None:
    spf = SpfResult(result, "example.com")
    found = dmarc(policy("v=DMARC1; p=reject"), spf=spf, dkim=[DkimResult("policy", "example.com")])
    assert (found.result, found.disposition) == ("fail", "reject")


def test_the_organisation_answers_for_a_domain_without_a_record() -> None:
    world = policy("v=DMARC1; p=reject; sp=quarantine").add("a.b.example.com", "A", "192.0.2.1")
    found = dmarc(world, "ann@a.b.example.com")
    assert (found.policy, found.disposition) == ("quarantine", "quarantine")


def test_a_record_of_its_own_goes_first() -> None:
    world = policy("v=DMARC1; p=reject").add("_dmarc.sub.example.com", "TXT", "v=DMARC1; p=none; sp=reject")
    assert dmarc(world, "ann@sub.example.com").policy == "none"


def test_a_subdomain_that_does_not_exist_has_a_policy_of_its_own() -> None:
    world = policy("v=DMARC1; p=none; sp=quarantine; np=reject").add("real.example.com", "MX", (10, "mx.example.com"))
    assert dmarc(world, "ann@real.example.com").disposition == "quarantine"
    assert dmarc(world, "ann@unreal.example.com").disposition == "reject"
    assert dmarc(policy("v=DMARC1; p=none; np=reject"), "ann@unreal.example.com").disposition == "reject"
    assert dmarc(policy("v=DMARC1; p=none; np=reject")).disposition == "none"


def test_a_domain_that_is_testing_is_taken_one_step_back() -> None:
    for asked, done in (("reject", "quarantine"), ("quarantine", "none"), ("none", "none")):
        found = dmarc(policy(f"v=DMARC1; p={asked}; t=y"))
        assert (found.policy, found.disposition) == (asked, done)


def test_a_percentage_of_messages_gets_the_policy_and_the_others_a_milder_one() -> None:
    world = policy("v=DMARC1; p=reject; pct=30")
    done = [evaluate(message("a@example.com", body=str(n)), NO_SPF, [], world).disposition for n in range(400)]
    assert 60 < done.count("reject") < 180
    assert done.count("quarantine") == 400 - done.count("reject")
    assert dmarc(policy("v=DMARC1; p=reject; pct=0")).disposition == "quarantine"
    assert {dmarc(world).disposition for _ in range(10)} == {dmarc(world).disposition}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("v=DMARC1;p=reject", "reject"),
        ("v=DMARC1 ; P = Reject ;", "reject"),
        ("v=DMARC1; p=reject; pct=many; adkim=x; rubbish; =; ;; x", "reject"),
        ("v=DMARC1; p=reject; rua=mailto:a@example.com", "reject"),
        ("v=DMARC1; rua=mailto:a@example.com", "none"),
        ("v=DMARC1; p=refuse; rua=mailto:a@example.com", "none"),
        ("v=DMARC1; p=reject; sp=x; rua=mailto:a@example.com", "none"),
    ],
)
def test_a_record_is_read_with_indulgence(text: str, asked: str) -> None:
    found = dmarc(policy(text))
    assert (found.result, found.policy) == ("fail", asked)


@pytest.mark.parametrize(
    "text",
    ["v=DMARC1", "v=DMARC1; p=refuse", "v=DMARC2; p=reject", "p=reject; v=DMARC1", "v=dmarc1; p=reject", "p=reject"],
)
def test_what_is_no_policy_is_none(text: str) -> None:
    assert dmarc(policy(text)).result == "none"


def test_two_records_are_none() -> None:
    world = policy("v=DMARC1; p=reject").add("_dmarc.example.com", "TXT", "v=DMARC1; p=none")
    assert dmarc(world).result == "none"
    assert dmarc(policy("v=DMARC1; p=reject").add("_dmarc.example.com", "TXT", "v=spf1")).result == "fail"


@pytest.mark.parametrize("failing", ["_dmarc.example.com", "_dmarc.sub.example.com", "sub.example.com"])
def test_trouble_with_dns_is_temporary(failing: str) -> None:
    world = policy("v=DMARC1; p=none; np=reject")
    world.failing.add(failing)
    found = dmarc(world, "ann@sub.example.com")
    assert (found.result, found.disposition) == ("temperror", "none")


def test_nothing_is_failed_while_an_identifier_that_counts_is_unsure() -> None:
    world = policy("v=DMARC1; p=reject")
    assert dmarc(world, spf=SpfResult("temperror", "example.com")).result == "temperror"
    assert dmarc(world, dkim=[DkimResult("temperror", "mail.example.com")]).result == "temperror"
    assert dmarc(world, spf=SpfResult("temperror", "evil.example")).result == "fail"
    assert dmarc(world, spf=SpfResult("temperror", "example.com"), dkim=dkim_pass("example.com")).result == "pass"


def test_of_several_authors_the_strictest_domain_decides() -> None:
    world = policy("v=DMARC1; p=reject").add("_dmarc.evil.example", "TXT", "v=DMARC1; p=none")
    spf = spf_pass("evil.example")
    for authors in (["a@evil.example, b@example.com"], ["a@evil.example", "b@example.com"], ["x: a@example.com;"]):
        found = evaluate(message(*authors), spf, [], world)
        assert (found.result, found.domain, found.disposition) == ("fail", "example.com", "reject")


def test_a_crowd_of_authors_is_not_believed() -> None:
    world = World()
    crowd = ", ".join(f"a@d{n}.example" for n in range(1000))
    found = evaluate(message(crowd), NO_SPF, [], world)
    assert (found.result, found.disposition) == ("permerror", "quarantine")
    assert world.asked.total() < 30


@pytest.mark.parametrize("author", ["", "nobody", "<>", "a@", "undisclosed:;", "a@b..c"])
def test_without_an_author_there_is_no_policy(author: str) -> None:
    found = evaluate(message(author), NO_SPF, [], policy("v=DMARC1; p=reject"))
    assert (found.result, found.disposition) == ("permerror", "none")
    assert evaluate(Message(b"Subject: x\r\n\r\n"), NO_SPF, [], World()).result == "permerror"


@pytest.mark.parametrize(
    "author",
    [
        "ann@example.com",
        "Ann <ANN@Example.COM>",
        '"b@evil.example" <ann@example.com>',
        "=?utf-8?q?b=40evil.example?= <ann@example.com>",
        "(b@evil.example) ann@example.com",
        "<ann@example.com.>",
        "Ann\r\n <ann@example.com>",
        '"a,b"@example.com',
        "Ann <ann @ example.com>",
    ],
)
def test_the_author_is_found_in_any_spelling(author: str) -> None:
    found = dmarc(policy("v=DMARC1; p=reject"), author)
    assert (found.result, found.domain) == ("fail", "example.com")


def test_u_labels_are_looked_up_as_a_labels() -> None:
    world = policy("v=DMARC1; p=reject", "xn--bcher-kva.example")
    assert dmarc(world, "ann@bücher.example").domain == "xn--bcher-kva.example"
    assert dmarc(world, "ann@bücher.example", spf=spf_pass("xn--bcher-kva.example")).result == "pass"


@pytest.mark.parametrize(
    ("domain", "organisational"),
    [
        ("a.b.example.com", "example.com"),
        ("a.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("x.test", "x.test"),
    ],
)
def test_the_organisation_is_what_was_registered(domain: str, organisational: str) -> None:
    assert organisation(domain) == organisational


@given(st.binary())
def test_any_record_can_be_read(octets: bytes) -> None:
    parse_policy(b"v=DMARC1; " + octets)


@given(st.text())
def test_any_author_can_be_judged(author: str) -> None:
    octets = f"From: {author}\r\n\r\n".encode("utf-8", "surrogatepass")
    evaluate(Message(octets), NO_SPF, [], policy("v=DMARC1; p=reject"))
