from django.db import models
from django.utils import timezone


class Note(models.Model):
    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = models.BigIntegerField()
    id = models.BigIntegerField()
    title = models.TextField()
    pinned = models.BooleanField()
    folder_id = models.BigIntegerField(null=True)
    links = models.JSONField(default=list)
    tags = models.JSONField(default=dict)
    sort_order = models.BigIntegerField()
    language = models.TextField(null=True)
    kind = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "notes"
