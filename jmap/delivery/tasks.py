"""The doorbell of filing: a task message names an arrival, and the database knows whether there is work to do."""

from celery import shared_task

from jmap.delivery import filing


@shared_task
def file_arrival(id: int) -> None:
    filing.file_arrival(id)
