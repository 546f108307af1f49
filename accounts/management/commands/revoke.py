from typing import Any

from django.core.management.base import CommandParser

from accounts.command import AdministrationCommand
from accounts.provision import revoke


class Command(AdministrationCommand):
    help = "Take a user's access to an account away."

    def declare(self, parser: CommandParser) -> None:
        parser.add_argument("account", metavar="ACCOUNT", help="an address of the account")
        parser.add_argument("user", metavar="USER", help="the login of the user")

    def carry_out(self, *, account: str, user: str, **options: Any) -> None:
        revoke(account, user)
        self.stdout.write(f"{user} may no longer use {account}.")
