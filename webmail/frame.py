"""The document in which an HTML body is shown: sandboxed, with a policy of its own."""

import re

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import escape

SANDBOX = "allow-popups allow-popups-to-escape-sandbox"  # neither scripts nor our origin
CID_SALT = "webmail.image"
LINE, COLUMNS = 22, 88  # pixels of a line of text, and its characters
LOWEST, HIGHEST = 72, 12_000  # pixels of a frame
UNKNOWN_IMAGE = 160  # pixels
BREAK = re.compile(r"<(?:br|hr|/p|/div|/tr|/h[1-6]|/li|/blockquote|/pre|/table|/dd|/dt|/center|/section)\b[^>]*>")
IMAGE = re.compile(r"<img\b[^>]*>")
HEIGHT = re.compile(r"height(?:=\"|: )(\d{1,4})")
HAS_SOURCE = re.compile(r"\bsrc=\"")
OWN_COLOURS = re.compile(r"\b(?:bgcolor|background-color|background|color)\b\s*[=:]", re.I)
STYLE = """
:root { color-scheme: light; background: #fff; color: #1d2330 }
:root.plain { color-scheme: light dark; background: transparent; color: light-dark(#262b38, #e7e9ef) }
body { margin: 0; padding: 2px 0 16px; font: 15px/22px system-ui, sans-serif; overflow-wrap: anywhere }
:root:not(.plain) body { padding: 16px }
img { max-width: 100%; height: auto }
img:not([src]) { display: none }
table { max-width: 100% }
blockquote { margin: 8px 0; padding-left: 12px; border-left: 2px solid #9aa3b5 }
pre { white-space: pre-wrap }
a { color: light-dark(#2f55c8, #9db8ff) }
"""


def body_document(fragment: str) -> str:
    """A whole document around a sanitised fragment; mail that brings no colours of its own follows the theme."""
    kind = "own" if OWN_COLOURS.search(fragment) else "plain"
    return (
        f'<!DOCTYPE html><html class="{kind}"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>Message</title><style>{STYLE}</style></head><body>{fragment}</body></html>'
    )


def text_document(text: str) -> str:
    return body_document(f"<pre>{escape(text)}</pre>")


def body_response(request: HttpRequest, document: str, *, remote_images: bool) -> HttpResponse:
    remote = " https: http:" if remote_images else ""
    images = request.build_absolute_uri(reverse("mail-image-root"))
    headers = {
        "Content-Security-Policy": (
            f"sandbox {SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; img-src data: {images}{remote};"
            " base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, max-age=600",
    }
    return HttpResponse(document, headers=headers)


def image_address(request: HttpRequest, user_id: int, account_id: str, blob_id: str, kind: str) -> str:
    """Where the frame finds an image part. It has no cookies (its origin is opaque), so the address is a signed
    capability for this one part, and absolute, for the frame's own addresses are nobody's."""
    token = signing.dumps([user_id, account_id, blob_id, kind], salt=CID_SALT, compress=True)
    return request.build_absolute_uri(reverse("mail-image", args=[token]))


def read_image_token(token: str) -> tuple[int, str, str, str]:
    """(user, account, blob id, media type). Raises signing.BadSignature; an address is good for a day."""
    user_id, account_id, blob_id, kind = signing.loads(token, salt=CID_SALT, max_age=24 * 3600)
    return user_id, account_id, blob_id, kind


def estimate_height(fragment: str) -> int:
    """About how many pixels a sanitised fragment is high: its frame can't be measured from outside."""
    images = [each for each in IMAGE.findall(fragment) if HAS_SOURCE.search(each)]
    pixels = sum(image_height(each) for each in images)
    lines = re.sub(r"<[^>]*>", "", BREAK.sub("\n", fragment)).split("\n")
    rows = sum(-(-len(line.strip()) // COLUMNS) for line in lines) + sum(not line.strip() for line in lines) / 2
    return min(HIGHEST, max(LOWEST, int((pixels + rows * LINE) * 1.15) + 48))


def image_height(tag: str) -> int:
    found = HEIGHT.search(tag)
    return int(found[1]) if found else UNKNOWN_IMAGE
