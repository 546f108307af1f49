"""Mail domains and e-mail addresses in the one spelling that is stored: lower case, domains as A-labels."""

import re

LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\Z")
ATOM = re.compile(r"[^\x00-\x20\x7f-\x9f()<>\[\]:;@\\,\"\s]+\Z")


class BadAddress(ValueError):  # noqa: N818
    """Not a domain or e-mail address; the message says what is wrong with it."""


def normal_domain(text: str) -> str:
    """`Büro.Example.` -> `xn--bro-hoa.example`. Raises BadAddress."""
    try:
        name = text.strip().removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise BadAddress(f"{text!r} is not a domain name") from None
    if len(name) > 253 or not all(LABEL.match(label) for label in name.split(".")):
        raise BadAddress(f"{text!r} is not a domain name")
    return name


def normal_address(text: str) -> str:
    """An address in lower case with its domain as A-labels. No quoted local parts. Raises BadAddress."""
    local, at, domain = text.strip().rpartition("@")
    if not at:
        raise BadAddress(f"{text!r} is not an e-mail address: it has no @")
    local = local.lower()
    if len(local.encode("utf-8", "replace")) > 64 or not all(ATOM.match(atom) for atom in local.split(".")):
        raise BadAddress(f"{text!r} is not an e-mail address: its local part can't be used")
    return f"{local}@{normal_domain(domain)}"


def normal_recipient(text: str) -> str:
    """An address, or a catch-all such as `@example.org`: every address of the domain that nobody else has. Raises
    BadAddress."""
    text = text.strip()
    return f"@{normal_domain(text[1:])}" if text.startswith("@") else normal_address(text)
