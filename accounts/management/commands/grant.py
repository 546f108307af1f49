from typing import Any

from django.core.management.base import CommandParser

from accounts.command import AdministrationCommand
from accounts.provision import grant


class Command(AdministrationCommand):
    help = "Let a user use an account."

    def declare(self, parser: CommandParser) -> None:
        parser.add_argument("account", metavar="ACCOUNT", help="an address of the account")
        parser.add_argument("user", metavar="USER", help="the login of the user")
        parser.add_argument("--read-only", action="store_true")

    def carry_out(self, *, account: str, user: str, read_only: bool, **options: Any) -> None:
        grant(account, user, read_only)
        self.stdout.write(f"{user} may {'read' if read_only else 'use'} {account}.")
