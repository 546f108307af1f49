from typing import Any

from django.core.management.base import CommandParser

from accounts.command import AdministrationCommand
from accounts.provision import add_account


class Command(AdministrationCommand):
    help = "Make a shared account; let users in with grant."

    def declare(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")

    def carry_out(self, *, email: str, **options: Any) -> None:
        self.stdout.write(f"The shared account {add_account(email).name} exists.")
