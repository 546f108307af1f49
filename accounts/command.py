"""What the administration commands share: --data, and errors that say what to do."""

from abc import ABC, abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.provision import ProvisionError


class AdministrationCommand(ABC, BaseCommand):
    """Subclasses write `declare` and `carry_out`."""

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", metavar="DIR", help="the data directory")  # read by manage.py before the settings
        self.declare(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.carry_out(**options)
        except ProvisionError as error:
            raise CommandError(str(error)) from None

    @abstractmethod
    def declare(self, parser: CommandParser) -> None:
        """Add the command's own arguments."""

    @abstractmethod
    def carry_out(self, *args: Any, **options: Any) -> None:
        """Do it. Raises ProvisionError or CommandError."""
