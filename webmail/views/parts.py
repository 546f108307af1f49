"""Parts of messages: HTML for the frame, images in it, files to save."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from accounts.auth import caller_of
from accounts.models import User
from jmap.client import Client
from webmail import frame
from webmail.access import mail_view
from webmail.bodies import LARGEST_BODY, PART_PROPERTIES, RASTER, cid_addresses, name_of
from webmail.sanitize import TooComplex, sanitize

Wire = dict[str, Any]
CHUNK = 256 * 1024
MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}\Z")
UNWANTED = re.compile(r"[\x00-\x1f\x7f/\\\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # bidi marks hide an extension


@mail_view
def body(request: HttpRequest, client: Client, email: str, part: str) -> HttpResponseBase:
    """An HTML part, harmless; with ?images=1 also with the images it has elsewhere."""
    message = read_message(client, email, fetchHTMLBodyValues=True, maxBodyValueBytes=LARGEST_BODY)
    if not any(each["partId"] == part and each["type"] == "text/html" for each in message["htmlBody"]):
        raise Http404
    text = message["bodyValues"][part]["value"]
    remote_images = request.GET.get("images") == "1"

    def address(image: Wire) -> str:
        return frame.image_address(
            request, client.caller.user_id, client.account_id, image["blobId"], image["type"]
        )  # fmt: skip

    try:
        fragment = sanitize(text, cid_addresses(message, address), remote_images=remote_images)
        document = frame.body_document(fragment)
    except TooComplex:
        document = frame.text_document(text)
    return frame.body_response(request, document, remote_images=remote_images)


def read_message(client: Client, email: str, **options: Any) -> Wire:
    """Raises Http404."""
    properties = ["id", "blobId", "subject", "htmlBody", "textBody", "attachments", "bodyValues"]
    found = client.call("Email/get", ids=[email], properties=properties, bodyProperties=PART_PROPERTIES, **options)
    if not found["list"]:
        raise Http404
    message: Wire = found["list"][0]
    return message


@mail_view
def download(request: HttpRequest, client: Client, email: str, part: str) -> HttpResponseBase:
    """A part as a file."""
    message = read_message(client, email)
    parts = [*message["attachments"], *message["htmlBody"], *message["textBody"]]
    found = next((each for each in parts if each["partId"] == part), None)
    if found is None:
        raise Http404
    return file_response(client, found["blobId"], name_of(found), found["type"])


@mail_view
def source(request: HttpRequest, client: Client, email: str) -> HttpResponseBase:
    """The whole message as a file."""
    message = read_message(client, email)
    return file_response(client, message["blobId"], f"{message['subject'] or 'message'}.eml"[-200:], "message/rfc822")


@mail_view
def picture(request: HttpRequest, client: Client, email: str, part: str) -> HttpResponseBase:
    """An image that is part of the body."""
    message = read_message(client, email)
    found = next((each for each in message["htmlBody"] if each["partId"] == part and each["type"] in RASTER), None)
    if found is None:
        raise Http404
    return image_response(client, found["blobId"], found["type"])


def image(request: HttpRequest, token: str = "") -> HttpResponseBase:
    """An image for the frame, which sends no cookies: the token says whose, and the right is checked as ever."""
    try:
        user_id, account_id, blob_id, kind = frame.read_image_token(token)
    except (signing.BadSignature, ValueError, TypeError):
        raise Http404 from None
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise Http404
    return image_response(Client(caller_of(user, "session"), account_id), blob_id, kind)


def image_response(client: Client, blob_id: str, kind: str) -> HttpResponseBase:
    """Only pictures made of pixels are shown in place."""
    located = client.download(blob_id)
    if located is None or kind not in RASTER:
        raise Http404
    return HttpResponse(located.octets(), headers={**harmless("inline"), "Content-Type": kind})


def file_response(client: Client, blob_id: str, name: str, kind: str) -> HttpResponseBase:
    located = client.download(blob_id)
    if located is None:
        raise Http404
    disposition = content_disposition_header(True, UNWANTED.sub("_", name)[:200] or "attachment") or "attachment"
    safe_kind = kind if MEDIA_TYPE.match(kind) else "application/octet-stream"
    headers = {**harmless(disposition), "Content-Type": safe_kind, "Content-Length": str(located.size)}
    return StreamingHttpResponse(chunks(located.open()), headers=headers)


def harmless(disposition: str) -> dict[str, str]:
    return {
        "Content-Disposition": disposition,
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "private, max-age=3600",
    }


def chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while data := file.read(CHUNK):
            yield data
