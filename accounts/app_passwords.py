"""Random passwords for programs (RFC 8620 §8.2), kept as keyed hashes."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.models import AppPassword, User

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else; 4.95 bits a letter
GROUPS, LETTERS = 5, 5  # 123 bits
NOTED_EVERY = timedelta(minutes=1)


def keyed_hash(purpose: str, octets: bytes) -> bytes:
    """32 octets that say nothing without SECRET_KEY."""
    key = salted_hmac("accounts.keyed_hash", purpose, algorithm="sha256").digest()
    return hmac.digest(key, octets, hashlib.sha256)


def digest(password: str) -> bytes:
    """What is stored. Hyphens and case are for the eye and don't count."""
    return keyed_hash("app password", password.replace("-", "").lower().encode("utf-8", "replace"))


def new_app_password(user: User, name: str) -> str:
    """Make one, like `k3mpq-…` in five groups; it is shown this once."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(LETTERS)) for _ in range(GROUPS))
    password = "-".join(groups)
    AppPassword.objects.create(user=user, name=name, digest=digest(password))
    return password


def find_app_password(password: str) -> AppPassword | None:
    """The valid app password of an active user, with its user."""
    valid = Q(expires_at=None) | Q(expires_at__gt=Now())
    found = AppPassword.objects.select_related("user").filter(valid, digest=digest(password), user__is_active=True)
    return found.first()


def note_use(used: AppPassword) -> None:
    """Remember the last use, at most once a minute."""
    now = timezone.now()
    AppPassword.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_EVERY), pk=used.pk).update(
        last_used_at=now
    )
