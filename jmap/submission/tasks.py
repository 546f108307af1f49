"""The bell of the queue: a task says that something is due, PostgreSQL knows what."""

from celery import shared_task
from celery.worker import state

from jmap.submission import sending


@shared_task(name="send_due")
def send_due(id: int) -> None:
    """`id` is the row that rang; whatever else is due goes along."""
    sending.send_due(is_stopping)


def is_stopping() -> bool:
    """Whether this worker has been asked to stop."""
    return any(flag is not None and flag is not False for flag in (state.should_stop, state.should_terminate))
