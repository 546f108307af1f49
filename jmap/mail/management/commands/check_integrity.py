from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Account
from jmap.mail.integrity import check_account
from jmap.mail.integrity_repair import repair_account


class Command(BaseCommand):
    help = "Check counters, threads, memberships, the change log, blobs and the search index against each other."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data", metavar="DIR", help="the data directory")
        parser.add_argument("--repair", action="store_true", help="make derived data anew where it is wrong")
        parser.add_argument("--deep", action="store_true", help="read every blob and every message, too")

    def handle(self, *args: Any, repair: bool, deep: bool, **options: Any) -> None:
        left = 0
        for account in Account.objects.order_by("id"):
            problems = check_account(account.pk, deep=deep)
            for problem in problems:
                self.stdout.write(f"{account.name}: {problem.text}")
            if repair and problems:
                repair_account(account.pk, problems)
                problems = check_account(account.pk, deep=deep)
                self.stdout.write(f"{account.name}: {len(problems)} problems left after the repair")
            left += len(problems)
        if left:
            raise CommandError(f"{left} problems" + ("" if repair else "; try --repair"))
        self.stdout.write("Everything agrees.")
