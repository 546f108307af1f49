"""The doorbells: a task message names a row, and the database knows whether there is work to do."""

from celery import shared_task
from django.conf import settings

from jmap.delivery import filing, junk_reports
from jmap.delivery.rspamd import Rspamd


@shared_task
def file_arrival(id: int) -> None:
    filing.file_arrival(id)


@shared_task
def report_junk(id: int) -> None:
    junk_reports.send_reports(id, Rspamd(settings.RSPAMD_CONTROLLER_URL))
