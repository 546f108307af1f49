import os
import ssl
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

from jmap.delivery.certificates import Certificates, own_certificate


def write(path: Path, name: str) -> trustme.CA:
    """A certificate with its key in one file; its authority."""
    authority = trustme.CA()
    issued = authority.issue_cert(name)
    path.write_bytes(issued.private_key_and_cert_chain_pem.bytes())
    return authority


def test_the_own_certificate_is_kept_and_private(tmp_path: Path) -> None:
    path = own_certificate(tmp_path, "mx.example.org")
    first = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert own_certificate(tmp_path, "mx.example.org").read_bytes() == first
    assert Certificates(path, path).current().cert_store_stats() is not None


@pytest.mark.parametrize("content", [b"", b"nonsense"])
def test_another_name_or_a_broken_file_makes_it_anew(tmp_path: Path, content: bytes) -> None:
    path = own_certificate(tmp_path, "mx.example.org")
    first = path.read_bytes()
    assert own_certificate(tmp_path, "other.example.org").read_bytes() != first
    path.write_bytes(content)
    assert own_certificate(tmp_path, "mx.example.org").read_bytes() != content


def test_a_renewed_certificate_is_used_and_half_of_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "both.pem"
    write(path, "mx.example.org")
    certificates = Certificates(path, path)
    path.write_bytes(b"half")
    os.utime(path, (1, 1))
    assert certificates.current()
    authority = write(path, "mx.example.org")
    os.utime(path, (2, 2))
    assert trusts(certificates.current(), authority)


def trusts(context: ssl.SSLContext, authority: trustme.CA) -> bool:
    """Whether a client that knows the authority would shake hands, without any socket."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context()
    authority.configure_trust(client)
    here = client.wrap_bio(to_client, to_server, server_hostname="mx.example.org")
    there = context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(5):
        for side in (here, there):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
    return here.getpeercert() is not None


def test_files_that_can_not_be_used_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        Certificates(tmp_path / "none.pem", tmp_path / "none.pem")
