"""PushSubscription/get and PushSubscription/set (RFC 8620 §7.2).

It is a data type without account, state and change log: a login sees the subscriptions it made, and no others."""

import hmac
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.standing import is_time_bounded
from jmap.core import arguments as tables
from jmap.core import ids, sql, types
from jmap.core.arguments import check_arguments
from jmap.core.capabilities import CORE, Responses
from jmap.core.context import Context
from jmap.core.datatype import DataType
from jmap.core.doorbell import ring
from jmap.core.errors import BadValue, InvalidProperties, MethodError, SetError
from jmap.core.get import not_found
from jmap.core.objects import checked_new, checked_patch
from jmap.core.patch import apply_patch
from jmap.core.properties import Property
from jmap.core.set import Outcome, refuse_too_many, resolved_ids, resolved_keys
from jmap.push import models, vapid
from jmap.push.capability import EMAILPUSH
from jmap.push.position import Place, decode, encode
from jmap.push.properties import EMAIL_PUSH, PRIVATE, PROPERTIES
from jmap.push.visible import visible_to

Wire = dict[str, Any]
BELL = "push"
GET = {name: tables.GET[name] for name in ("ids", "properties")}
SET = {name: tables.SET[name] for name in ("create", "update", "destroy")}

MOST = 30  # subscriptions of one user
AT_ONCE, SECONDS_EACH = 40, 60.0  # how many a user may make in a row, and then one each so many seconds
LONGEST_LIFE = timedelta(days=30)  # of one whose login has no end; RFC 8620 §7.2: 7 days at least


class PushSubscription(DataType):
    """What `checked_new` and `checked_patch` ask of a type; it is not registered as one with an account."""

    name, capability, prefix, model = "PushSubscription", CORE, "p", models.Subscription
    properties: ClassVar[Mapping[str, Property]] = PROPERTIES


class PushSubscriptionWithEmail(PushSubscription):
    """As a client sees it that uses urn:ietf:params:jmap:emailpush."""

    properties = {**PROPERTIES, "emailPush": EMAIL_PUSH}


def kind_of(context: Context) -> PushSubscription:
    return PushSubscriptionWithEmail() if EMAILPUSH in context.using else PushSubscription()


def own(context: Context) -> "QuerySet[models.Subscription]":
    """Those made with the same credentials that have not expired."""
    standing = context.caller.standing
    mine = models.Subscription.objects.filter(
        user_id=standing.user_id, credential=standing.credential, proof=standing.proof
    )
    return mine.exclude(expires_at__lte=timezone.now())


def to_wire(row: models.Subscription) -> Wire:
    """Everything but what is never returned. The code is shown once the client has shown that it knows it."""
    return {
        "id": f"p{row.pk}",
        "deviceClientId": row.device_client_id,
        "verificationCode": row.code if row.verified else None,
        "expires": row.expires_at and types.utc_text(row.expires_at),
        "types": row.types,
        "emailPush": row.email_push,
    }


# PushSubscription/get


def push_subscription_get(context: Context, raw_arguments: Wire) -> Responses:
    arguments = check_arguments(raw_arguments, GET)
    names = checked_names(kind_of(context), arguments["properties"])
    asked: list[str] | None = arguments["ids"]
    if asked is not None and len(set(asked)) > settings.MAX_OBJECTS_IN_GET:
        raise MethodError("requestTooLarge", f"At most {settings.MAX_OBJECTS_IN_GET} ids")
    context.release()
    found = {f"p{row.pk}": to_wire(row) for row in own(context).order_by("pk")}
    chosen = list(found) if asked is None else [id for id in dict.fromkeys(asked) if id in found]
    listed = [{name: found[id][name] for name in names} for id in chosen]
    return [("PushSubscription/get", {"list": listed, "notFound": not_found(asked or [], set(found))})]


def checked_names(kind: PushSubscription, names: list[str] | None) -> list[str]:
    """RFC 8620 §7.2.1: who asks for url or keys is refused."""
    if names is None:
        return ["id", *(name for name in kind.properties if name not in PRIVATE)]
    if any(name in PRIVATE for name in names):
        raise MethodError("forbidden", "url and keys are never returned")
    try:
        kind.check_names(names)
    except BadValue as error:
        raise MethodError("invalidArguments", f"properties: {error}") from None
    return list(dict.fromkeys(["id", *names]))


# PushSubscription/set


def push_subscription_set(context: Context, raw_arguments: Wire) -> Responses:
    arguments = check_arguments(raw_arguments, SET)
    refuse_too_many(arguments)
    context.release()
    outcome = Outcome()
    for creation_id, wire in (arguments["create"] or {}).items():
        with one_object(lambda error, id=creation_id: outcome.not_created.__setitem__(id, error)):  # type: ignore[misc]
            outcome.created[creation_id] = create(context, wire)
            context.created_ids[creation_id] = outcome.created[creation_id]["id"]
    for wire_id, patch in resolved_keys(context, arguments["update"] or {}).items():
        with one_object(lambda error, id=wire_id: outcome.not_updated.__setitem__(id, error)):  # type: ignore[misc]
            outcome.updated[wire_id] = update(context, wire_id, patch)
    for wire_id in resolved_ids(context, arguments["destroy"] or []):
        with one_object(lambda error, id=wire_id: outcome.not_destroyed.__setitem__(id, error)):  # type: ignore[misc]
            existing(context, wire_id).delete()
            outcome.destroyed.append(wire_id)
    return [("PushSubscription/set", outcome.wire())]


@contextmanager
def one_object(report: Callable[[Wire], None]) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except SetError as error:
        report(error.wire)


def existing(context: Context, wire_id: str) -> models.Subscription:
    """Locked. Raises SetError notFound."""
    number = ids.number("p", wire_id)
    row = own(context).select_for_update().filter(pk=number).first() if number is not None else None
    if row is None:
        raise SetError("notFound")
    return row


def create(context: Context, wire: Any) -> Wire:
    """The `created` value of a new subscription, which is sent its verification code on commit. Raises SetError."""
    new = checked_new(kind_of(context), wire)
    if new["verificationCode"] is not None:
        raise InvalidProperties(["verificationCode"], "the server makes the code and pushes it")
    new["expires"] = allowed_expiry(context, new["expires"])
    check_email_push(context, new, has_keys=new["keys"] is not None)
    take_budget(context.caller.user_id)
    row = insert(context, new)
    ring(BELL, row.pk)
    extras = {name: value for name, value in {**new, "id": f"p{row.pk}"}.items() if wire.get(name, ...) != value}
    return {name: value for name, value in extras.items() if name != "url"}


def insert(context: Context, new: Wire) -> models.Subscription:
    standing, position = context.caller.standing, encode(current_position(context))
    secret = new["keys"] or {}
    return models.Subscription.objects.create(
        user_id=standing.user_id, credential=standing.credential, proof=standing.proof,
        device_client_id=new["deviceClientId"], url=new["url"],
        p256dh=vapid.from_base64url(secret["p256dh"]) if secret else None,
        auth=vapid.from_base64url(secret["auth"]) if secret else None,
        application_server_key=vapid.application_server_key(), code=secrets.token_urlsafe(32),
        expires_at=moment(new["expires"]), types=new["types"], email_push=new.get("emailPush"),
        position=position, email_position=position, due_at=timezone.now(),
    )  # fmt: skip


def update(context: Context, wire_id: str, patch: Any) -> Wire | None:
    """What differs from what was asked for, or None. Raises SetError."""
    row, kind = existing(context, wire_id), kind_of(context)
    old = {**to_wire(row), "url": row.url, "keys": stored_keys(row)}
    asked = apply_patch(old, patch, kind.properties)
    new = checked_patch(kind, context, old, patch)
    verify(row, old["verificationCode"], new["verificationCode"])
    if "expires" in patch:
        new["expires"] = allowed_expiry(context, new["expires"])
        row.expires_at = moment(new["expires"])
    if new["emailPush"] != old["emailPush"]:
        check_email_push(context, new, has_keys=row.p256dh is not None)
        row.email_position = email_position(context, row, old["emailPush"] or {})
        row.email_push = new["emailPush"]
    row.types = new["types"]
    row.save()
    return {"expires": new["expires"]} if new["expires"] != asked["expires"] else None


def stored_keys(row: models.Subscription) -> Wire | None:
    if row.p256dh is None or row.auth is None:
        return None
    return {"p256dh": vapid.base64url(bytes(row.p256dh)), "auth": vapid.base64url(bytes(row.auth))}


def email_position(context: Context, row: models.Subscription, before: Wire) -> str:
    """Accounts that are new in emailPush start from now."""
    told = {account: place for account, place in decode(row.email_position).items() if f"a{account}" in before}
    return encode({**current_position(context), **told})


def current_position(context: Context) -> dict[int, Place]:
    return {account: state.place for account, state in visible_to(context.caller.user_id).items()}


def verify(row: models.Subscription, old: str | None, given: str | None) -> None:
    """RFC 8620 §7.2.2: only the right code will do; from then on there are pushes."""
    if given == old:
        return
    if given is None or not hmac.compare_digest(given.encode(), row.code.encode()):
        raise InvalidProperties(["verificationCode"], "that is not the code that was pushed")
    row.verified, row.due_at = True, timezone.now()
    ring(BELL, row.pk)


def allowed_expiry(context: Context, asked: str | None) -> str | None:
    """RFC 8620 §7.2: the client's own time where its login ends by itself, else one that is not too far away."""
    now = timezone.now()
    wanted = moment(asked)
    if wanted is not None and wanted <= now:
        raise InvalidProperties(["expires"], "expires lies in the past")
    if is_time_bounded(context.caller.standing):
        return asked
    latest = (now + LONGEST_LIFE).replace(microsecond=0)
    return asked if wanted is not None and wanted <= latest else types.utc_text(latest)


def moment(text: str | None) -> datetime | None:
    return None if text is None else types.parse_date(text, types.UTC_DATE).astimezone(UTC)


def check_email_push(context: Context, new: Wire, *, has_keys: bool) -> None:
    """draft-ietf-jmap-emailpush-03 §4, §6: accounts that one may see, and nothing unencrypted. Raises SetError."""
    configs = new.get("emailPush") or {}
    rights = {f"a{right.account_id}" for right in context.caller.rights.values()}
    if unknown := configs.keys() - rights:
        raise InvalidProperties(["emailPush"], f"there is no account {sorted(unknown)[0]}")
    if configs and not has_keys:
        raise InvalidProperties(["emailPush"], "what is in mail is pushed encrypted only: keys are missing")


def take_budget(user_id: int) -> None:
    """RFC 8620 §8.6: how many there may be, and how fast they may be made. Locks the user's budget. Raises SetError."""
    level = sql.value(
        "INSERT INTO push_creationbudget AS b (user_id, level, at) VALUES (%s, 1, now())"
        " ON CONFLICT (user_id) DO UPDATE SET at = now(), level = 1 + greatest(0,"
        " b.level - extract(epoch FROM now() - b.at)::float8 / %s) RETURNING level",
        user_id, SECONDS_EACH,
    )  # fmt: skip
    if level > AT_ONCE:
        raise SetError("rateLimit", "Too many push subscriptions were made lately; try again later")
    living = models.Subscription.objects.filter(user_id=user_id).exclude(expires_at__lte=timezone.now())
    if living.count() >= MOST:
        raise SetError("overQuota", f"At most {MOST} push subscriptions")
