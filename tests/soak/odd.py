"""Values that break things, and ways to break what is valid."""

import copy
import random
from contextlib import suppress
from typing import Any

ODD_STRINGS = [
    "", " ", "\0", "a\0b", "\ud7ff", "\uffff", "\U0010ffff", "\u202e", "e\u0301" * 50, "ﬃ", "İ", "ß", "漢字", "\r\n",
    "a" * 256, "a" * 5000, "é" * 3000, "🐈" * 1400, "%s", "%", "%(x)s", "'", '"', "\\", "\\0", "';--", "{}", "[]", "*",
    ":", "::*", "#", "#n0", "#x", "a1", "m1", "e1", "t1", "m0", "e9223372036854775807", "e9223372036854775808",
    "e99999999999999999999", "m-1", "b" + "0" * 64, "b" + "0" * 64 + "-1", "b" + "f" * 64 + "-1" * 20, "-", "/", "~0",
    "~2", "~", "keywords/", "keywords/$seen", "keywords/~1", "mailboxIds/m1", "mailboxIds//", "$seen", "$SEEN", "inbox",
    "0000-00-00T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:60Z",
    "10000-01-01T00:00:00Z", "2026-01-01T00:00:00.123456789123Z", "2026-01-01T24:00:00Z", "2026-02-30T00:00:00Z",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00+99:99", "header:", "header:x",
    "header:From:asAddresses:all", "header:Subject:asDate", "header:" + "x" * 3000, "header::asText", "header:é",
    "header:Date:asDate:all:all", "bodyStructure", "bodyValues", "AND", "i;octet", "i;ascii-casemap", "receivedAt",
    "subject", "hasKeyword", '"', '"a', '"a b"', "'a", "a" * 3 + '"' * 1000, "\\" * 999, "( | & ! :*)", "<->",
    "a\u0300",
    "text/plain", "multipart/mixed", "message/rfc822", "utf-8", "=?utf-8?q?=00?=", "a\nb: c", "x@y", "@", "<>", "é@é",
    "s1:0", "1-2-3", "99999999999999999999999999", "0", "null", "true",
]  # fmt: skip
ODD_NUMBERS = [
    0, -0.0, 1, -1, 2**31 - 1, 2**31, 2**32, 2**53 - 1, -(2**53) + 1, 2**53, 2**63 - 1, -(2**63), 2**63, 2**64 - 1,
    1.5, 1e308, 1e-320, 0.1, 1.0, 255, 256, 65536, 1000, 5000,
]  # fmt: skip
ODD_CONTAINERS: list[Any] = [
    [], {}, [None], [[]], {"": None}, {"": {}}, {"#": 1}, [{}], [1, "a", None], {"a": {"b": {"c": {}}}}, [True], [""],
    {"operator": "AND", "conditions": []}, {"operator": "NOT", "conditions": [{}]}, {"operator": "XOR"},
    {"resultOf": "c0", "name": "Email/query", "path": "/ids"}, {"resultOf": "c0", "name": "Email/get", "path": "/*"},
    {"resultOf": "c0", "name": "Mailbox/get", "path": "/list/*/id"}, {"resultOf": "c0", "name": "x", "path": ""},
    {"resultOf": "c0", "name": "Core/echo", "path": "/~"}, {"keyword": "$seen"}, {"text": ""}, {"header": [""]},
    {"property": "subject", "collation": "i;octet"}, {"property": "hasKeyword", "keyword": "x" * 3000},
]  # fmt: skip


def odd_value(dice: random.Random) -> Any:
    match dice.randrange(8):
        case 0 | 1 | 2:
            return dice.choice(ODD_STRINGS)
        case 3 | 4:
            return dice.choice(ODD_NUMBERS)
        case 5:
            return dice.choice([None, True, False])
        case 6:
            return copy.deepcopy(dice.choice(ODD_CONTAINERS))
    return nest(dice)


def nest(dice: random.Random) -> Any:
    """Something deep, or something wide."""
    value: Any = dice.choice(ODD_STRINGS)
    if dice.random() < 0.3:
        return [value] * dice.choice([10, 300, 2000])
    for _ in range(dice.choice([2, 5, 19, 21, 60, 110, 300])):
        wrap = dice.randrange(3)
        value = [value] if wrap == 0 else {"a": value} if wrap == 1 else {"operator": "NOT", "conditions": [value]}
    return value


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) below a JSON value."""
    found, waiting = [], [value]
    while waiting:
        container = waiting.pop()
        keys = list(container) if isinstance(container, dict) else range(len(container))
        for key in keys:
            found.append((container, key))
            if isinstance(container[key], dict | list):
                waiting.append(container[key])
    return found


def break_value(dice: random.Random, value: Any) -> None:
    """Change one thing somewhere in a JSON object or array."""
    found = places(value)
    if not found:
        return
    container, key = dice.choice(found)
    match dice.randrange(8):
        case 0 | 1 | 2 | 3:
            container[key] = odd_value(dice)
        case 4:
            del container[key]
        case 5:
            container[key] = [container[key]] if dice.random() < 0.5 else {"x": container[key]}
        case 6:
            graft(dice, container, container[key])
        case 7:
            with suppress(RecursionError):  # what is nested too deeply to be copied stays where it is
                container[key] = copy.deepcopy(dice.choice(found)[0])


def graft(dice: random.Random, container: Any, item: Any) -> None:
    """The same again in another place, or under an odd name."""
    if isinstance(container, dict):
        container[dice.choice(ODD_STRINGS)] = item if dice.random() < 0.5 else odd_value(dice)
    else:
        container.insert(dice.randrange(len(container) + 1), item)


def break_octets(dice: random.Random, octets: bytes, most: int = 8) -> bytes:
    """Flip, drop, repeat, insert or cut octets."""
    broken = bytearray(octets)
    for _ in range(dice.randrange(1, most)):
        at, length = dice.randrange(len(broken) + 1), dice.choice([1, 1, 1, 2, 7, 60])
        match dice.randrange(5):
            case 0:
                broken[at : at + length] = dice.randbytes(length)
            case 1:
                del broken[at : at + length]
            case 2:
                broken[at:at] = broken[at : at + length] * dice.choice([1, 2, 30])
            case 3:
                broken[at:at] = dice.choice(FRAGMENTS)
            case 4 if dice.random() < 0.1:
                del broken[at:]
    return bytes(broken)


FRAGMENTS = [
    b"\0", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\r\n ",
    b'"',
    b"\\", b":", b";", b",", b"<", b">", b"(", b")", b"@", b"=?", b"?=", b"=?utf-8?q?=00=ED=A0=80?=",
    b"=?utf-8?b?AA==?=",
    b"=?utf-16?b?2AA=?=", b"=?x?q??=", b"=?utf-8?q?" + b"a" * 3000 + b"?=", b"\r\nSubject: ", b"\r\nFrom: ", b"--",
    b"=",
    b"\r\nDate: Mon, 31 Dec 9999 23:59:59 -9999\r\n", b"\r\nDate: 1 Jan 0001 00:00:00 +1400\r\n", b"{", b"}", b"[",
    b"]", b"\\u0000", b"\\ud800", b"1e999", b"99999999999999999999", b"-", b"charset=utf-7", b"charset=\x00",
    b"filename*=",
    b"filename*0*=utf-8''%00%ED%A0%80", b"Content-Transfer-Encoding: base64\r\n", b"boundary=", b"multipart/mixed",
    b"message/rfc822", b"\r\nReferences: " + b"<a@b> " * 600, b"\r\nReceived: x; 1 Jan 99999 00:00:00 +0000\r\n",
]  # fmt: skip
