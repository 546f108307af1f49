"""TLS with peers: as well as they can, or as well as they promised."""

import hashlib
import ssl
import tempfile
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from jmap.mailauth.dns import Resolver
from jmap.submission.relay.courier import SmartHost
from jmap.submission.relay.security import Security
from jmap.submission.relay.session import Login
from jmap.submission.relay.sts_policy import StsPolicy
from tests.fixtures.dns import DnsServer
from tests.fixtures.sink import DROP, MakeSink, Sink
from tests.submission.relay.conftest import Post

BASE64_OF_USER_AND_PASSWORD = "AHBvc3Rob3JuAHNlY3JldA=="


def sts(mode: str, *mx: str) -> StsPolicy:
    return StsPolicy(mode, mx, 86400)  # type: ignore[arg-type]


def test_tls_is_used_where_it_is_offered_whoever_the_peer_is(post: Post, sink: Sink) -> None:
    sink.offer_tls("another.test")
    assert post.send().state == "delivered"
    assert sink.letters[0].is_tls
    assert sink.commands[:3] == ["EHLO home.test", "STARTTLS", "EHLO home.test"]


@pytest.mark.parametrize("answer", ["454 4.7.0 Not now", "220 Ready, in plain text", DROP])
def test_where_nobody_promised_tls_mail_goes_without(post: Post, sink: Sink, answer: str) -> None:
    sink.offer_tls("mx.example.test")
    sink.on("STARTTLS", answer)
    if answer.startswith("220"):
        sink.tls = broken_context()
    assert post.send().state == "delivered"
    assert not sink.letters[0].is_tls


def broken_context() -> ssl.SSLContext:
    """Without a certificate, so that every handshake fails."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


def test_what_came_in_plain_text_before_tls_counts_for_nothing(post: Post, sink: Sink) -> None:
    sink.offer_tls("mx.example.test")
    sink.on("STARTTLS", "220 Ready\n250-injected\n250 DSN")
    assert post.send(ret="HDRS").state == "delivered"
    assert sink.letters[0].is_tls


def test_an_enforced_policy_wants_a_certificate_for_the_host(post: Post, sink: Sink) -> None:
    post.set(sts=lambda domain: sts("enforce", "*.example.test"))
    sink.offer_tls("mx.example.test")
    assert post.send().state == "delivered"
    sink.offer_tls("another.test")
    outcome = post.send()
    assert outcome.state == "waiting" and "mismatch" in outcome.reply.text.lower()
    assert len(sink.letters) == 1


def test_an_enforced_policy_wants_a_known_authority(post: Post, sink: Sink) -> None:
    post.set(sts=lambda domain: sts("enforce", "mx.example.test"))
    sink.authority = trustme.CA()
    sink.offer_tls("mx.example.test")
    assert post.send().reply.status == "4.7.5"


def test_an_enforced_policy_wants_tls(post: Post, sink: Sink) -> None:
    post.set(sts=lambda domain: sts("enforce", "mx.example.test"))
    assert (post.send().state, sink.letters) == ("waiting", [])


def test_an_enforced_policy_names_the_hosts(post: Post, sink: Sink) -> None:
    post.set(sts=lambda domain: sts("enforce", "mail.example.test", "*.mx.example.test"))
    sink.offer_tls("mx.example.test")
    assert (post.send().state, sink.connections) == ("waiting", 0)


def test_a_host_that_breaks_the_policy_makes_room_for_the_next(
    post: Post, sink: Sink, make_sink: MakeSink, dns_server: DnsServer
) -> None:
    dns_server.add("example.test", "MX", "20 mx2.example.test.")
    dns_server.add("mx2.example.test", "A", "127.0.0.2")
    other = make_sink("127.0.0.2", sink.port)
    other.offer_tls("mx2.example.test")
    post.set(sts=lambda domain: sts("enforce", "*.example.test"))
    assert post.send().state == "delivered"
    assert other.letters[0].is_tls and not sink.letters


def test_a_policy_in_testing_stops_nothing(post: Post, sink: Sink) -> None:
    post.set(sts=lambda domain: sts("testing", "mail.example.test"))
    assert post.send().state == "delivered"


# DANE


@pytest.fixture
def secure(dns_server: DnsServer) -> DnsServer:
    dns_server.secure |= {"example.test", "mx.example.test"}
    return dns_server


def tlsa(dns_server: DnsServer, port: int, record: str) -> None:
    name = f"_{port}._tcp.mx.example.test"
    dns_server.add(name, "TLSA", record)
    dns_server.secure.add(name)


def certified(sink: Sink, *names: str) -> x509.Certificate:
    """Let the sink offer TLS; its certificate."""
    assert sink.authority is not None
    leaf = sink.authority.issue_cert(*names)
    install(sink, leaf.private_key_and_cert_chain_pem.bytes() + sink.authority.cert_pem.bytes())
    return x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())


def install(sink: Sink, pem: bytes) -> None:
    """A key and a chain for the sink's TLS."""
    sink.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(pem)
        file.flush()
        sink.tls.load_cert_chain(file.name)


def key_digest(certificate: x509.Certificate, name: str = "sha256") -> str:
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.new(name, key).hexdigest()


def digest(certificate: x509.Certificate) -> str:
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def authority_of(sink: Sink) -> x509.Certificate:
    assert sink.authority is not None
    return x509.load_pem_x509_certificate(sink.authority.cert_pem.bytes())


def test_a_peer_with_the_announced_key_is_trusted_whatever_its_name(post: Post, sink: Sink, secure: DnsServer) -> None:
    certificate = certified(sink, "another.test")
    tlsa(secure, sink.port, f"3 1 1 {key_digest(certificate)}")
    assert post.send().state == "delivered"
    assert sink.letters[0].is_tls


def test_other_ways_to_announce_it_do_as_well(post: Post, sink: Sink, secure: DnsServer) -> None:
    certificate = certified(sink, "another.test")
    for record in (
        f"3 1 2 {key_digest(certificate, 'sha512')}",
        f"3 0 1 {digest(certificate)}",
        f"3 0 0 {certificate.public_bytes(Encoding.DER).hex()}",
    ):
        name = f"_{sink.port}._tcp.mx.example.test"
        secure.remove(name, "TLSA")
        tlsa(secure, sink.port, record)
        post.set(lookup=Resolver([secure.address]).lookup())
        assert post.send().state == "delivered", record


@pytest.mark.parametrize("announce", ["digest", "whole"])
def test_a_peer_of_the_announced_authority_is_trusted_for_its_name(
    post: Post, sink: Sink, secure: DnsServer, announce: str
) -> None:
    certified(sink, "mx.example.test")
    authority = authority_of(sink)
    whole = authority.public_bytes(Encoding.DER).hex()
    tlsa(secure, sink.port, f"2 0 1 {digest(authority)}" if announce == "digest" else f"2 0 0 {whole}")
    assert post.send().state == "delivered"


def test_a_peer_of_the_announced_authority_with_another_name_is_not(post: Post, sink: Sink, secure: DnsServer) -> None:
    certified(sink, "another.test")
    tlsa(secure, sink.port, f"2 0 1 {digest(authority_of(sink))}")
    assert (post.send().reply.status, sink.letters) == ("4.7.5", [])


def test_a_peer_with_another_key_gets_nothing(post: Post, sink: Sink, secure: DnsServer) -> None:
    certified(sink, "mx.example.test")
    tlsa(secure, sink.port, f"3 1 1 {'00' * 32}")
    outcome = post.send()
    assert (outcome.state, outcome.reply.status, sink.letters) == ("waiting", "4.7.5", [])


def test_a_peer_without_tls_gets_nothing(post: Post, sink: Sink, secure: DnsServer) -> None:
    tlsa(secure, sink.port, f"3 1 1 {'00' * 32}")
    assert (post.send().state, sink.letters) == ("waiting", [])


def test_records_that_say_nothing_to_us_still_want_tls(post: Post, sink: Sink, secure: DnsServer) -> None:
    tlsa(secure, sink.port, f"1 1 1 {'00' * 32}")
    assert (post.send().state, sink.letters) == ("waiting", [])
    sink.offer_tls("another.test")
    assert post.send().state == "delivered"


def test_silence_about_tlsa_is_no_permission(post: Post, sink: Sink, secure: DnsServer) -> None:
    secure.failing.add(f"_{sink.port}._tcp.mx.example.test")
    assert (post.send().reply.status, sink.connections) == ("4.7.5", 0)


@pytest.mark.parametrize("insecure", ["example.test", "mx.example.test"])
def test_what_dnssec_does_not_vouch_for_is_no_dane(post: Post, sink: Sink, secure: DnsServer, insecure: str) -> None:
    secure.secure.remove(insecure)
    tlsa(secure, sink.port, f"3 1 1 {'00' * 32}")
    assert post.send().state == "delivered"


def test_a_host_that_is_an_alias_has_its_records_where_the_alias_leads(
    post: Post, sink: Sink, secure: DnsServer
) -> None:
    secure.remove("mx.example.test", "A")
    secure.add("mx.example.test", "CNAME", "real.example.test.")
    secure.add("real.example.test", "A", "127.0.0.1")
    name = f"_{sink.port}._tcp.real.example.test"
    certificate = certified(sink, "real.example.test")
    secure.add(name, "TLSA", f"3 1 1 {key_digest(certificate)}")
    secure.secure.add(name)
    assert post.send().state == "delivered"
    assert sink.letters[0].is_tls
    secure.remove(name, "TLSA")
    secure.add(name, "TLSA", f"3 1 1 {'00' * 32}")
    post.set(lookup=Resolver([secure.address]).lookup())
    assert post.send().reply.status == "4.7.5"


def test_dane_comes_before_mta_sts(post: Post, sink: Sink, secure: DnsServer) -> None:
    certificate = certified(sink, "another.test")
    tlsa(secure, sink.port, f"3 1 1 {key_digest(certificate)}")
    post.set(sts=lambda domain: sts("enforce", "mx.example.test"))
    assert post.send().state == "delivered"


# Smart host


def smart(sink: Sink, kind: str = "verified", *, at_once: bool = False, login: Login | None = None) -> SmartHost:
    return SmartHost("localhost", sink.port, Security(kind, ("localhost",), at_once=at_once), login)  # type: ignore[arg-type]


LOGIN = Login("posthorn", "secret")


def test_a_smart_host_takes_mail_for_everybody_after_logging_in(post: Post, sink: Sink) -> None:
    sink.offer_tls("localhost")
    sink.extensions = ["AUTH PLAIN LOGIN"]
    post.set(smart_host=smart(sink, login=LOGIN))
    assert post.send("b@nowhere.test", domain="nowhere.test").state == "delivered"
    assert f"AUTH PLAIN {BASE64_OF_USER_AND_PASSWORD}" in sink.commands and sink.letters[0].is_tls


def test_a_smart_host_by_tls_at_once(post: Post, sink: Sink) -> None:
    sink.offer_tls("localhost")
    sink.at_once = True
    post.set(smart_host=smart(sink, at_once=True))
    assert post.send().state == "delivered"


def test_a_wrong_password_waits_for_the_operator(post: Post, sink: Sink) -> None:
    sink.offer_tls("localhost")
    sink.extensions = ["AUTH PLAIN"]
    sink.on("AUTH", "535 5.7.8 No")
    post.set(smart_host=smart(sink, login=LOGIN))
    outcome = post.send()
    assert (outcome.state, outcome.reply.text) == ("waiting", "535 5.7.8 No")


def test_a_smart_host_with_a_wrong_certificate_gets_neither_password_nor_mail(post: Post, sink: Sink) -> None:
    sink.offer_tls("another.test")
    sink.extensions = ["AUTH PLAIN"]
    post.set(smart_host=smart(sink, login=LOGIN))
    assert post.send().state == "waiting"
    assert not [line for line in sink.commands if line.startswith(("AUTH", "MAIL"))]
    assert "secret" not in repr(post.chart)


def test_no_password_goes_in_the_clear(post: Post, make_sink: MakeSink) -> None:
    sink = make_sink("127.0.0.2")
    sink.extensions = ["AUTH PLAIN"]
    post.set(smart_host=SmartHost("127.0.0.2", sink.port, Security("may", ("127.0.0.2",)), LOGIN))
    assert post.send().state == "waiting"
    assert not [line for line in sink.commands if line.startswith("AUTH")]


def test_a_certificate_signed_by_what_is_no_authority_is_not_trusted(post: Post, sink: Sink, secure: DnsServer) -> None:
    """Else every holder of a certificate could vouch for any name."""
    assert sink.authority is not None
    leaf = sink.authority.issue_cert("other.test")
    forged, key = forge(leaf, "mx.example.test")
    install(sink, key + forged.public_bytes(Encoding.PEM) + leaf.cert_chain_pems[0].bytes())
    tlsa(secure, sink.port, f"2 0 1 {digest(authority_of(sink))}")
    assert (post.send().reply.status, sink.letters) == ("4.7.5", [])


def forge(issuer: trustme.LeafCert, name: str) -> tuple[x509.Certificate, bytes]:
    """A certificate signed with the key of one that may not sign, and its own key in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    parent = x509.load_pem_x509_certificate(issuer.cert_chain_pems[0].bytes())
    parent_key = serialization.load_pem_private_key(issuer.private_key_pem.bytes(), None)
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(parent.subject)
    builder = builder.public_key(key.public_key()).serial_number(7)
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
    assert isinstance(parent_key, ec.EllipticCurvePrivateKey)
    pem = key.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return builder.sign(parent_key, hashes.SHA256()), pem
