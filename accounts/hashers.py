"""Argon2id with a memory cost that a small machine can pay for several logins at once."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class PersonPasswordHasher(Argon2PasswordHasher):
    """OWASP's minimum: 19 MiB, two passes. Django's 100 MiB would let a few wrong passwords exhaust the memory."""

    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1
