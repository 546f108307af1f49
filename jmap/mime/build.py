"""From the properties of RFC 8621 §4.6 to a message of RFC 5322 and MIME."""

import re
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from jmap.mime.parameters import parse_parameters
from jmap.mime.spelling import spell_field, spell_parameter, spell_text
from jmap.mime.transfer import encode_transfer
from jmap.mime.written_fields import BuildError, Field, Wire, header_fields

ReadBlob = Callable[[str], bytes]
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}\Z", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}\Z")
_PART_FIELDS = {  # header field of a part -> the properties that stand for it
    "content-type": ("type", "charset", "name"),
    "content-disposition": ("disposition", "name"),
    "content-id": ("cid",),
    "content-language": ("language",),
    "content-location": ("location",),
}


def build(create: Wire, read_blob: ReadBlob) -> bytes:
    """The octets of a message, with CRLF line ends. `create` holds checked properties of RFC 8621 §4.6; Message-ID and
    Date are added where they are missing. Raises BuildError."""
    fields = header_fields(create, on_message=True)
    refuse_conflicts(create, fields)
    content = build_body(create, read_blob)
    names = {name.lower() for name, _ in fields}
    if "date" not in names:
        fields.insert(0, ("Date", format_datetime(datetime.now(UTC))))
    if "message-id" not in names:
        fields.insert(1, ("Message-ID", f"<{secrets.token_urlsafe(18)}@{sender_domain(create)}>"))
    block = b"".join(spell_field(name, value) for name, value in [*fields, ("MIME-Version", "1.0")])
    return block + content


def sender_domain(create: Wire) -> str:
    senders = create.get("from") or create.get("sender") or [{}]
    domain = str(senders[0].get("email", "")).rpartition("@")[2]
    return domain if re.fullmatch(r"[A-Za-z0-9.-]{1,253}", domain) else "localhost"


def fields_of_part(part: Wire, property: str) -> list[Field]:
    """The fields of a part's header:* properties. Raises BuildError naming the Email's property that holds the part."""
    try:
        own = header_fields(part, on_message=False)
    except BuildError as error:
        raise BuildError([property], str(error)) from None
    for name in {name.lower() for name, _ in own} & _PART_FIELDS.keys():
        if twice := [known for known in _PART_FIELDS[name] if part.get(known)]:
            raise BuildError([property], f"header:{name} and {twice[0]} are the same header field")
    return own


def refuse_conflicts(create: Wire, fields: list[Field]) -> None:
    """The rules of RFC 8621 §4.6 on which properties go together."""
    structure = create.get("bodyStructure")
    given = [name for name in ("textBody", "htmlBody", "attachments") if create.get(name) is not None]
    if structure and given:
        raise BuildError(["bodyStructure", *given], "bodyStructure excludes textBody, htmlBody and attachments")
    for name, wanted in (("textBody", "text/plain"), ("htmlBody", "text/html")):
        parts = create.get(name)
        if parts is not None and (len(parts) != 1 or (parts[0].get("type") or wanted).lower() != wanted):
            raise BuildError([name], f"{name} is exactly one part of type {wanted}")
    if structure:
        twice = {n.lower() for n, _ in fields} & {n.lower() for n, _ in fields_of_part(structure, "bodyStructure")}
        if twice:
            raise BuildError(["bodyStructure"], f"{sorted(twice)[0]} stands on the Email and on its bodyStructure")
    for value in (create.get("bodyValues") or {}).values():
        if value.get("isEncodingProblem") or value.get("isTruncated"):
            raise BuildError(["bodyValues"], "isEncodingProblem and isTruncated must be false")


def build_body(create: Wire, read_blob: ReadBlob) -> bytes:
    """The root part: its header fields, the blank line, its content."""
    values = create.get("bodyValues") or {}
    if create.get("bodyStructure"):
        return write_part(create["bodyStructure"], "bodyStructure", values, read_blob)
    bodies = [
        {**create[name][0], "kind": kind, "property": name}
        for name, kind in (("textBody", "text/plain"), ("htmlBody", "text/html"))
        if create.get(name)
    ]
    attachments = [
        {"disposition": "attachment", "property": "attachments", **part} for part in create.get("attachments") or ()
    ]
    return write_part(arrange(bodies, attachments), "textBody", values, read_blob)


def arrange(bodies: list[dict[str, Any]], attachments: list[dict[str, Any]]) -> dict[str, Any]:
    """alternative of the bodies; related with what the HTML shows; mixed with the rest."""
    shown = [part for part in attachments if part.get("cid") and part.get("disposition") == "inline"]
    rest = [part for part in attachments if part not in shown]
    root: dict[str, Any] = {"type": "text/plain", "value": ""}
    if bodies:
        if shown and bodies[-1]["kind"] == "text/html":
            bodies[-1] = {"type": "multipart/related", "subParts": [bodies[-1], *shown]}
        else:
            rest = attachments
        root = bodies[0] if len(bodies) == 1 else {"type": "multipart/alternative", "subParts": bodies}
    if not rest:
        return root
    return {"type": "multipart/mixed", "subParts": [root, *rest] if bodies else rest}


def write_part(part: Wire, property: str, values: Wire, read_blob: ReadBlob) -> bytes:
    """One part with everything below it. Raises BuildError naming the Email's property that holds it."""
    property = part.get("property", property)
    kind = kind_of(part)
    if not _TYPE.match(kind):
        raise BuildError([property], f"{kind!r} is no media type")
    if kind.startswith("multipart/"):
        return write_multipart(part, kind, property, values, read_blob)
    if part.get("subParts"):
        raise BuildError([property], "only a multipart has subParts")
    data, is_text = content_of(part, property, values, read_blob)
    encoding, body = encode_transfer(data, kind, is_text)
    charset = part.get("charset") if kind.startswith("text/") else None
    if is_text:
        charset = "us-ascii" if data.isascii() else "utf-8"
    fields = list(part_fields(part, property, kind, [("charset", str(charset))] if charset else []))
    return b"".join([*fields, spell_field("Content-Transfer-Encoding", encoding), b"\r\n", body])


def kind_of(part: Wire) -> str:
    """The media type of a part, in lower case; `kind` is what the Email's property demands."""
    if kind := part.get("kind") or part.get("type"):
        return str(kind).lower()
    if own := next((part[name] for name in part if name.lower().startswith("header:content-type")), None):
        return parse_parameters(str(own).encode())[0]
    return "multipart/mixed" if part.get("subParts") else "text/plain"


def write_multipart(part: Wire, kind: str, property: str, values: Wire, read_blob: ReadBlob) -> bytes:
    if part.get("partId") or part.get("blobId"):
        raise BuildError([property], "a multipart has subParts and nothing else")
    parts = [write_part(sub, property, values, read_blob) for sub in part.get("subParts") or ()]
    if not parts:
        raise BuildError([property], "a multipart has one part at least")
    # The boundary is random, so no content can hold it; "=_" can stand in no encoded body (RFC 2045 §6.7).
    boundary = f"=_{secrets.token_hex(16)}"
    fields = b"".join(part_fields(part, property, kind, [("boundary", boundary)]))
    mark = boundary.encode()
    return fields + b"".join(b"\r\n--" + mark + b"\r\n" + sub for sub in parts) + b"\r\n--" + mark + b"--\r\n"


def part_fields(part: Wire, property: str, kind: str, parameters: list[tuple[str, str]]) -> Iterator[bytes]:
    """The Content-* fields that a part's properties make, and its header:* fields."""
    check_members(part, property)
    own = fields_of_part(part, property)
    file_name = part.get("name")
    own_type = {name.lower(): value for name, value in own}.get("content-type")
    if own_type is not None:
        check_own_type(own_type, kind, parameters, property)
    else:
        yield spell_parameter("Content-Type", kind, [*parameters, *([("name", file_name)] if file_name else [])])
    disposition = part.get("disposition") or ("attachment" if file_name else None)
    if disposition:
        filename = [("filename", str(file_name))] if file_name else []
        yield spell_parameter("Content-Disposition", str(disposition), filename)
    if part.get("cid"):
        yield spell_field("Content-ID", f"<{part['cid']}>")
    if part.get("language"):
        yield spell_field("Content-Language", ", ".join(part["language"]))
    if part.get("location"):
        yield spell_field("Content-Location", spell_text(str(part["location"])))
    for field, value in own:
        yield spell_field(field, value)


def check_members(part: Wire, property: str) -> None:
    """Refuse what would end a header field or change its meaning."""
    for name in ("name", "cid", "location", "charset", "language"):
        value = part.get(name) or ""
        if re.search(r"[\r\n\0]", value if isinstance(value, str) else ",".join(value)):
            raise BuildError([property], f"{name} holds no line break")
    if part.get("disposition") and not _TOKEN.match(str(part["disposition"])):
        raise BuildError([property], "disposition is one word")


def check_own_type(value: str, kind: str, parameters: list[tuple[str, str]], property: str) -> None:
    """A Content-Type field of the client's must be true: boundary and charset are the server's to choose."""
    own, given = parse_parameters(value.encode())
    wanted = dict(parameters)
    if own != kind or kind.startswith("multipart/"):
        raise BuildError([property], f"the Content-Type of this part is {kind}")
    charset = given.get("charset", b"us-ascii").decode("ascii", "replace").lower()
    if wanted.get("charset") == "utf-8" and charset not in ("utf-8", "utf8"):
        raise BuildError([property], "the charset of a part with a partId is UTF-8")


def content_of(part: Wire, property: str, values: Wire, read_blob: ReadBlob) -> tuple[bytes, bool]:
    """The octets of a leaf, and whether they are text of ours (else a blob's octets, kept as they are)."""
    if "value" in part:
        return b"", True
    if part.get("partId") and part.get("blobId"):
        raise BuildError([property], "a part has a partId or a blobId, not both")
    if part.get("blobId"):
        return read_blob(str(part["blobId"])), False
    if part.get("partId") not in values:
        raise BuildError([property, "bodyValues"], "the partId of a part must be in bodyValues")
    if part.get("charset") or part.get("size") is not None:
        raise BuildError([property], "a part with a partId has no charset and no size")
    text = str(values[part["partId"]]["value"]).encode("utf-8", "replace").decode()
    return re.sub(r"\r\n|\r|\n", "\r\n", text).encode(), True


__all__ = ["BuildError", "build"]
