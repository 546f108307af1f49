from typing import Any

from django.core.management.base import CommandParser

from accounts.command import AdministrationCommand
from accounts.provision import add_address


class Command(AdministrationCommand):
    help = "Let another address deliver into an account."

    def declare(self, parser: CommandParser) -> None:
        parser.add_argument("address", metavar="ADDRESS", help="or @example.org for all that nobody else has")
        parser.add_argument("account", metavar="ACCOUNT", help="an address of the account")

    def carry_out(self, *, address: str, account: str, **options: Any) -> None:
        self.stdout.write(f"{add_address(address, account).email} delivers into {account}.")
