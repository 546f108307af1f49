"""Blob/copy (RFC 8620 §6.3)."""

from typing import Any

from django.conf import settings
from django.db import transaction

from jmap.core import blobs, types
from jmap.core.arguments import ACCOUNT, REQUIRED, check_arguments
from jmap.core.capabilities import Responses
from jmap.core.context import Context
from jmap.core.errors import MethodError, RequestError, SetError

ARGUMENTS = {
    **ACCOUNT,
    "fromAccountId": (types.any_identifier, REQUIRED),
    "blobIds": (types.list_of(types.any_identifier), REQUIRED),
}


def blob_copy(context: Context, raw_arguments: dict[str, Any]) -> Responses:
    arguments = check_arguments(raw_arguments, ARGUMENTS)
    source = context.right(arguments["fromAccountId"], "fromAccountNotFound").account_id
    target = context.right_to_write(arguments["accountId"]).account_id
    if len(arguments["blobIds"]) > settings.MAX_OBJECTS_IN_SET:
        raise MethodError("requestTooLarge", f"At most {settings.MAX_OBJECTS_IN_SET} blobs")
    context.release()
    copied: dict[str, str] = {}
    not_copied: dict[str, Any] = {}
    for wire in dict.fromkeys(arguments["blobIds"]):
        located = blobs.locate(context.caller, source, wire)
        if located is None:
            not_copied[wire] = SetError("notFound").wire
            continue
        try:
            with transaction.atomic(), located.open() as file:
                copied[wire], _ = blobs.store(target, context.caller.user_id, file)
        except RequestError as error:
            not_copied[wire] = SetError("overQuota", error.detail).wire
    response = {"fromAccountId": arguments["fromAccountId"], "accountId": arguments["accountId"]}
    return [("Blob/copy", response | {"copied": copied or None, "notCopied": not_copied or None})]
