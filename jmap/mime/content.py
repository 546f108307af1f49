"""The properties of an entity that its Content-* fields give (RFC 8621 §4.1.4)."""

import re

from jmap.mime.charsets import scrub
from jmap.mime.encoded_words import decode_text, header_text
from jmap.mime.parameters import parse_parameters, text_parameter
from jmap.mime.structure import Part
from jmap.mime.transfer import encoding_name

_TYPE = re.compile(r"[!#-'*+\-.0-9A-Z^-~]{1,127}/[!#-'*+\-.0-9A-Z^-~]{1,127}\Z", re.I)
_TOKEN = re.compile(r"[!#-'*+\-.0-9A-Z^-~]{1,127}\Z", re.I)
_COMMENT = re.compile(rb"\((?:[^()\\]++|\\.)*+\)")
_SPACE = re.compile(r"\s+")


def describe(part: Part, parent: Part | None) -> bytes | None:
    """Set the properties of `part` from its headers; returns the boundary if it is a multipart that has one."""
    fields: dict[str, bytes] = {}
    for header in part.headers:
        name = header.name.lower()
        if name.startswith("content-"):
            fields.setdefault(name, header.value)
    boundary = _describe_type(part, parent, fields.get("content-type"))
    part.encoding = (
        encoding_name(fields["content-transfer-encoding"]) if "content-transfer-encoding" in fields else "7bit"
    )
    if "content-disposition" in fields:
        disposition, parameters = parse_parameters(fields["content-disposition"])
        part.disposition = disposition if _TOKEN.match(disposition) else None
        part.name = text_parameter(parameters, "filename") or part.name
    if "content-id" in fields:
        part.cid = _identifier(fields["content-id"])
    if "content-language" in fields:
        part.language = _tags(fields["content-language"])
    if "content-location" in fields:
        part.location = _SPACE.sub("", scrub(decode_text(header_text(fields["content-location"])))) or None
    return boundary


def _describe_type(part: Part, parent: Part | None, value: bytes | None) -> bytes | None:
    token, parameters = parse_parameters(value) if value is not None else ("", {})
    if _TYPE.match(token):
        part.type = token
    elif value is None and parent is not None and parent.type == "multipart/digest":
        part.type = "message/rfc822"  # RFC 2046 §5.1.5
    part.charset = text_parameter(parameters, "charset")
    if part.charset is None and (value is None or part.type.startswith("text/")):
        part.charset = "us-ascii"
    part.name = text_parameter(parameters, "name")
    if not part.type.startswith("multipart/"):
        return None
    boundary = parameters.get("boundary") or parameters.get("boundary*0", b"")
    return boundary.rstrip() or None


def _identifier(value: bytes) -> str | None:
    text = scrub(header_text(_COMMENT.sub(b"", value))).strip()
    return text.removeprefix("<").removesuffix(">").strip() or None


def _tags(value: bytes) -> list[str] | None:
    text = scrub(header_text(_COMMENT.sub(b"", value)))
    return [tag.strip() for tag in text.split(",") if tag.strip()] or None
