"""The grammar of commands: verbs, paths and parameters (RFC 5321 §4.1.2), as pure functions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jmap.delivery.replies import Refusal

MAX_PATH, MAX_LOCAL, MAX_DOMAIN = 256, 64, 255  # octets (RFC 5321 §4.5.3.1)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_QUOTED = r'"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])*+"'
_PLAIN = r'[^\s<>()\[\]\\,;:@"\x00-\x1f\x7f-\x9f]++'
_LITERAL = r"\[[!-Z^-~]++\]"
# Source routes must be accepted and should be ignored (RFC 5321 §4.1.2, appendix C).
_PATH = re.compile(rf"<(?:@[^\s<>:\"]*+:)?(?:(?P<local>{_QUOTED}|{_PLAIN})@(?P<domain>{_LITERAL}|{_PLAIN}))?>")
_POSTMASTER = re.compile(r"<(postmaster)>", re.I)  # RFC 5321 §4.1.1.3: the one recipient without a domain
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*+)(?:=([^\s=\x00-\x1f\x7f][^\s\x00-\x1f\x7f]*+))?\Z")
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*+\Z")  # RFC 3461 §4
_UTF_8_ADDRESS = re.compile(
    r"(?:[!-*,-<>-\[\]-~\x80-\U0010ffff]|\+[0-9A-F]{2}|\\x\{[0-9A-F]{2,6}\})++\Z"
)  # RFC 6533 §3
_ESCAPED = re.compile(r"\\(.)")
_NEEDS_NO_QUOTES = re.compile(r"[^\s<>()\[\]\\,;:@\".\x00-\x1f\x7f]++(?:\.[^\s<>()\[\]\\,;:@\".\x00-\x1f\x7f]++)*+\Z")

Parameters = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Path:
    """A mailbox with the parameters that followed it; "" is the null path."""

    mailbox: str
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class MailFrom:
    """MAIL FROM, understood."""

    sender: str
    size: int = 0  # as the client declares it (RFC 1870), 0 where it does not
    is_utf8: bool = False  # RFC 6531
    ret: str | None = None  # RFC 3461 §4.3
    envid: str | None = None  # RFC 3461 §4.4, as xtext
    hold_until: datetime | None = None  # RFC 4865


@dataclass(frozen=True, slots=True)
class RcptTo:
    """RCPT TO, understood."""

    recipient: str
    notify: str | None = None  # RFC 3461 §4.1
    orcpt: str | None = None  # RFC 3461 §4.2


def split_command(line: bytes) -> tuple[str, str]:
    """The verb in upper case and what follows it. Raises Refusal."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(500, "5.5.2", "That is not UTF-8") from None
    if _CONTROL.search(text):
        raise Refusal(500, "5.5.2", "A command has no control characters")
    verb, _, rest = text.partition(" ")
    return verb.upper(), rest.strip(" ")


def parse_mail(argument: str, hold: tuple[int, datetime] | None = None) -> MailFrom:
    """`FROM:<a@b.example> SIZE=1000 …`. `hold` is how many seconds, and until when, a message may be held. Raises
    Refusal."""
    path = parse_path(argument, "FROM:", "5.1.7")
    given = dict(path.parameters)
    mail = MailFrom(
        path.mailbox,
        size=parse_size(take(given, "SIZE")),
        is_utf8=parse_flag(given, "SMTPUTF8"),
        ret=one_of(take(given, "RET"), "RET", ("FULL", "HDRS")),
        envid=parse_xtext(take(given, "ENVID"), "ENVID", 100),
        hold_until=parse_hold(given, *hold) if hold else None,
    )
    one_of(take(given, "BODY"), "BODY", ("7BIT", "8BITMIME"))  # RFC 6152: both are kept as they come
    parse_xtext(take(given, "AUTH"), "AUTH", 500, also=("<>",))  # RFC 4954 §5: believed of nobody
    refuse_unknown(given)
    refuse_unannounced_utf8(path.mailbox, mail.is_utf8)
    return mail


def parse_rcpt(argument: str, *, is_utf8: bool) -> RcptTo:
    """`TO:<c@d.example> NOTIFY=NEVER …`; "postmaster" may stand alone. Raises Refusal."""
    path = parse_path(argument, "TO:", "5.1.3")
    if not path.mailbox:
        raise Refusal(501, "5.1.3", "A recipient is missing")
    given = dict(path.parameters)
    rcpt = RcptTo(path.mailbox, parse_notify(take(given, "NOTIFY")), parse_orcpt(take(given, "ORCPT")))
    refuse_unknown(given)
    refuse_unannounced_utf8(path.mailbox, is_utf8)
    return rcpt


def parse_path(argument: str, keyword: str, status: str) -> Path:
    """A path after its keyword, and its parameters. Some clients put a space between; that is harmless."""
    if argument[: len(keyword)].upper() != keyword:
        raise Refusal(501, "5.5.4", f"{keyword}<address> is missing")
    rest = argument[len(keyword) :].lstrip(" ")
    match = _PATH.match(rest) or _POSTMASTER.match(rest)
    if match is None or rest[match.end() : match.end() + 1] not in ("", " "):
        raise Refusal(501, status, "That is no address in angle brackets")
    mailbox = match[1] if match.re is _POSTMASTER else mailbox_of(match["local"], match["domain"], status)
    return Path(mailbox, parse_parameters(rest[match.end() :]))


def mailbox_of(local: str | None, domain: str | None, status: str) -> str:
    """The address with the fewest quotes (RFC 5321 §4.1.2), "" without one."""
    if local is None or domain is None:
        return ""
    if local.startswith('"'):
        content = _ESCAPED.sub(r"\1", local[1:-1])
        local = content if _NEEDS_NO_QUOTES.match(content) else local
    if len(local.encode()) > MAX_LOCAL or len(domain.encode()) > MAX_DOMAIN:
        raise Refusal(501, status, "The address is too long")
    if len(local.encode()) + len(domain.encode()) + 3 > MAX_PATH:
        raise Refusal(501, status, "The path is too long")
    return f"{local}@{domain}"


def parse_parameters(text: str) -> Parameters:
    """Keywords in upper case. Raises Refusal for what is malformed or given twice."""
    found: dict[str, str | None] = {}
    for word in text.split():
        match = _PARAMETER.match(word)
        if match is None or match[1].upper() in found:
            raise Refusal(501, "5.5.4", "The parameters are malformed")
        found[match[1].upper()] = match[2]
    return found


def refuse_unknown(parameters: Parameters) -> None:
    if parameters:
        raise Refusal(555, "5.5.4", f"The parameter {next(iter(parameters))} is not supported")


def refuse_unannounced_utf8(mailbox: str, is_utf8: bool) -> None:
    """RFC 6531 §3.4: only a client that said SMTPUTF8 may use such addresses."""
    if not is_utf8 and not mailbox.isascii():
        raise Refusal(553, "5.6.7", "An address beyond ASCII needs SMTPUTF8")


def take(given: dict[str, str | None], keyword: str) -> str | None:
    """The value of a parameter, which goes; None where it was not given. Raises Refusal for one without a value."""
    if keyword not in given:
        return None
    value = given.pop(keyword)
    if value is None:
        raise Refusal(501, "5.5.4", f"{keyword} wants a value")
    return value


def parse_size(text: str | None) -> int:
    """RFC 1870 §4: up to 20 digits."""
    if text is not None and not re.fullmatch(r"[0-9]{1,20}", text):
        raise Refusal(501, "5.5.4", "SIZE wants a number")
    return int(text or 0)


def parse_flag(given: dict[str, str | None], keyword: str) -> bool:
    """Whether a keyword that takes no value was given."""
    if keyword not in given:
        return False
    if given.pop(keyword) is not None:
        raise Refusal(501, "5.5.4", f"{keyword} takes no value")
    return True


def one_of(text: str | None, keyword: str, allowed: tuple[str, ...]) -> str | None:
    if text is not None and text.upper() not in allowed:
        raise Refusal(501, "5.5.4", f"{keyword} is one of {', '.join(allowed)}")
    return text.upper() if text else None


def parse_hold(given: dict[str, str | None], longest: int, latest: datetime) -> datetime | None:
    """RFC 4865 §4.2: HOLDFOR or HOLDUNTIL, within what is offered."""
    seconds, moment = take(given, "HOLDFOR"), take(given, "HOLDUNTIL")
    now = datetime.now(UTC)
    if seconds is None and moment is None:
        return None
    if moment is None and re.fullmatch(r"[1-9][0-9]{0,8}", seconds or "") and int(seconds or 0) <= longest:
        return now + timedelta(seconds=int(seconds or 0))
    until = parse_moment(moment) if moment is not None and seconds is None else None
    if until is None or not now <= until <= latest:
        raise Refusal(501, "5.5.4", f"A message is held for {longest} seconds at most")
    return until


def parse_moment(text: str) -> datetime | None:
    """An RFC 3339 date-time; None for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def parse_xtext(text: str | None, keyword: str, longest: int, also: tuple[str, ...] = ()) -> str | None:
    if text is not None and text not in also and (len(text) > longest or not _XTEXT.match(text)):
        raise Refusal(501, "5.5.4", f"{keyword} wants xtext")
    return text


def parse_notify(text: str | None) -> str | None:
    """RFC 3461 §4.1: NEVER alone, or any of the others."""
    if text is None:
        return None
    words = text.upper().split(",")
    if words != ["NEVER"] and not (set(words) <= {"SUCCESS", "FAILURE", "DELAY"} and len(set(words)) == len(words)):
        raise Refusal(501, "5.5.4", "NOTIFY is NEVER, or some of SUCCESS, FAILURE, DELAY")
    return ",".join(words)


def parse_orcpt(text: str | None) -> str | None:
    """RFC 3461 §4.2: `rfc822;xtext`; RFC 6533 §3: `utf-8;` and more."""
    if text is None:
        return None
    kind, semicolon, address = text.partition(";")
    fits = _UTF_8_ADDRESS if kind.lower() == "utf-8" else _XTEXT
    if not semicolon or not re.fullmatch(r"[A-Za-z0-9-]+", kind) or len(text) > 500 or not address:
        raise Refusal(501, "5.5.4", "ORCPT is a type and an address")
    if not fits.match(address):
        raise Refusal(501, "5.5.4", "The address of ORCPT is malformed")
    return text
