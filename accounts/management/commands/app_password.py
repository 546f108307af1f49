from typing import Any

from django.core.management.base import CommandParser

from accounts.command import AdministrationCommand
from accounts.provision import app_password, find_user


class Command(AdministrationCommand):
    help = "Make an app password for a mail program and print it, once."

    def declare(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--name", default="mail program", help="what it is for")

    def carry_out(self, *, email: str, name: str, **options: Any) -> None:
        self.stdout.write(app_password(find_user(email), name))
