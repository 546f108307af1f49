"""The queue in the administration pages: what waits, why, and what can be done about it."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.timesince import timeuntil

from jmap.submission import interventions
from jmap.submission.models import Queued

DOMAINS = 25  # those with the most that waits


class DomainFilter(admin.SimpleListFilter):
    title = parameter_name = "domain"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, str]]:
        waiting = Queued.objects.filter(state="waiting").values_list("domain").annotate(count=Count("*"))
        return [(domain, f"{domain} ({count})") for domain, count in waiting.order_by("-count", "domain")[:DOMAINS]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Queued]) -> QuerySet[Queued]:
        return queryset.filter(domain=self.value()) if self.value() else queryset


@admin.register(Queued)
class QueuedAdmin(admin.ModelAdmin):
    list_display = ("recipient", "sender", "state", "attempts", "next_attempt", "reply", "host", "submitted_at")
    list_filter = ("state", "kind", DomainFilter)
    search_fields = ("recipient", "sender")
    search_help_text = "Part of a recipient's or a sender's address"
    ordering = ("-id",)
    list_per_page = 50
    show_full_result_count = False
    actions = ("retry_now", "give_back", "cancel")

    @admin.display(description="next attempt", ordering="due_at")
    def next_attempt(self, row: Queued) -> str:
        if row.state != "waiting":
            return ""
        return "under way" if row.lease_until else f"in {timeuntil(row.due_at)}"

    @admin.action(description="Try now")
    def retry_now(self, request: HttpRequest, rows: QuerySet[Queued]) -> None:
        self.intervene(request, rows, interventions.retry, "will be tried now")

    @admin.action(description="Return to sender")
    def give_back(self, request: HttpRequest, rows: QuerySet[Queued]) -> None:
        self.intervene(request, rows, interventions.give_back, "went back to their senders")

    @admin.action(description="Cancel without a report")
    def cancel(self, request: HttpRequest, rows: QuerySet[Queued]) -> None:
        self.intervene(request, rows, interventions.cancel, "were canceled")

    def intervene(
        self, request: HttpRequest, rows: QuerySet[Queued], work: Callable[[list[int]], int], outcome: str
    ) -> None:
        ids = list(rows.order_by().values_list("pk", flat=True))
        done = work(ids)
        self.message_user(request, f"{done} {outcome}.", messages.SUCCESS)
        if done < len(ids):
            self.message_user(request, f"{len(ids) - done} are finished or being sent.", messages.WARNING)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Queued | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Queued | None = None) -> bool:
        return False
