"""The Celery application. A task message is a doorbell: it carries an id, PostgreSQL remembers the work."""

import logging
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_prerun
from django.apps import apps
from django.db import close_old_connections
from kombu.transport import TRANSPORT_ALIASES

from jmap.core.connection import drop_dead_connection

TRANSPORT_ALIASES["posthorn"] = "config.broker:Transport"

# Without Celery's fixup for Django, which would open a database connection for every single task.
app = Celery("posthorn", fixups=[])
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(lambda: [config.name for config in apps.get_app_configs()])  # each app's tasks.py
app.set_default()  # for every thread: @shared_task belongs to it


def prepare_to_send() -> None:
    """Load now what the first message would wait for. Connects to nothing."""
    app.finalize(auto=True)
    _ = app.amqp.send_task_message, app.producer_pool, app.connection_for_write().transport


@task_prerun.connect
def find_a_living_connection(**_: Any) -> None:
    close_old_connections()
    drop_dead_connection()


@setup_logging.connect
def log_as_everywhere(**_: Any) -> None:
    """Being connected keeps Celery from setting up logging in its own way: settings.LOGGING did it."""


def name_only(record: logging.LogRecord) -> bool:
    """Celery words a failure with the exception's repr, which may hold mail: a UnicodeDecodeError does."""
    if (data := getattr(record, "data", None)) is not None:
        record.msg, record.args = "Task %s failed", (data["name"],)
    return True


logging.getLogger("celery.app.trace").addFilter(name_only)
