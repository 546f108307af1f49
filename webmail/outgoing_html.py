"""What a letter's HTML is when it leaves: the sanitiser's allow-list, and its own pictures by their Content-ID."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core import signing

from webmail.frame import read_image_token
from webmail.sanitize import sanitize

if TYPE_CHECKING:
    from webmail.letters import File

IMAGE_PATH = "/mail/image/"


def clean_outgoing(html: str, files: Iterable["File"]) -> tuple[str, list[str]]:
    """(harmless HTML, the Content-IDs it shows). An address of a picture in the editor becomes the `cid:` of the file
    it is. Raises TooComplex."""
    by_blob = {file.blob_id: file.cid for file in files if file.cid}
    shown: list[str] = []

    def source(address: str) -> str | None:
        cid = address[4:] if address[:4].lower() == "cid:" else by_blob.get(blob_of(address), "")
        if not cid or cid not in by_blob.values():
            return None
        shown.append(cid)
        return f"cid:{cid}"

    return sanitize(html, source, remote_images=True, own_image=source), shown


def blob_of(address: str) -> str:
    """The blob behind an image address of ours, "" for any other."""
    _, found, token = address.partition(IMAGE_PATH)
    try:
        return read_image_token(token)[2] if found else ""
    except (signing.BadSignature, ValueError, TypeError):
        return ""
