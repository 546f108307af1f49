"""From credentials to a Caller: Basic (password or app password) and Bearer (app password), cached and throttled.

A success is trusted for TRUSTED_FOR seconds without a look at the database, so revoked app passwords, changed
passwords, deactivated users and new grants take effect within that time."""

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import check_password, make_password
from django.utils.crypto import constant_time_compare

from accounts import throttle
from accounts.access import Caller, rights_of
from accounts.app_passwords import find_app_password, note_use
from accounts.domains import BadAddress, normal_address
from accounts.memory import Memory
from accounts.models import User
from accounts.sessions import SessionStore
from accounts.standing import Standing, fingerprint, good, session_proof
from accounts.throttle import Throttled

TRUSTED_FOR = 10.0  # seconds
REMEMBERED = 10_000  # credentials per process
MAX_CREDENTIAL = 1024  # characters
HASHING = threading.BoundedSemaphore(2)  # argon2 at once: each takes 19 MiB and a core
HASHING_WAIT = 5.0  # seconds

PROCESS_KEY = secrets.token_bytes(32)


class BadCredentials(Exception):  # noqa: N818
    """No such login, or not its password; never says which."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A login ("" with Bearer) and a secret."""

    login: str
    secret: str


trusted: Memory[Caller] = Memory(REMEMBERED, TRUSTED_FOR)
# Passwords that were right, with the stored hash they matched: while that stands, argon2 need not run again.
proven: Memory[str] = Memory(REMEMBERED, 24 * 3600)


def authenticate(authorization: str, address: str) -> Caller:
    """The caller of an `Authorization` header from a client address. Raises BadCredentials or Throttled."""
    return trusted_or_checked(secret_key(authorization), lambda: parse(authorization), address)


def log_in(login: str, secret: str, address: str) -> Caller:
    """As `authenticate`, for protocols that are told login and secret apart. Raises BadCredentials or Throttled."""
    return trusted_or_checked(secret_key(login, secret), lambda: acceptable(login, secret), address)


def trusted_or_checked(key: bytes, parsed: Callable[[], Credentials], address: str) -> Caller:
    caller = trusted.get(key)
    if caller is None:
        caller = check(parsed(), address)
        trusted.put(key, caller)
    return caller


def secret_key(*parts: str) -> bytes:
    """Keyed by this process alone, so that nothing in memory reveals a secret."""
    return hmac.digest(PROCESS_KEY, "\0".join(parts).encode("utf-8", "surrogatepass"), hashlib.sha256)


def parse(authorization: str) -> Credentials:
    """RFC 7617 (Basic) or RFC 6750 (Bearer). Raises BadCredentials."""
    scheme, _, value = authorization.strip().partition(" ")
    match scheme.lower():
        case "basic":
            return parse_basic(value.strip())
        case "bearer":
            return acceptable("", value.strip())
    raise BadCredentials


def parse_basic(value: str) -> Credentials:
    try:
        text = base64.b64decode(value, validate=True).decode("utf-8")
    except (ValueError, binascii.Error):
        raise BadCredentials from None
    login, colon, secret = text.partition(":")
    if not login or not colon:
        raise BadCredentials
    return acceptable(login, secret)


def acceptable(login: str, secret: str) -> Credentials:
    """Empty, endless or unprintable credentials are nobody's (a NUL would upset the database)."""
    if not secret or len(login) + len(secret) > MAX_CREDENTIAL or "\0" in login + secret:
        raise BadCredentials
    return Credentials(login, secret)


def check(credentials: Credentials, address: str) -> Caller:
    """Look them up. Raises BadCredentials or Throttled."""
    caller = app_password_caller(credentials)
    if caller is None and credentials.login:
        user = check_login(credentials.login, credentials.secret, address)
        caller = caller_of(user, "password", fingerprint(user.password))
    if caller is None:
        throttle.check("", address)
        throttle.note_failure("", address)
        raise BadCredentials
    return caller


def app_password_caller(credentials: Credentials) -> Caller | None:
    found = find_app_password(credentials.secret)
    if found is None or (credentials.login and stored_login(credentials.login) != found.user.email):
        return None
    note_use(found)
    return caller_of(found.user, f"app:{found.pk}")


def check_login(login: str, password: str, address: str) -> User:
    """The active user with this password. Raises BadCredentials or Throttled; costs the same for unknown logins."""
    email = stored_login(login)
    user = User.objects.filter(email=email, is_active=True).first()
    key = secret_key(email, password)
    if user is not None and proven.get(key) == user.password:
        return user
    throttle.check(email, address)
    if not is_right(user, password) or user is None:
        throttle.note_failure(email, address)
        raise BadCredentials
    proven.put(key, user.password)
    throttle.note_success(email, address)
    return user


def is_right(user: User | None, password: str) -> bool:
    """Raises Throttled when too many passwords are being checked already."""
    if not HASHING.acquire(timeout=HASHING_WAIT):
        raise Throttled(1)
    try:
        if user is None or not user.has_usable_password():
            make_password(password)  # as slow as a check
            return False
        return check_password(password, user.password)
    finally:
        HASHING.release()


def stored_login(login: str) -> str:
    """The spelling under which a login is stored; one that can't be stored matches nobody."""
    try:
        return normal_address(login)
    except BadAddress:
        return login.lower()


def caller_of(user: User, credential: str, proof: str = "") -> Caller:
    """What this user may do now."""
    return Caller(user.pk, user.email, credential, rights_of(user.pk), proof)


def session_caller(session_key: str) -> Caller:
    """The user of a browser's session. Raises BadCredentials."""
    session = SessionStore(session_key)
    user = User.objects.filter(pk=session.get(SESSION_KEY, 0), is_active=True).first()
    if user is None or not constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        raise BadCredentials
    return caller_of(user, "session", session_proof(session_key, user.password))


def renewed(standing: Standing) -> Caller:
    """The caller behind a login that was good before, with what they may do now. Raises BadCredentials."""
    key = secret_key("standing", str(standing.user_id), standing.credential, standing.proof)
    caller = trusted.get(key)
    if caller is None:
        user = User.objects.filter(pk=standing.user_id).first() if good([standing]) else None
        if user is None:
            raise BadCredentials
        caller = caller_of(user, standing.credential, standing.proof)
        trusted.put(key, caller)
    return caller


def forget() -> None:
    """Trust nothing any more in this process."""
    trusted.clear()
    proven.clear()
