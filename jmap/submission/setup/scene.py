"""Everything a check may look at: the domain, this server as it is set up, DNS and the web."""

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings

from jmap.mailauth.dns import Lookup, shared_resolver
from jmap.submission.relay.https import Fetching, fetch

SECONDS = 20.0  # for all checks of a domain


@dataclass(frozen=True)
class Scene:
    """`host` is the name of the mail server, `web` that of the web server. `fetch(host, path)` gets a text by HTTPS or
    raises FetchFailed. `certificate` is the mail server's, if known. `direct`: mail goes to its recipients' servers
    itself, without a smart host."""

    domain: str
    host: str
    web: str
    web_port: int
    lookup: Lookup
    fetch: Callable[[str, str], str]
    certificate: x509.Certificate | None
    direct: bool

    @cached_property
    def addresses(self) -> tuple[str, ...]:
        """Those of the host. Raises DnsTrouble."""
        return addresses_of(self.host, self.lookup)

    def texts(self, name: str, prefix: bytes) -> list[str]:
        """The TXT records of a name that begin so. Raises DnsTrouble."""
        found = self.lookup(name, "TXT").records
        return [octets.decode("utf-8", "replace") for octets in found if octets.lower().startswith(prefix.lower())]


def scene_of(domain: str) -> Scene:
    """The scene of a served domain (in its stored spelling), by the settings."""
    lookup = shared_resolver(tuple(settings.DNS_SERVERS)).lookup(time.monotonic() + SECONDS)
    web = urlsplit(public_origin())
    host = settings.MAIL_HOSTNAME
    return Scene(
        domain=domain,
        host=host,
        web=web.hostname or host,
        web_port=web.port or (80 if web.scheme == "http" else 443),
        lookup=lookup,
        fetch=lambda where, path: fetch(where, path, lookup, Fetching(ssl.create_default_context(), seconds=5.0)),
        certificate=own_certificate(),
        direct=not settings.SMART_HOST,
    )


def public_origin() -> str:
    return str(settings.PUBLIC_URL or f"https://{settings.MAIL_HOSTNAME}")


def addresses_of(host: str, lookup: Lookup) -> tuple[str, ...]:
    return (*lookup(host, "A").records, *lookup(host, "AAAA").records)


def own_certificate() -> x509.Certificate | None:
    """That of the settings; None where there is none or it can't be read."""
    try:
        return x509.load_pem_x509_certificate(Path(settings.TLS_CERT).read_bytes()) if settings.TLS_CERT else None
    except (OSError, ValueError):
        return None
