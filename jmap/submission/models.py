"""Sending: who one may be, what was submitted, and the queue."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Identity(models.Model):
    """RFC 8621 §6."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = models.BigIntegerField()
    id = models.BigIntegerField()
    name = models.TextField(default="")
    email = models.TextField()
    reply_to = models.JSONField(null=True)  # EmailAddress[]
    bcc = models.JSONField(null=True)
    text_signature = models.TextField(default="")
    html_signature = models.TextField(default="")
    may_delete = models.BooleanField(default=True)  # false: it stands for an address of the account


class EmailSubmission(models.Model):
    """RFC 8621 §7. A record of what was asked and what became of it; the queue does not depend on it."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = models.BigIntegerField()
    id = models.BigIntegerField()
    identity_id = models.BigIntegerField()
    email_id = models.BigIntegerField()
    thread_id = models.BigIntegerField()
    envelope = models.JSONField()  # {"mailFrom": Address, "rcptTo": [Address]} as on the wire
    send_at = models.DateTimeField()
    undo_status = models.TextField()  # pending, final, canceled
    delivery_status = models.JSONField(default=dict)  # recipient -> DeliveryStatus, as on the wire
    dsn_blobs = ArrayField(models.BinaryField(max_length=32), default=list)
    mdn_blobs = ArrayField(models.BinaryField(max_length=32), default=list)

    class Meta:
        indexes = [models.Index(fields=["account_id", "email_id"], name="submission_email")]


class Queued(models.Model):
    """One recipient of one message on its way out, with its own reference to the frozen blob: of an EmailSubmission,
    of mail submitted by SMTP, of a DSN or of a vacation reply."""

    account_id = models.BigIntegerField()  # whose mail it is, and whose blob
    blob = models.BinaryField(max_length=32)  # without Bcc
    size = models.BigIntegerField()
    submission_id = models.BigIntegerField(null=True)
    kind = models.TextField()  # submission, smtp, dsn, vacation
    sender = models.TextField()  # MAIL FROM, "" for the null path
    ret = models.TextField(null=True)  # RFC 3461 §4.3: FULL, HDRS
    envid = models.TextField(null=True)  # RFC 3461 §4.4, as xtext
    recipient = models.TextField()
    notify = models.TextField(null=True)  # RFC 3461 §4.1: "SUCCESS,DELAY" …
    orcpt = models.TextField(null=True)  # RFC 3461 §4.2
    domain = models.TextField()  # of the recipient, as A-labels: what limits concurrency and groups transactions
    state = models.TextField(db_default="waiting")  # waiting, delivered, failed, canceled
    submitted_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField()  # the next attempt; at first the time it is held until
    expires_at = models.DateTimeField()  # when waiting ends in failure
    lease_until = models.DateTimeField(null=True)  # a worker is at it
    attempts = models.IntegerField(db_default=0)
    delay_told = models.BooleanField(db_default=False)  # a delay DSN was considered
    reply = models.TextField(db_default="")  # the last SMTP reply, or what happened instead of one
    host = models.TextField(db_default="")  # who gave it
    tried_at = models.DateTimeField(null=True)
    action = models.TextField(
        db_default=""
    )  # what a DSN of success would say: delivered, relayed, "" = the peer's to say
    news = models.BooleanField(
        db_default=False
    )  # an attempt whose result nobody has been told yet (jmap.submission.news)

    class Meta:
        verbose_name_plural = "queue"
        indexes = [
            models.Index(fields=["domain"], name="queued_leased", condition=models.Q(lease_until__isnull=False)),
            models.Index(fields=["tried_at"], name="queued_news", condition=models.Q(news=True)),
            models.Index(fields=["due_at"], name="queued_due", condition=models.Q(state="waiting")),
            models.Index(fields=["domain", "due_at"], name="queued_domain", condition=models.Q(state="waiting")),
            models.Index(fields=["account_id", "blob"], name="queued_blob"),
            models.Index(fields=["account_id", "submission_id"], name="queued_submission"),
        ]


class SendBudget(models.Model):
    """How much a user has sent of late (jmap.submission.limits)."""

    pk = models.CompositePrimaryKey("user_id", "kind")
    user_id = models.BigIntegerField()
    kind = models.TextField()  # messages, recipients
    level = models.FloatField()  # what was used and is not forgotten yet, as of `at`
    at = models.DateTimeField()


class DkimKey(models.Model):
    """A key that signs the mail of a domain. One that is neither active nor retired waits for its record in DNS."""

    domain = models.TextField()  # as A-labels
    selector = models.TextField()
    algorithm = models.TextField()  # rsa, ed25519
    private_key = models.BinaryField()  # PKCS #8
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())
    retired_at = models.DateTimeField(null=True)  # its record must stay for as long as mail signed by it is on its way

    class Meta:
        constraints = [models.UniqueConstraint(fields=["domain", "selector"], name="one_dkim_selector")]


class StsMemory(models.Model):
    """The MTA-STS policy of a domain we send to, as last fetched (RFC 8461; jmap.submission.relay.sts_memory)."""

    domain = models.TextField(primary_key=True)
    policy_id = models.TextField()
    policy = models.TextField()  # the text, readable
    fetched_at = models.DateTimeField()
    expires_at = models.DateTimeField()
