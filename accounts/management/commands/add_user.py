import getpass
import secrets
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.command import AdministrationCommand
from accounts.provision import add_user


class Command(AdministrationCommand):
    help = "Make a user with an account, its mailboxes and its address."

    def declare(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--name", default="", help="the person's name")
        parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
        parser.add_argument("--admin", action="store_true", help="the user may administer the service")

    def carry_out(self, *, email: str, name: str, password_stdin: bool, admin: bool, **options: Any) -> None:
        password, made_up = choose_password(password_stdin)
        user = add_user(email, name, password, admin)
        self.stdout.write(f"The user {user.email} can log in.")
        if made_up:
            self.stdout.write(f"Password: {password}")


def choose_password(from_stdin: bool) -> tuple[str, bool]:
    """The password, and whether it was made up here: from standard input, asked for on a terminal, else random."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Again: ") != password:
            raise CommandError("The two passwords differ.")
    else:
        return secrets.token_urlsafe(12), True
    if not password:
        raise CommandError("The password is empty.")
    return password, False
