"""The Celery application. A task message is a doorbell: it carries an id, PostgreSQL remembers the work."""

from celery import Celery

app = Celery("posthorn")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()  # tasks.py of every installed app
app.set_default()  # for every thread: @shared_task belongs to it
