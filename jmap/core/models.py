"""What every data type shares: the change log and the blobs."""

from django.db import models
from django.db.models.functions import Now


class Change(models.Model):
    """The append-only log: per transaction and type one row. Entry i has the modseq `first + i` (1-based ids array)."""

    pk = models.CompositePrimaryKey("account_id", "type", "last")
    account_id = models.BigIntegerField()
    type = models.TextField()  # the data type's name, "Email"
    last = models.BigIntegerField()  # the modseq of the last entry; the first has last - len(entries) + 1
    at = models.DateTimeField(db_default=Now())
    by = models.TextField()  # the credential: "app:12", "session:3", "import"
    entries = models.JSONField()  # [[op, id, before], …]; see jmap.core.changes


class Blob(models.Model):
    """Octets of an account, named by their SHA-256. Small ones lie here, zstd-compressed; large ones in storage."""

    pk = models.CompositePrimaryKey("account_id", "sha256")
    account_id = models.BigIntegerField()
    sha256 = models.BinaryField(max_length=32)
    size = models.BigIntegerField()
    data = models.BinaryField(null=True)  # null: in the storage "blobs" under the name `file`
    file = models.TextField(null=True)
    created_at = models.DateTimeField(db_default=Now())


class Upload(models.Model):
    """Who uploaded a blob: until an object refers to it, only they may see it (RFC 8620 §6.1)."""

    pk = models.CompositePrimaryKey("account_id", "sha256", "user_id")
    account_id = models.BigIntegerField()
    sha256 = models.BinaryField(max_length=32)
    user_id = models.BigIntegerField()
    uploaded_at = models.DateTimeField(db_default=Now())
    used = models.BooleanField(default=False)  # an object was made from it: no longer counted as a mere upload

    class Meta:
        indexes = [models.Index(fields=["user_id", "uploaded_at"], name="upload_by_user")]
