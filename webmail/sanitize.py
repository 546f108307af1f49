"""HTML of strangers made harmless: an allow-list of elements, attributes, addresses and style properties.

This is one layer of three; the sandboxed frame and its Content-Security-Policy (webmail.frame) hold without it."""

import re
from collections.abc import Callable

import nh3


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


VERSION = "1"
DEEPEST = 256  # levels of nesting; the parser's time is quadratic in them
FLAT = words("p li td tr th dd dt thead tbody tfoot option br hr img input meta link col area wbr")
SMALL = 64_000  # characters; of these the parser never has too many
MOST_WORDS = 10_000  # different ones; the parser's time is quadratic in the attributes of one tag
WORD = re.compile(r"[^\s/>=]+")
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]{0,40})")

TAGS = words(
    "a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del details"
    " dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p"
    " pre q s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul"
    " var wbr"
)
WITH_CONTENT = words(
    "script style title svg math noscript template iframe object embed applet xmp noembed noframes plaintext textarea"
    " select option audio video canvas head"
)
ATTRIBUTES: dict[str, set[str]] = {
    "*": {"align", "valign", "dir", "lang", "title", "style", "bgcolor", "width", "height", "color"},
    "a": {"href"},
    "img": {"src", "alt", "border", "hspace", "vspace"},
    "font": {"face", "size"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
    "td": {"colspan", "rowspan", "nowrap", "headers"},
    "th": {"colspan", "rowspan", "nowrap", "headers", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "ol": {"start", "type", "reversed"},
    "ul": {"type"},
    "li": {"value", "type"},
    "time": {"datetime"},
}
STYLES = words(
    "background-color border border-bottom border-bottom-color border-bottom-left-radius border-bottom-right-radius"
    " border-bottom-style border-bottom-width border-collapse border-color border-left border-left-color"
    " border-left-style border-left-width border-radius border-right border-right-color border-right-style"
    " border-right-width border-spacing border-style border-top border-top-color border-top-left-radius"
    " border-top-right-radius border-top-style border-top-width border-width caption-side clear color direction"
    " display empty-cells float font font-family font-size font-style font-variant font-weight height letter-spacing"
    " line-height list-style-position list-style-type margin margin-bottom margin-left margin-right margin-top"
    " max-height max-width min-height min-width opacity overflow-wrap padding padding-bottom padding-left"
    " padding-right padding-top table-layout text-align text-decoration text-indent text-transform vertical-align"
    " white-space width word-break word-spacing word-wrap"
)
FUNCTIONS = frozenset(("rgb", "rgba", "hsl", "hsla"))
VALUE = re.compile(r"[\w\s#.,%()+\-'\"/]{1,300}\Z")  # no backslash, no colon, no @, no <, no !
CALL = re.compile(r"([\w-]*)\s*\(")

LINK = re.compile(r"(?:https?://[^\s/@]+(?:[/?#]\S*)?|(?:mailto|tel):\S+)\Z", re.I)  # "user@" before a host misleads
REMOTE = re.compile(r"https?://[^\s/@]+(?:[/?#]\S*)?\Z", re.I)
INLINE_IMAGE = re.compile(r"data:image/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=\s]+\Z", re.I)
REMOTE_IMAGE = re.compile(r"<img\b[^<>]{0,4000}?\bsrc\s{0,9}=\s{0,9}[\"']?\s{0,9}https?:", re.I)


class TooComplex(ValueError):  # noqa: N818
    """Would take the parser too long: it is shown as text."""


def sanitize(
    html: str,
    cid_url: Callable[[str], str | None],
    *,
    remote_images: bool = False,
    own_image: Callable[[str], str | None] = lambda address: None,
) -> str:
    """A harmless fragment. `cid_url` gives the address of the image part with a Content-ID, None if there is none;
    `own_image` what stands for another address, if it has one; images from elsewhere are left out unless asked for.
    Raises TooComplex."""
    if depth(html) > DEEPEST or is_too_varied(html):
        raise TooComplex

    def keep(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "style":
            return clean_style(value)
        if attribute == "href":
            return value.strip() if LINK.match(value.strip()) else None
        if attribute == "src":
            return own_image(value.strip()) or image_source(value.strip(), cid_url, remote_images)
        return value

    return nh3.clean(
        html.replace("\0", ""),
        tags=set(TAGS),
        clean_content_tags=set(WITH_CONTENT),
        attributes=ATTRIBUTES,
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def depth(html: str) -> int:
    """How deep elements may nest at most; elements that close each other do not count."""
    level = deepest = 0
    for slash, name in TAG.findall(html):
        if name.lower() in FLAT:
            continue
        level = max(0, level - 1) if slash else level + 1
        deepest = max(deepest, level)
    return deepest


def is_too_varied(html: str) -> bool:
    """Whether a tag might have too many attributes: no tag has more than the document has different words, and that
    can be told without knowing what is a tag and what a comment."""
    return len(html) > SMALL and len(set(WORD.findall(html))) > MOST_WORDS


def image_source(address: str, cid_url: Callable[[str], str | None], remote_images: bool) -> str | None:
    if address[:4].lower() == "cid:":
        return cid_url(address[4:])
    if INLINE_IMAGE.match(address):
        return address
    return address if remote_images and REMOTE.match(address) else None


def clean_style(style: str) -> str | None:
    """The declarations that only set colours, sizes, fonts and space."""
    kept = [each for each in map(clean_declaration, style.split(";")) if each]
    return "; ".join(kept) or None


def clean_declaration(declaration: str) -> str | None:
    name, _, value = declaration.partition(":")
    name, value = name.strip().lower(), value.replace("!important", "").strip()
    if name not in STYLES or not VALUE.match(value) or "--" in value:
        return None
    if any(called.lower() not in FUNCTIONS for called in CALL.findall(value)):
        return None
    return f"{name}: {value}"


def has_remote_images(html: str) -> bool:
    """Whether there is something to offer "Show images" for."""
    return REMOTE_IMAGE.search(html) is not None
