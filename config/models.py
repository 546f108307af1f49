"""What running the service needs in the database: task messages on their way, and when each sweep is due."""

from django.db import models
from django.db.models.functions import Now


class TaskMessage(models.Model):
    """A Celery message that waits, or is leased to a worker: then it is invisible until the lease ends."""

    queue = models.TextField()
    message = models.TextField()  # kombu's, as JSON
    visible_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["queue", "visible_at", "id"], name="taskmessage_next")]


class SweepTime(models.Model):
    """When a sweep (jmap.core.sweeps) is to be rung next; shared by all workers."""

    name = models.TextField(primary_key=True)
    due_at = models.DateTimeField()
