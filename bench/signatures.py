"""`python -m bench.signatures`: what signing and judging a message cost, without DNS."""

import time
from collections.abc import Callable
from statistics import median

from jmap.mailauth.dkim import verify
from jmap.mailauth.dkim_sign import Signer, key_record, load_private_key, make_key, sign_message
from jmap.mailauth.dkim_signature import Body
from jmap.mailauth.dns import Answer, Resolver
from jmap.mailauth.message import Message
from jmap.mailauth.verdict import judge

ROUNDS = 200
SIZES = (2_000, 10_000, 100_000, 5_000_000)
LINE = b"The quick  brown fox jumps over the lazy dog, again and again.\r\n"
HEAD = b"".join(
    b"%s: %s\r\n" % (name, value)
    for name, value in {
        b"Received": b"from a.example by b.example; Wed, 25 Nov 2026 10:00:00 +0000",
        b"From": b"Ann <ann@example.org>",
        b"To": b"Bob <bob@example.net>",
        b"Subject": b"Tea",
        b"Date": b"Wed, 25 Nov 2026 10:00:00 +0000",
        b"Message-ID": b"<1@example.org>",
        b"MIME-Version": b"1.0",
        b"Content-Type": b"text/plain",
    }.items()
)


class Table(Resolver):
    """DNS that answers at once."""

    def __init__(self, records: dict[str, bytes]) -> None:
        super().__init__(["127.0.0.1"])
        self.table = records

    def query(self, name: str, type: str, deadline: float | None = None) -> Answer:
        found = self.table.get(name) if type == "TXT" else None
        return Answer((found,) if found else (), exists=found is not None)


def make_signers() -> tuple[list[Signer], Table]:
    signers = [Signer("example.org", name, load_private_key(make_key(name))) for name in ("rsa", "ed25519")]
    keys = {f"{each.selector}._domainkey.{each.domain}": key_record(each.key).encode() for each in signers}
    policies = {"example.org": b"v=spf1 ip4:192.0.2.0/24 -all", "_dmarc.example.org": b"v=DMARC1; p=reject"}
    return signers, Table(keys | policies)


def make_message(size: int) -> bytes:
    return HEAD + b"\r\n" + LINE * ((size - len(HEAD)) // len(LINE))


def cost(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Milliseconds of processor time, the median."""
    figures = []
    for _ in range(rounds):
        begun = time.thread_time()
        work()
        figures.append((time.thread_time() - begun) * 1000)
    return median(figures)


def works(size: int) -> dict[str, Callable[[], object]]:
    """What is measured, by its name."""
    signers, table = make_signers()
    octets = make_message(size)
    signed = sign_message(octets, signers)

    def judged() -> object:
        deadline = time.monotonic() + 60
        given = {"peer": "192.0.2.1", "helo": "mx.example.org", "mail_from": "ann@example.org"}
        return judge(signed, **given, resolver=table, authserv_id="mail.example.net", deadline=deadline)

    return {
        "sign (RSA)": lambda: sign_message(octets, signers[:1]),
        "sign (RSA and Ed25519)": lambda: sign_message(octets, signers),
        "verify both signatures": lambda: verify(message := Message(signed), Body(message.body), table.query),
        "judge (SPF, DKIM, DMARC)": judged,
    }


def main() -> None:
    columns = {size: works(size) for size in SIZES}
    print(f"{'milliseconds of processor time':34}" + "".join(f"{size / 1000:>10g} KB" for size in SIZES))
    for name in columns[SIZES[0]]:
        figures = [cost(columns[size][name], ROUNDS if size < 1_000_000 else 10) for size in SIZES]
        print(f"{name:34}" + "".join(f"{figure:>13.2f}" for figure in figures))


if __name__ == "__main__":
    main()
