"""Messages of every shape, and ways to break them."""

import random
from pathlib import Path

from tests.soak.odd import FRAGMENTS, break_octets

MAIL = Path("/work/shared/mail")
HEAD = (
    b"Return-Path: <a@b.example>\r\nReceived: from x by y; Tue, 1 Apr 2025 10:00:00 +0200\r\n"
    b'Date: Tue, 1 Apr 2025 10:00:00 +0200 (CEST)\r\nFrom: =?utf-8?q?J=C3=B8rn?= <j@x.example>, "A, B" <a@b>\r\n'
    b"To: Friends: a@b, C <c@d>;, e@[1.2.3.4]\r\nCc: undisclosed:;\r\nReply-To: <@r:x@y>\r\nSender: s@t\r\n"
    b"Subject: Re: [x] Fwd: =?iso-8859-1?q?caf=E9?= =?utf-8?b?8J+YgA==?=\r\n"
    b"Message-ID: <%d@soak.example>\r\nIn-Reply-To: <1@soak.example>\r\n"
    b"References: <1@soak.example>\r\n\t<2@soak.example>\r\n"
    b"List-Post: <mailto:x@y>, <http://z/>\r\nMIME-Version: 1.0\r\n"
)
PLAIN = (
    b"Content-Type: text/plain; charset=utf-8; format=flowed\r\nContent-Transfer-Encoding: 8bit\r\n"
    b"\r\nGr\xc3\xbc\xc3\x9fe, hello\r\n"
)
QUOTED = (
    b"Content-Type: text/html; charset=windows-1252\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    b"\r\n<p>caf=E9 =\r\n<b>x</b>\r\n"
)
BASE64 = (
    b"Content-Type: image/png; name*0*=utf-8''%e2%82%ac; name*1=x.png\r\nContent-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="a\\"b.png"; size=9999999999999999999\r\nContent-ID: <i@d>\r\n'
    b"Content-Language: de, en\r\nContent-Location: http://x/\r\n\r\niVBORw0KGgoAAAANSUhEUg==\r\n"
)


def multipart(kind: bytes, boundary: bytes, *parts: bytes) -> bytes:
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts)
    return b'Content-Type: multipart/%s; boundary="%s"\r\n\r\npre\r\n%s--%s--\r\nepi\r\n' % (
        kind,
        boundary,
        body,
        boundary,
    )


ALTERNATIVE = multipart(b"alternative", b"alt", PLAIN, QUOTED)
NESTED = b"Content-Type: message/rfc822\r\n\r\n" + HEAD % 7 + ALTERNATIVE
BODIES = [
    PLAIN, QUOTED, BASE64, ALTERNATIVE, NESTED, multipart(b"mixed", b"m", ALTERNATIVE, BASE64, NESTED),
    multipart(b"related; type=text/html", b"r", QUOTED, BASE64), multipart(b"digest", b"d", HEAD + PLAIN, HEAD),
    multipart(b"report; report-type=delivery-status", b"q", PLAIN,
              b"Content-Type: message/delivery-status\r\n\r\nA: b\r\n"),
    b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n\x1b$B4A;z\x1b(B\r\n", b"\r\n", b"",
    b"Content-Type: text/plain; charset=utf-16\r\n\r\n\xff\xfeh\0i\0\0\xd8",
    b"Content-Type: text/x; charset=utf-7\r\n\r\n+2AA-",
]  # fmt: skip


def templates() -> list[bytes]:
    """Valid messages, and the samples of the wild where there are any."""
    own = [HEAD % at + body for at, body in enumerate(BODIES)]
    samples = sorted(path for path in MAIL.rglob("*") if path.is_file() and path.stat().st_size < 30_000)
    return own + [path.read_bytes() for path in samples]


def broken_message(dice: random.Random, valid: list[bytes]) -> bytes:
    """Something that may have been a message once; never empty, which no blob of an Email may be."""
    message = dice.choice(valid)
    match dice.randrange(8):
        case 0:
            message = dice.randbytes(dice.choice([1, 20, 2000]))
        case 1:
            message = message[: dice.randrange(len(message) + 1)]
        case 2:
            message = splice(dice, message, dice.choice(valid))
        case 3:
            message = splice(dice, message, dice.choice(FRAGMENTS) * dice.choice([1, 50, 500]))
        case 4:
            message = message.replace(b"\r\n", dice.choice([b"\n", b"\r", b"\r\n ", b"\r\r\n", b"\0"]))
        case 5:
            lines = message.split(b"\n")
            dice.shuffle(lines)
            message = b"\n".join(lines)
        case _:
            message = break_octets(dice, message, 20)
    return message or b"x"


def splice(dice: random.Random, first: bytes, second: bytes) -> bytes:
    """The second within the first."""
    start, end = sorted(dice.randrange(len(first) + 1) for _ in range(2))
    return first[:start] + second + first[end:]
