from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.mail_ports import described, open_listeners
from config.supervisor import CannotListen


class Command(BaseCommand):
    help = "Take mail in by SMTP and LMTP, as `up` does; for services that run apart. Ctrl-C stops it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", metavar="DIR", help="the data directory")

    def handle(self, *args: Any, **options: Any) -> None:
        from jmap.delivery.server import serve

        try:
            listeners = open_listeners()
        except CannotListen as error:
            raise CommandError(str(error)) from None
        if not listeners:
            raise CommandError("Every mail port is off.")
        for line in described(listeners):
            self.stdout.write(line)
        self.stdout.flush()
        try:
            serve(listeners)
        except OSError as error:
            raise CommandError(f"The certificate can't be used: {error}") from None
