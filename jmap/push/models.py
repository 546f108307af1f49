"""Push subscriptions with the state of their delivery, and the tickets that open streams."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Subscription(models.Model):
    """RFC 8620 §7.2. Belongs to a login, not to an account, and is in no change log."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    credential = models.TextField()  # accounts.standing.Standing
    proof = models.TextField()
    device_client_id = models.TextField()
    url = models.TextField()
    p256dh = models.BinaryField(null=True)  # RFC 8291: the client's public key, 65 octets
    auth = models.BinaryField(null=True)  # and its secret, 16 octets
    application_server_key = models.TextField()  # the key announced when it was made (RFC 9749 §4)
    code = models.TextField()  # what the client must send back
    verified = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True)
    types = models.JSONField(null=True)  # names, null: all
    email_push = models.JSONField(null=True)  # draft-ietf-jmap-emailpush-03 §4: account -> EmailPushConfig
    created_at = models.DateTimeField(db_default=Now())

    # What it has been told of states and of emails (jmap.push.position).
    position = models.TextField()
    email_position = models.TextField()

    due_at = models.DateTimeField(null=True)  # there may be something to push; null: nothing that we know of
    lease_until = models.DateTimeField(null=True)  # a worker is at it
    pushed_at = models.DateTimeField(null=True)
    gap = models.FloatField(db_default=1)  # seconds at least between two pushes; grows with each 429
    failures = models.IntegerField(db_default=0)  # since the last success
    error = models.TextField(db_default="")  # of the last failure, for the operator

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="subscription_due")]


class CreationBudget(models.Model):
    """How many subscriptions a user made lately (RFC 8620 §8.6): `level` drains with time."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True)
    level = models.FloatField()
    at = models.DateTimeField()


class Ticket(models.Model):
    """Lets who holds it open one stream as the login that asked for it; the row goes when it is used."""

    digest = models.BinaryField(primary_key=True, max_length=32)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    credential = models.TextField()
    proof = models.TextField()
    origin = models.TextField()  # of the page that asked, "" where none was named
    expires_at = models.DateTimeField()
