"""The worker's part of push."""

from celery import shared_task

from jmap.push import delivery


@shared_task(name="push")
def deliver(id: int) -> None:
    """Deliver all that is due; the id is only one of them."""
    if delivery.deliver_due():
        ring(id)


def ring(id: int) -> None:
    deliver.delay(id)
