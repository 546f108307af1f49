"""Which parts of a message are its body and which its attachments, and their values (RFC 8621 §4.1.4)."""

from dataclasses import dataclass

from jmap.mime.structure import Part, leaves
from jmap.mime.text import part_text

_MEDIA = ("image/", "audio/", "video/")


@dataclass(slots=True)
class Bodies:
    """The part lists `textBody`, `htmlBody` and `attachments`."""

    text_body: list[Part]
    html_body: list[Part]
    attachments: list[Part]


@dataclass(slots=True, frozen=True)
class BodyValue:
    """An EmailBodyValue."""

    value: str
    is_encoding_problem: bool
    is_truncated: bool


def body_parts(root: Part) -> Bodies:
    """The lists of parts to show as text, to show as HTML and to offer as attachments.

    The bodies are found as RFC 8621 §4.1.4 suggests, attachments as it defines them: what neither body shows, and
    pictures, sounds and films that not both show. So no part is in none of the lists."""
    text_body: list[Part] = []
    html_body: list[Part] = []
    _sort_parts([root], "mixed", False, text_body, html_body)
    as_text, as_html = ({part.part_id for part in parts} for parts in (text_body, html_body))
    shown, shown_always = as_text | as_html, as_text & as_html
    attachments = [
        part for part in leaves(root) if part.part_id not in (shown_always if part.type.startswith(_MEDIA) else shown)
    ]
    return Bodies(text_body, html_body, attachments)


def _sort_parts(
    parts: list[Part], kind: str, in_alternative: bool, text_body: list[Part] | None, html_body: list[Part] | None
) -> None:
    """`parseStructure` of RFC 8621 §4.1.4: None stands for a list that this branch does not add to."""
    text_length, html_length = len(text_body or ()), len(html_body or ())
    for index, part in enumerate(parts):
        if part.part_id is None:
            sub = part.type.partition("/")[2]
            _sort_parts(part.parts, sub, in_alternative or sub == "alternative", text_body, html_body)
        elif not _is_inline(part, index, kind):
            continue
        elif kind == "alternative":
            _add(part, {"text/plain": text_body, "text/html": html_body}.get(part.type))
        else:
            if in_alternative and part.type == "text/plain":
                html_body = None
            if in_alternative and part.type == "text/html":
                text_body = None
            _add(part, text_body, html_body)
    if kind == "alternative" and text_body is not None and html_body is not None:
        _complete(text_body, html_body, text_length, html_length)


def _is_inline(part: Part, index: int, kind: str) -> bool:
    """Whether a leaf is part of the body: a text or medium that is no attachment and stands where a body stands."""
    is_medium = part.type.startswith(_MEDIA)
    if part.disposition == "attachment" or not (is_medium or part.type in ("text/plain", "text/html")):
        return False
    return index == 0 or (kind != "related" and (is_medium or not part.name))


def _add(part: Part, *bodies: list[Part] | None) -> None:
    for body in bodies:
        if body is not None:
            body.append(part)


def _complete(text_body: list[Part], html_body: list[Part], text_length: int, html_length: int) -> None:
    """Where an alternative had only one of the two kinds, it serves as both."""
    if len(text_body) == text_length and len(html_body) != html_length:
        text_body.extend(html_body[html_length:])
    elif len(html_body) == html_length and len(text_body) != text_length:
        html_body.extend(text_body[text_length:])


def has_attachment(root: Part) -> bool:
    """Whether the message has a part to offer as a download (`hasAttachment`).

    Parts shown inline, pictures that HTML embeds by their Content-Id, and signatures are not.
    """
    return any(_is_offered(part) for part in body_parts(root).attachments)


def _is_offered(part: Part) -> bool:
    if part.disposition == "inline" or part.type in ("application/pgp-signature", "application/pkcs7-signature"):
        return False
    return part.disposition == "attachment" or not (part.cid and part.type.startswith("image/"))


def body_value(raw: bytes | memoryview, part: Part, max_bytes: int = 0) -> BodyValue:
    """The value of a text/* leaf, cut to at most `max_bytes` octets of UTF-8 (0: uncut; RFC 8621 §4.2)."""
    text, problem = part_text(raw, part)
    if not max_bytes or (len(text) <= max_bytes and len(text.encode("utf-8")) <= max_bytes):
        return BodyValue(text, problem, False)
    cut = text[:max_bytes].encode("utf-8")[:max_bytes].decode("utf-8", "ignore")
    return BodyValue(_outside_tag(cut) if part.type == "text/html" else cut, problem, True)


def _outside_tag(html: str) -> str:
    """Without a tag that the cut left open."""
    opened = html.rfind("<")
    return html[:opened] if opened > html.rfind(">") else html
