"""A message as one JSON value: everything that the parser says of it, to compare with a file."""

from dataclasses import asdict
from typing import Any

from jmap.mime.body import body_parts, body_value, has_attachment
from jmap.mime.headers import HeaderProperty, convenience_properties, header_value, raw_headers
from jmap.mime.message import Part, leaves, parse
from jmap.mime.preview import preview

_PROPERTIES = ("charset", "disposition", "name", "cid", "language", "location")


def describe(raw: bytes) -> dict[str, Any]:
    root = parse(raw)
    return {
        **{name: value for name, value in convenience_properties(root.headers).items() if value is not None},
        "headers": raw_headers(root.headers),
        "groupedTo": header_value(root.headers, HeaderProperty("", "to", "groupedAddresses", False)),
        "bodyStructure": _structure(root),
        **_lists(root),
        "bodyValues": {
            part.part_id: asdict(body_value(raw, part)) for part in leaves(root) if part.type.startswith("text/")
        },
        "hasAttachment": has_attachment(root),
        "preview": preview(raw, root),
    }


def _lists(root: Part) -> dict[str, Any]:
    bodies = asdict(body_parts(root))
    return {name: [part["part_id"] for part in parts] for name, parts in bodies.items()}


def _structure(part: Part) -> dict[str, Any]:
    known = {name: value for name in _PROPERTIES if (value := getattr(part, name)) is not None}
    if part.part_id is None:
        return {"type": part.type, **known, "subParts": [_structure(sub) for sub in part.parts]}
    return {"partId": part.part_id, "type": part.type, **known, "size": part.size}
