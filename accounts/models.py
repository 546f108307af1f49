"""People, the accounts that hold mail, and who may use which."""

import hashlib
import secrets
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Now


def random_epoch() -> int:
    """Makes a state string of one account foreign to every other (RFC 8620 §5.2: cannotCalculateChanges)."""
    return secrets.randbelow(2**31)


class Domain(models.Model):
    """A mail domain served here; lower case, internationalised names as A-labels."""

    name = models.CharField(max_length=255, unique=True)

    def __str__(self) -> str:
        return self.name


class User(AbstractBaseUser):
    """A person who logs in. The login is an e-mail address in lower case."""

    email = models.CharField(max_length=320, unique=True)
    name = models.CharField(max_length=255, blank=True)
    is_admin = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    USERNAME_FIELD = "email"
    objects = BaseUserManager["User"]()

    @property
    def is_staff(self) -> bool:
        """What Django's admin asks: an administrator may do everything there, others nothing."""
        return self.is_admin

    def has_perm(self, permission: str, obj: object = None) -> bool:
        return self.is_active and self.is_admin

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_admin


class Account(models.Model):
    """Holds mail (RFC 8620 §1.6.2). Its row is the lock and the clock of everything in it: jmap.core.changes."""

    name = models.CharField(max_length=320)
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")  # null: a shared account
    modseq = models.BigIntegerField(default=0)
    next_id = models.BigIntegerField(default=1)
    epoch = models.BigIntegerField(default=random_epoch)  # bumped by a restore, so that old clients resync
    states = models.JSONField(default=dict)  # type name -> modseq of its newest change
    floors = models.JSONField(default=dict)  # type name -> oldest modseq that /changes can start from
    used_bytes = models.BigIntegerField(default=0)
    quota_bytes = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner"], name="one_personal_account")]

    def __str__(self) -> str:
        return self.name


class Address(models.Model):
    """An address that delivers into an account; the account's own or an alias. Lower case."""

    email = models.CharField(max_length=320, unique=True)
    domain = models.ForeignKey(Domain, on_delete=models.PROTECT)
    account = models.ForeignKey(Account, on_delete=models.CASCADE)

    class Meta:
        verbose_name_plural = "addresses"

    def __str__(self) -> str:
        return self.email


class Access(models.Model):
    """Who may use an account; the owner has a row too."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    read_only = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "account"], name="one_access")]
        verbose_name_plural = "access"

    def __str__(self) -> str:
        return f"{self.user} on {self.account}"


class AppPassword(models.Model):
    """A random password for one program, kept as a keyed hash; also good as a bearer token."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    name = models.CharField(max_length=255)
    digest = models.BinaryField(unique=True, max_length=32)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)


# What stands in a browser's name for itself, first that fits, and what people call it.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)  # fmt: skip


class BrowserSession(AbstractBaseSession):
    """A browser that is logged in; its key is a secret of the browser's."""

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE)
    address = models.TextField(default="")
    agent = models.TextField(default="")
    created_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(db_default=Now())

    @classmethod
    def get_session_store_class(cls) -> type[Any]:
        from accounts.sessions import SessionStore

        return SessionStore

    @property
    def public_id(self) -> str:
        """Names the session on a page without giving its key away."""
        return hashlib.sha256(self.session_key.encode()).hexdigest()[:20]

    @property
    def device(self) -> str:
        """The browser and system in words, as far as the agent's name tells."""
        named = [next((name for mark, name in kinds if mark in self.agent), "") for kinds in (BROWSERS, SYSTEMS)]
        return ", ".join(name for name in named if name) or "Unknown browser"


class LoginBudget(models.Model):
    """Failed logins by a hash of whom they are counted against (accounts.throttle); written only by failures and by
    the first success of a login from an address."""

    key = models.BinaryField(primary_key=True, max_length=32)
    level = models.FloatField(default=0)  # failures not yet forgotten, as of `at`
    at = models.DateTimeField(db_default=Now())
    good_at = models.DateTimeField(null=True)  # when this login last succeeded from this address
