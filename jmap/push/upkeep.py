"""What is done from time to time: finding pushes whose bell was lost, and deleting what has run out."""

from collections.abc import Iterator

from django.utils import timezone

from accounts.standing import Standing, good
from jmap.core import sql
from jmap.core.doorbell import ring_now
from jmap.push.models import Subscription, Ticket
from jmap.push.position import decode
from jmap.push.subscription import BELL
from jmap.push.vapid import application_server_key
from jmap.push.visible import VISIBLE, by_user

BATCH = 500
EVERY, FULL_EVERY = 15.0, 60.0  # seconds


def ring_what_is_due() -> None:
    """Deliveries that a worker died over, retries whose time has come, and what nobody rang for."""
    sql.run("UPDATE push_subscription SET due_at = now() WHERE lease_until < now() AND due_at IS NULL")
    id = sql.value("SELECT id FROM push_subscription WHERE due_at <= now() LIMIT 1")
    if id is not None:
        ring_now(BELL, id)


def look_after_all() -> None:
    """Delete what has ended; make due what is behind, for the notice may have been lost."""
    Ticket.objects.filter(expires_at__lte=timezone.now()).delete()
    Subscription.objects.filter(expires_at__lte=timezone.now()).delete()
    Subscription.objects.exclude(application_server_key=application_server_key()).delete()
    for batch in batches():
        delete_orphans(batch)
        make_due(batch)
    ring_what_is_due()


def batches() -> Iterator[list[Subscription]]:
    last = 0
    while batch := list(Subscription.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        yield batch


def delete_orphans(batch: list[Subscription]) -> None:
    """Those whose login is no longer good (RFC 8620 §7.2)."""
    standings = {row.pk: Standing(row.user_id, row.credential, row.proof) for row in batch}
    living = good(standings.values())
    Subscription.objects.filter(pk__in=[id for id, standing in standings.items() if standing not in living]).delete()


def make_due(batch: list[Subscription]) -> None:
    idle = [row for row in batch if row.verified and row.due_at is None and row.lease_until is None]
    visible = by_user(sql.rows(VISIBLE, [row.user_id for row in idle])) if idle else {}
    behind = [row.pk for row in idle if is_behind(row, {a: s.place for a, s in visible.get(row.user_id, {}).items()})]
    Subscription.objects.filter(pk__in=behind, due_at=None).update(due_at=timezone.now())


def is_behind(row: Subscription, places: dict[int, tuple[int, int]]) -> bool:
    return decode(row.position) != places or (bool(row.email_push) and decode(row.email_position) != places)
