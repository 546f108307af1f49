"""What a server on one port is for, and what is known of a client that speaks to it."""

from dataclasses import dataclass

from accounts.access import Caller


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of mail server."""

    name: str
    is_lmtp: bool = False
    wants_login: bool = False
    starts_with_tls: bool = False
    offers_tls: bool = True


MX = Kind("mx")
SUBMISSION = Kind("submission", wants_login=True)  # RFC 6409
SUBMISSIONS = Kind("submissions", wants_login=True, starts_with_tls=True)  # RFC 8314 §3.3
LMTP = Kind("lmtp", is_lmtp=True, offers_tls=False)  # RFC 2033
KINDS = {kind.name: kind for kind in (MX, SUBMISSION, SUBMISSIONS, LMTP)}


@dataclass(slots=True)
class Client:
    """Who speaks. `address` is an IP address, "" on a Unix socket; `cipher` is "" in clear text."""

    kind: Kind
    address: str
    helo: str = ""
    is_extended: bool = False  # said EHLO or LHLO
    cipher: str = ""
    caller: Caller | None = None
    is_relay: bool = False  # a mail server of our own (jmap.delivery.relays)

    def protocol(self, *, is_utf8: bool) -> str:
        """The keyword of `Received … with` (RFC 3848, RFC 6531 §4.3)."""
        name = "LMTP" if self.kind.is_lmtp else "ESMTP" if self.is_extended else "SMTP"
        if is_utf8:
            name = "UTF8LMTP" if self.kind.is_lmtp else "UTF8SMTP"
        return f"{name}{'S' if self.cipher else ''}{'A' if self.caller else ''}"
