from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jmap.core.blobs import sweep


class Command(BaseCommand):
    help = "Delete blobs that nothing refers to and nobody uploaded of late. Run it every hour or so."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", metavar="DIR", help="the data directory")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{sweep()} blobs deleted")
