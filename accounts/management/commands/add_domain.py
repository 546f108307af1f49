from typing import Any

from django.core.management.base import CommandParser

from accounts.command import AdministrationCommand
from accounts.provision import add_domain


class Command(AdministrationCommand):
    help = "Serve a mail domain."

    def declare(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")

    def carry_out(self, *, name: str, **options: Any) -> None:
        self.stdout.write(f"The domain {add_domain(name).name} is served.")
