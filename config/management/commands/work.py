import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.worker import work


class Command(BaseCommand):
    help = "Do what waits to be done: file and send mail, sweep. `up` does it already; any number may run beside it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", metavar="DIR", help="the data directory")

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(work())
