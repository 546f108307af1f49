"""What of a message is shown, and how: its parts by the lists of RFC 8621 §4.1.4."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from webmail.frame import LOWEST, estimate_height
from webmail.plaintext import Block, read_blocks
from webmail.sanitize import TooComplex, has_remote_images, sanitize

Wire = dict[str, Any]
PART_PROPERTIES = ["partId", "blobId", "size", "name", "type", "disposition", "cid"]
RASTER = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"))
LARGEST_BODY = 1_000_000  # octets of a body value that are shown


@dataclass(frozen=True)
class Shown:
    """A part in the message itself; `kind` is "html", "text" or "image"."""

    kind: str
    part: str
    name: str = ""
    blocks: list[Block] = field(default_factory=list)
    height: int = LOWEST
    has_remote_images: bool = False
    is_clipped: bool = False


@dataclass(frozen=True)
class Attachment:
    part: str
    name: str
    type: str
    size: int

    @property
    def icon(self) -> str:
        family = self.type.partition("/")[0]
        return {"image": "image", "message": "mail"}.get(family, "file")


def shown_parts(email: Wire) -> list[Shown]:
    """The parts to show, in their order."""
    return [shown for part in email["htmlBody"] if (shown := shown_part(part, email["bodyValues"]))]


def shown_part(part: Wire, values: Wire) -> Shown | None:
    value = values.get(part["partId"])
    if part["type"] in RASTER:
        return Shown("image", part["partId"], name_of(part))
    if value is None:
        return None
    if part["type"] == "text/html":
        return html_part(part, value)
    return Shown("text", part["partId"], blocks=read_blocks(value["value"]), is_clipped=value["isTruncated"])


def html_part(part: Wire, value: Wire) -> Shown:
    try:
        height = estimate_height(sanitize(value["value"], lambda cid: "x"))
    except TooComplex:
        height = estimate_height(value["value"])
    return Shown(
        "html", part["partId"], height=height,
        has_remote_images=has_remote_images(value["value"]), is_clipped=value["isTruncated"],
    )  # fmt: skip


def attachments_of(email: Wire) -> list[Attachment]:
    """What can be saved: not the images that the body shows already."""
    html = "".join(value["value"] for value in email["bodyValues"].values())
    unshown = [part for part in email["htmlBody"] if not is_shown(part)]
    listed = [part for part in email["attachments"] if not (part["cid"] and f"cid:{part['cid']}" in html)]
    return [Attachment(part["partId"], name_of(part), part["type"], part["size"]) for part in [*unshown, *listed]]


def is_shown(part: Wire) -> bool:
    return str(part["type"]).startswith("text/") or part["type"] in RASTER


def name_of(part: Wire) -> str:
    family = str(part["type"]).partition("/")[0]
    if part["type"] == "text/calendar":
        return part["name"] or "Invitation.ics"
    return part["name"] or {"message": "Message.eml", "image": "Image", "text": "Text"}.get(family, "Attachment")


def cid_addresses(email: Wire, address: Callable[[Wire], str]) -> Callable[[str], str | None]:
    """From a Content-ID to the address of that image of this very message; of any other there is none."""
    parts = {part["cid"]: part for part in [*email["attachments"], *email["htmlBody"]] if part["type"] in RASTER}

    def find(cid: str) -> str | None:
        part = parts.get(cid) or parts.get(unquote(cid))
        return address(part) if part else None

    return find
