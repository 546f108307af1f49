"""Which parts are the body and which are attachments (RFC 8621 §4.1.4), whatever the structure."""

from hypothesis import given
from hypothesis import strategies as st

from jmap.mime.body import body_parts
from jmap.mime.structure import Part, leaves

TYPES = ("text/plain", "text/html", "text/calendar", "image/png", "application/pdf")


def leaf(type: str, disposition: str | None = None, name: str | None = None) -> Part:
    return Part("", [], 0, 0, 0, 0, type=type, disposition=disposition, name=name)


def multipart(kind: str, *parts: Part) -> Part:
    return Part(None, [], 0, 0, 0, 0, type=f"multipart/{kind}", parts=list(parts))


def lists(root: Part) -> tuple[list[str], list[str], list[str]]:
    """Part ids of textBody, htmlBody and attachments, after numbering the leaves."""
    for number, part in enumerate(leaves(root), 1):
        part.part_id = str(number)
    bodies = body_parts(root)
    return ids(bodies.text_body), ids(bodies.html_body), ids(bodies.attachments)


def ids(parts: list[Part]) -> list[str]:
    return [str(part.part_id) for part in parts]


LEAVES = st.builds(
    leaf, st.sampled_from(TYPES), st.sampled_from([None, "inline", "attachment"]), st.sampled_from([None, "name"])
)
TREES = st.recursive(
    LEAVES,
    lambda parts: st.builds(
        lambda kind, parts: multipart(kind, *parts),
        st.sampled_from(["mixed", "alternative", "related"]),
        st.lists(parts, min_size=1, max_size=3),
    ),
    max_leaves=12,
)


@given(TREES)
def test_attachments_are_what_the_bodies_do_not_show(root: Part) -> None:
    text, html, attached = lists(root)
    expected = [
        part.part_id
        for part in leaves(root)
        if part.part_id not in {*text, *html}
        or (part.type.startswith("image/") and not (part.part_id in text and part.part_id in html))
    ]
    assert attached == expected


def test_text_that_no_body_has_room_for_is_an_attachment() -> None:
    letter = multipart("mixed", leaf("text/html"), leaf("image/png"), leaf("text/plain"))
    assert lists(multipart("alternative", letter)) == (["1", "2"], ["1", "2"], ["3"])
