"""The mail tables. Every key leads with the account, so that accounts can be spread over machines later."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Now


class Mailbox(models.Model):
    """RFC 8621 §2. The counts are kept with every change of an email (jmap.mail.counters)."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = models.BigIntegerField()
    id = models.BigIntegerField()
    parent_id = models.BigIntegerField(null=True)
    name = models.TextField()
    role = models.TextField(null=True)
    sort_order = models.BigIntegerField(default=0)
    total_emails = models.BigIntegerField(default=0)
    unread_emails = models.BigIntegerField(default=0)
    total_threads = models.BigIntegerField(default=0)
    unread_threads = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account_id", "role"], name="one_mailbox_a_role"),
        ]


class Subscription(models.Model):
    """RFC 8621 §2 isSubscribed is per user. A row says otherwise than the default: subscribed in the personal account,
    not subscribed in a shared one."""

    pk = models.CompositePrimaryKey("account_id", "mailbox_id", "user_id")
    account_id = models.BigIntegerField()
    mailbox_id = models.BigIntegerField()
    user_id = models.BigIntegerField()
    is_subscribed = models.BooleanField()


class Email(models.Model):
    """The narrow row of RFC 8621 §4: only flags, keywords and mailbox_ids ever change."""

    pk = models.CompositePrimaryKey("account_id", "id")
    account_id = models.BigIntegerField()
    id = models.BigIntegerField()
    thread_id = models.BigIntegerField()
    received_at = models.DateTimeField()
    size = models.BigIntegerField()
    has_attachment = models.BooleanField()
    flags = models.BigIntegerField()  # the keywords that have a bit, jmap.mail.keywords
    keywords = ArrayField(models.TextField())  # the others, sorted
    mailbox_ids = ArrayField(models.BigIntegerField())  # sorted
    blob = models.BinaryField(max_length=32)

    class Meta:
        indexes = [
            models.Index(fields=["account_id", "thread_id"], name="email_thread"),
            models.Index(fields=["account_id", "-received_at", "-id"], name="email_received"),
            models.Index(fields=["account_id", "blob"], name="email_blob"),
        ]


class EmailMailbox(models.Model):
    """Membership. The listing index covers the page; flags are in the row but in no index, so changing them is HOT."""

    pk = models.CompositePrimaryKey("account_id", "mailbox_id", "email_id")
    account_id = models.BigIntegerField()
    mailbox_id = models.BigIntegerField()
    email_id = models.BigIntegerField()
    thread_id = models.BigIntegerField()
    received_at = models.DateTimeField()
    flags = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(
                fields=["account_id", "mailbox_id", "-received_at", "-email_id"],
                include=["thread_id"],
                name="email_mailbox_list",
            ),
        ]


class EmailEnvelope(models.Model):
    """What never changes, parsed once: the list properties as ready JSON, and what sorts and filters read."""

    pk = models.CompositePrimaryKey("account_id", "email_id")
    account_id = models.BigIntegerField()
    email_id = models.BigIntegerField()
    listing = models.BinaryField()  # one JSON value a line, in the order of jmap.mail.envelope.LISTED
    headers = models.BinaryField()  # the raw header block of the message
    structure = models.BinaryField()  # jmap.mime.message.to_stored as JSON: offsets into the blob
    sent_at = models.DateTimeField(null=True)
    from_sort = models.TextField()
    to_sort = models.TextField()
    subject_sort = models.TextField()
    from_key = models.TextField()  # …_key: casemapped (i;unicode-casemap)
    to_key = models.TextField()
    subject_key = models.TextField()
    # A hash of Message-ID and body: the same message by another way has the same. Null: no Message-ID, or older rows.
    fingerprint = models.BigIntegerField(null=True)


class EmailText(models.Model):
    """The search index: lexemes that carry account and field, and the text for phrases and snippets."""

    pk = models.CompositePrimaryKey("account_id", "email_id")
    account_id = models.BigIntegerField()
    email_id = models.BigIntegerField()
    received_at = models.DateTimeField()
    lexemes = SearchVectorField()
    text = models.BinaryField()  # zstd of JSON: field -> text

    class Meta:
        indexes = [
            GinIndex(fields=["lexemes"], name="email_text_lexemes"),
            models.Index(fields=["account_id", "-received_at", "-email_id"], name="email_text_received"),
        ]


class MessageId(models.Model):
    """Threading: which thread has a message id (of Message-ID, In-Reply-To or References) under a base subject."""

    pk = models.CompositePrimaryKey("account_id", "message_id", "subject", "email_id")
    account_id = models.BigIntegerField()
    message_id = models.BigIntegerField()  # hash
    subject = models.BigIntegerField()  # hash of the base subject
    email_id = models.BigIntegerField()
    thread_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["account_id", "email_id"], name="message_id_email")]


class Arrival(models.Model):
    """A message that was accepted for an account and is not filed yet; the row goes in the transaction that files it,
    so that each arrival is filed exactly once (jmap.mail.arrivals)."""

    account_id = models.BigIntegerField()
    blob = models.BinaryField(max_length=32)
    size = models.BigIntegerField()
    sender = models.TextField()  # the envelope's MAIL FROM, "" for the null path
    recipient = models.TextField()  # the envelope's RCPT TO as it was given
    notify = models.TextField(null=True)  # RFC 3461 §4.1: what the sender wants to hear of, "SUCCESS,FAILURE" …
    orcpt = models.TextField(null=True)  # RFC 3461 §4.2
    ret = models.TextField(null=True)  # RFC 3461 §4.3
    envid = models.TextField(null=True)  # RFC 3461 §4.4
    verdict = models.JSONField()  # what was judged at the door: {"junk": bool, "spf": …, "score": …}
    received_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True)
    attempts = models.IntegerField(db_default=0)
    error = models.TextField(db_default="")  # of the last attempt, for the operator; never mail content

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="arrival_due"),
            models.Index(fields=["account_id", "blob"], name="arrival_blob"),
        ]


class VacationResponse(models.Model):
    """RFC 8621 §8; an account without a row has the defaults."""

    account_id = models.BigIntegerField(primary_key=True)
    is_enabled = models.BooleanField(default=False)
    from_date = models.DateTimeField(null=True)
    to_date = models.DateTimeField(null=True)
    subject = models.TextField(null=True)
    text_body = models.TextField(null=True)
    html_body = models.TextField(null=True)


class VacationAnswer(models.Model):
    """Who got which vacation response when, so that nobody gets the same one often (RFC 3834 §2)."""

    pk = models.CompositePrimaryKey("account_id", "sender")
    account_id = models.BigIntegerField()
    sender = models.TextField()  # lower case
    response = models.BigIntegerField()  # a hash of what was answered
    answered_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["answered_at"], name="vacation_answered")]


class JunkReport(models.Model):
    """A message that a user moved into Junk or out of it, to be told to the filter (jmap.mail.junk)."""

    account_id = models.BigIntegerField()
    blob = models.BinaryField(max_length=32)
    is_junk = models.BooleanField()
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.IntegerField(db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account_id", "blob"], name="one_junk_report")]
        indexes = [models.Index(fields=["due_at"], name="junk_report_due")]
