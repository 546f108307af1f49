import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.command import AdministrationCommand
from accounts.provision import find_account
from jmap.mail.bulk_import import Tally, import_all
from jmap.mail.found import Found
from jmap.mail.mailfiles import read_mail, total_octets
from jmap.mail.reader_processes import reader_processes


class Command(AdministrationCommand):
    help = (
        "Import an mbox, a Maildir, an .eml or a folder of them. May be stopped and run again: what is there already "
        "is not imported twice."
    )

    def declare(self, parser: CommandParser) -> None:
        parser.add_argument("account", metavar="ACCOUNT", help="an address of the account")
        parser.add_argument("path", metavar="PATH", type=Path)

    def carry_out(self, *, account: str, path: Path, **options: Any) -> None:
        account_id = find_account(account).pk
        tally = Tally()
        try:
            progress = Progress(total_octets(path))
        except FileNotFoundError:
            raise CommandError(f"There is nothing at {path}.") from None
        with reader_processes() as readers:
            for _ in import_all(account_id, self.readable(path, tally, progress), tally, readers):
                progress.show(tally)
        progress.end(tally)
        for problem in tally.failed:
            self.stderr.write(problem)
        self.stdout.write(
            f"{tally.imported} messages imported, {tally.known} were there already, {len(tally.failed)} failed."
        )
        if tally.failed:
            raise CommandError("Some messages could not be imported.")

    def readable(self, path: Path, tally: Tally, progress: "Progress") -> Iterator[Found]:
        for found in read_mail(path):
            progress.done += found.octets
            if isinstance(found, Found):
                yield found
            else:
                tally.failed.append(f"{found.key}: {found.problem}")


class Progress:
    """A bar on a terminal; silent elsewhere."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.started, self.shown = max(total, 1), 0, time.monotonic(), 0.0

    def show(self, tally: Tally) -> None:
        now = time.monotonic()
        if not sys.stderr.isatty() or now - self.shown < 0.2:
            return
        self.shown = now
        share = min(1.0, self.done / self.total)
        rate = tally.imported / max(now - self.started, 0.001)
        bar = "#" * int(share * 30)
        sys.stderr.write(f"\r[{bar:<30}] {share:4.0%}  {tally.imported} imported, {rate:.0f} a second ")
        sys.stderr.flush()

    def end(self, tally: Tally) -> None:
        if sys.stderr.isatty():
            self.done, self.shown = self.total, 0.0
            self.show(tally)
            sys.stderr.write("\n")
