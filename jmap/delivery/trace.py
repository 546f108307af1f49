"""The header fields that say how a message came here (RFC 5321 §4.4), written and read."""

import ipaddress
import re
from datetime import UTC, datetime
from email.utils import format_datetime

from accounts.domains import BadAddress, normal_domain
from jmap.delivery.envelope import Message
from jmap.mime.fields import is_named, split_fields

MAX_HOPS = 100  # RFC 5321 §6.3
RETURN_PATH, RECEIVED = b"return-path", b"received"
_ADDRESS = re.compile(rb"\[(?:IPv6:)?([0-9A-Fa-f:.]{2,45})\]")
_FROM = re.compile(rb"\s*from\s+([^\s()\[\];]{1,255}|\[[^\]\s]{2,60}\])", re.I)
_BY = re.compile(rb"\sby\s", re.I)


def received(message: Message, id: str, hostname: str) -> bytes:
    """Our own field: who gave us the message, and how (RFC 5321 §4.4, RFC 3848). Of mail that is submitted here it
    tells nobody where its author sits."""
    client = message.client
    protocol = client.protocol(is_utf8=message.mail.is_utf8)
    lines = [f"by {hostname} with {protocol} id {id}"]
    if client.caller is None:
        lines.insert(0, f"from {plain_name(client.helo)}{literal(client.address)}")
    if client.cipher:
        lines.insert(-1, f"(using {client.cipher})")
    if len(message.admitted) == 1 and (to := message.admitted[0].rcpt.recipient).isascii():
        lines.append(f"for <{to}>")
    stamp = "\r\n\t".join([*lines[:-1], f"{lines[-1]};", format_datetime(datetime.now(UTC))])
    return f"Received: {stamp}\r\n".encode()


def plain_name(helo: str) -> str:
    """In ASCII, whatever the client calls itself."""
    if helo.isascii():
        return helo
    try:
        return normal_domain(helo)
    except BadAddress:
        return "unknown"


def literal(address: str) -> str:
    """An address literal (RFC 5321 §4.1.3) as a comment; nothing for a Unix socket."""
    return f" ([{'IPv6:' if ':' in address else ''}{address}])" if address else ""


def return_path(sender: str) -> bytes:
    return f"Return-Path: <{sender}>\r\n".encode()


def hops(fields: list[bytes]) -> int:
    """How many hosts a message has passed, as it says itself."""
    return sum(is_named(field, (RECEIVED,)) for field in fields)


def origin(octets: bytes) -> tuple[str, str] | None:
    """The address that brought a message into our network, and its HELO name, as the relays that gave it to us say.
    None where it never came from outside.

    Each relay of ours wrote the topmost field that was there when it passed the message on; those that name an address
    of a private network are steps among relays. The first other is of the outside, and written by a relay still."""
    for field in split_fields(octets)[0]:
        if is_named(field, (RECEIVED,)):
            step = read_received(field)
            if step is None or not ipaddress.ip_address(step[0]).is_private:
                return step
    return None


def read_received(field: bytes) -> tuple[str, str] | None:
    """The address and the HELO name after "from"; None where there is none."""
    value = field.partition(b":")[2]
    by = _BY.search(value)
    source = value[: by.start()] if by else value
    name, address = _FROM.match(source), _ADDRESS.findall(source)
    if name is None or not address:
        return None
    try:
        return str(ipaddress.ip_address(address[-1].decode())), name[1].decode("ascii", "replace")
    except ValueError:
        return None
