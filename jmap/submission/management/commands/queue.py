from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db.models import QuerySet

from accounts.command import AdministrationCommand
from jmap.submission import interventions
from jmap.submission.models import Queued

DEEDS = {
    "retry": (interventions.retry, "{} will be tried now."),
    "return": (interventions.give_back, "{} went back to their senders."),
    "cancel": (interventions.cancel, "{} canceled."),
}


class Command(AdministrationCommand):
    help = "Show the mail that waits to be sent, try it now, return it to its senders, or cancel it without a report."

    def declare(self, parser: CommandParser) -> None:
        parser.add_argument("deed", choices=["list", *DEEDS], nargs="?", default="list")
        parser.add_argument("ids", metavar="ID", type=int, nargs="*", help="rows, as the list numbers them")
        parser.add_argument("--domain", metavar="D", help="all to this domain")
        parser.add_argument("--sender", metavar="S", help="all of this sender")
        parser.add_argument("--all", action="store_true", help="all that waits")

    def carry_out(self, *, deed: str, ids: list[int], domain: str | None, sender: str | None, **options: Any) -> None:
        rows = Queued.objects.filter(state="waiting").order_by("due_at", "id")
        rows = rows.filter(pk__in=ids) if ids else rows
        rows = rows.filter(domain=domain.lower()) if domain else rows
        rows = rows.filter(sender=sender) if sender else rows
        if deed == "list":
            self.show(rows)
            return
        if not (ids or domain or sender or options["all"]):
            raise CommandError("Say which: by their numbers, --domain, --sender, or --all.")
        work, outcome = DEEDS[deed]
        self.stdout.write(outcome.format(work(list(rows.values_list("pk", flat=True)))))

    def show(self, rows: QuerySet[Queued]) -> None:
        for row in rows.iterator():
            when = "now" if row.lease_until else f"{row.due_at:%Y-%m-%d %H:%M}"
            self.stdout.write(f"{row.pk}  {when}  {row.sender or '<>'} -> {row.recipient}")
            if row.attempts:
                said = f"{row.host} said: {row.reply}" if row.host else row.reply or "under way"
                self.stdout.write(f"    attempt {row.attempts}: {said}")
        self.stdout.write(f"{rows.count()} waiting")
