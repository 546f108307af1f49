"""The service over TLS, its certificate from an authority of the run's own."""

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trustme

from config.supervisor import ROOT, listen


@dataclass
class Tls:
    """Where the service listens, and the authority that a client is to trust (a PEM file)."""

    host: str
    authority: Path

    @property
    def url(self) -> str:
        return f"https://{self.host}"


@pytest.fixture(scope="session")
def tls(database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tls]:
    folder = tmp_path_factory.mktemp("tls")
    certificate, key, authority = (folder / name for name in ("certificate.pem", "key.pem", "authority.pem"))
    write_certificates(certificate, key, authority)
    listener = listen("127.0.0.1", 0)
    options = ["--parent", str(os.getpid()), "--tls-cert", str(certificate), "--tls-key", str(key)]
    command = [sys.executable, "-m", "config.web", str(listener.fileno()), *options]
    process = subprocess.Popen(command, cwd=ROOT, pass_fds=[listener.fileno()], env={**os.environ, "THREADS": "4"})
    try:
        served = Tls(f"localhost:{listener.getsockname()[1]}", authority)
        wait_for(served)
        yield served
    finally:
        process.terminate()
        process.wait(20)
        listener.close()


def write_certificates(certificate: Path, key: Path, authority: Path) -> None:
    issuer = trustme.CA()
    issued = issuer.issue_cert("localhost", "127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    issuer.cert_pem.write_to_path(authority)


def wait_for(served: Tls, seconds: float = 30.0) -> None:
    """Until the server answers."""
    trusting = ssl.create_default_context(cafile=str(served.authority))
    deadline = time.monotonic() + seconds
    while True:
        try:
            httpx.get(f"{served.url}/jmap/session", timeout=5, verify=trusting)
            return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@pytest.fixture
def message(tmp_path: Path) -> Path:
    """A message with an attachment, for the client to upload."""
    path = tmp_path / "message.eml"
    path.write_bytes(MESSAGE.replace(b"\n", b"\r\n"))
    return path


MESSAGE = """\
Message-ID: <round@client.test>
From: Zoë <zoe@client.test>
To: you@client.test
Subject: =?utf-8?q?Caf=C3=A9?=
Date: Fri, 2 Jan 2026 03:04:05 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Shall we have tea?
--b
Content-Type: application/octet-stream
Content-Disposition: attachment; filename=menu.bin
Content-Transfer-Encoding: base64

AAECAwQ=
--b--
""".encode()
