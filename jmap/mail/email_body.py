"""Email properties that look into the message's body (RFC 8621 §4.1.4, §4.2)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jmap.core.errors import BadValue
from jmap.core.limits import MAX_PROPERTIES
from jmap.core.types import list_of, string
from jmap.mime.body import Bodies, body_parts, body_value
from jmap.mime.fields import parse_fields
from jmap.mime.headers import header_value, parse_header_property, raw_headers
from jmap.mime.message import read_headers
from jmap.mime.structure import Header, Part, leaves

Wire = dict[str, Any]
DEFAULT_BODY_PROPERTIES = [
    "partId", "blobId", "size", "name", "type", "charset", "disposition", "cid", "language", "location",
]  # fmt: skip
BODY_PROPERTIES = {*DEFAULT_BODY_PROPERTIES, "headers", "subParts"}
BODY_NAMES = ("bodyStructure", "textBody", "htmlBody", "attachments", "bodyValues")


def check_header_name(name: str) -> None:
    """Raises BadValue for a header property of a bad or forbidden form (RFC 8621 §4.1.2)."""
    try:
        parse_header_property(name)
    except ValueError as error:
        raise BadValue(str(error)) from None


def body_properties(value: Any) -> list[str]:
    """The argument bodyProperties; null is the default, too."""
    if value is None:
        return DEFAULT_BODY_PROPERTIES
    names = list_of(string)(value)
    if len(names) > MAX_PROPERTIES:
        raise BadValue(f"expected at most {MAX_PROPERTIES} names")
    for name in names:
        if name.startswith("header:"):
            check_header_name(name)
        elif name not in BODY_PROPERTIES:
            raise BadValue(f"there is no body property {name!r}")
    return list(dict.fromkeys(names))


@dataclass
class Message:
    """A stored or parsed message from which properties are read. `load` fetches the octets, only if need be."""

    blob_id: str
    root: Part
    load: Callable[[], bytes]
    header_block: bytes | None = None  # None: the root's headers are in the octets

    @cached_property
    def raw(self) -> bytes:
        return self.load()

    @cached_property
    def headers(self) -> list[Header]:
        if self.header_block is not None:
            return parse_fields(self.header_block, 0, len(self.header_block))
        return self.root.headers or read_headers(self.raw, self.root)

    def headers_of(self, part: Part) -> list[Header]:
        return self.headers if part is self.root else (part.headers or read_headers(self.raw, part))

    @cached_property
    def bodies(self) -> Bodies:
        return body_parts(self.root)

    def part(self, part: Part, names: Iterable[str]) -> Wire:
        """An EmailBodyPart with these properties."""
        return {name: self.part_property(part, name) for name in names if name != "subParts"}

    def part_property(self, part: Part, name: str) -> Any:
        if name.startswith("header:"):
            return header_value(self.headers_of(part), parse_header_property(name))
        match name:
            case "partId":
                return part.part_id
            case "blobId":
                return None if part.part_id is None else f"{self.blob_id}-{part.part_id}"
            case "headers":
                return raw_headers(self.headers_of(part))
            case _:
                return getattr(part, name)

    def tree(self, part: Part, names: list[str]) -> Wire:
        """bodyStructure: subParts stand on every multipart, whether asked for or not."""
        wire = self.part(part, names)
        if part.part_id is None:
            wire["subParts"] = [self.tree(sub, names) for sub in part.parts]
        elif "subParts" in names:
            wire["subParts"] = None
        return wire

    def property(self, name: str, options: Wire) -> Any:
        """The value of one of BODY_NAMES, `headers` or `header:*`."""
        if name == "headers":
            return raw_headers(self.headers)
        if name.startswith("header:"):
            return header_value(self.headers, parse_header_property(name))
        if name == "bodyStructure":
            return self.tree(self.root, options["bodyProperties"])
        if name == "bodyValues":
            return self.values(options)
        lists = {"textBody": self.bodies.text_body, "htmlBody": self.bodies.html_body}
        parts = lists.get(name, self.bodies.attachments)
        return [self.part(part, options["bodyProperties"]) for part in parts]

    def values(self, options: Wire) -> Wire:
        """bodyValues of the text parts that the arguments ask for."""
        wanted: dict[str, Part] = {}
        for flag, parts in (
            ("fetchTextBodyValues", self.bodies.text_body),
            ("fetchHTMLBodyValues", self.bodies.html_body),
            ("fetchAllBodyValues", list(leaves(self.root))),
        ):
            if options[flag]:
                wanted |= {str(part.part_id): part for part in parts if part.type.startswith("text/")}
        return {id: self.value(part, options["maxBodyValueBytes"]) for id, part in wanted.items()}

    def value(self, part: Part, max_bytes: int) -> Wire:
        """An EmailBodyValue."""
        found = body_value(self.raw, part, max_bytes)
        return {
            "value": found.value,
            "isEncodingProblem": found.is_encoding_problem,
            "isTruncated": found.is_truncated,
        }
