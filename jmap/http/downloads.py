"""Sending blobs: ranges, validators, and headers that let no content act (RFC 8620 §6.2, RFC 7233, RFC 6266)."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from jmap.core.blobs import Located
from jmap.http.problems import plain_problem

CHUNK = 256 * 1024
WORD = r"[\w!#$%&'*+.^`{|}~-]{1,127}"  # as MIME has it (RFC 2045 §5.1), so any type that a part may have
QUOTED = r'"[^"\\\x00-\x1f\x7f]{0,200}"'
MEDIA_TYPE = re.compile(rf"{WORD}/{WORD}( ?; ?{WORD}=([\w!#$&^.+:/'-]{{0,200}}|{QUOTED}))*\Z", re.ASCII)
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")


def download_response(request: HttpRequest, located: Located, blob_id: str, name: str) -> HttpResponseBase:
    """The blob, or the part of it that Range asks for, under the type and name that the client wants."""
    kind = request.GET.get("type") or "application/octet-stream"
    if not MEDIA_TYPE.match(kind):
        return plain_problem(400, "The type is not a media type")
    headers = {
        "Content-Type": kind,
        "Content-Disposition": content_disposition_header(True, safe_name(name)) or "attachment",
        "Cache-Control": "private, immutable, max-age=31536000",
        "ETag": f'"{blob_id}"',
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    if f'"{blob_id}"' in request.headers.get("If-None-Match", "") or request.headers.get("If-None-Match") == "*":
        return HttpResponse(status=304, headers=headers)
    return send(request, located, headers)


def safe_name(name: str) -> str:
    """A file name without what a header or a file system could trip over."""
    return re.sub(r"[\x00-\x1f\x7f/\\]", "_", name)[:255] or "download"


def send(request: HttpRequest, located: Located, headers: dict[str, str]) -> HttpResponseBase:
    asked = request.headers.get("Range", "")
    etag = request.headers.get("If-Range")
    whole = etag is not None and etag != headers["ETag"]
    span = None if whole else parse_range(asked)
    if span is None:
        return body(request, located, headers, (0, located.size), 200)
    start, end = within(span, located.size)
    if start >= end:
        response = plain_problem(416, "The range lies outside the blob")
        response["Content-Range"] = f"bytes */{located.size}"
        return response
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{located.size}"
    return body(request, located, headers, (start, end), 206)


def body(
    request: HttpRequest, located: Located, headers: dict[str, str], span: tuple[int, int], status: int
) -> HttpResponseBase:
    start, end = span
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(chunks(located.open(), start, end), status=status, headers=headers)


def parse_range(header: str) -> tuple[int | None, int | None] | None:
    """The first and last octet of a single range, as written; None where the header is none, or is to be ignored."""
    match = RANGE.match(header)
    if match is None or not (match[1] or match[2]):
        return None
    first, last = (int(number) if number else None for number in match.groups())
    # RFC 9110 §14.1.2: a last position before the first makes the range invalid.
    return None if first is not None and last is not None and last < first else (first, last)


def within(span: tuple[int | None, int | None], size: int) -> tuple[int, int]:
    """The octets [start, end) of a range; start >= end where the blob has none of them."""
    first, last = span
    if first is None:
        return max(0, size - (last or 0)), size
    return first, size if last is None else min(size, last + 1)


def chunks(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while start < end and (data := file.read(min(CHUNK, end - start))):
            start += len(data)
            yield data
