"""Which lines are delimiters (RFC 2046 §5.1.1), in well-formed and hostile messages."""

import pytest

from jmap.mime.message import MAX_DEPTH, MAX_PARTS, Part, decode_body, leaves, parse, walk

HEAD = b"Content-Type: multipart/mixed; boundary=bb\n\n--bb\n\n"
INNER = b"Content-Type: multipart/mixed; boundary=%s\n\n--%s\n\ninner"


def bodies(raw: bytes) -> list[bytes]:
    return [decode_body(raw, part)[0] for part in leaves(parse(raw))]


def depth(part: Part) -> int:
    return 1 + max(map(depth, part.parts), default=0)


@pytest.mark.parametrize("near", [b"--bbx\n", b"--b\n", b"--bb-\n", b" --bb\n", b"--bb x\n", b"--BB\n"])
@pytest.mark.parametrize("count", [1, 3_000])
def test_a_line_that_only_resembles_a_delimiter_is_content(near: bytes, count: int) -> None:
    assert bodies(HEAD + near * count + b"--bb\n\nsecond\n--bb--\n") == [(near * count)[:-1], b"second"]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \t\r\n", b"--\n", b""])
@pytest.mark.parametrize("misses", [0, 3_000])
def test_a_delimiter_may_have_white_space_behind_it_and_lack_its_line_end(end: bytes, misses: int) -> None:
    assert bodies(HEAD + b"--bbx\n" * misses + b"text\n--bb" + end)[0] == b"--bbx\n" * misses + b"text"


@pytest.mark.parametrize("misses", [0, 3_000])
def test_a_delimiter_of_the_outer_multipart_ends_the_inner_one(misses: int) -> None:
    raw = HEAD[:-1] + INNER % (b"cc", b"cc") + b"\n--bbx" * misses + b"\n--bb\n\nouter\n--bb--\n"
    assert bodies(raw) == [b"inner" + b"\n--bbx" * misses, b"outer"]


@pytest.mark.parametrize("misses", [0, 3_000])
def test_a_boundary_that_begins_like_another_is_not_mistaken_for_it(misses: int) -> None:
    raw = HEAD[:-1] + INNER % (b"bb.c", b"bb.c") + b"\n--bbxc" * misses + b"\n--bb.c--\n--bb--\n"
    assert bodies(raw) == [b"inner" + b"\n--bbxc" * misses]


def test_a_closed_boundary_is_content_afterwards() -> None:
    raw = HEAD[:-1] + INNER % (b"cc", b"cc") + b"\n--cc--\n--bb\n\n--cc\nx\n--bb--\n"
    assert bodies(raw) == [b"inner", b"--cc\nx"]


def test_what_is_nested_too_deeply_is_one_opaque_part() -> None:
    raw = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(MAX_DEPTH + 9))
    root = parse(raw)
    assert depth(root) == MAX_DEPTH + 1
    assert [part.type for part in leaves(root)] == ["application/octet-stream"]


def test_what_is_left_behind_too_many_parts_is_one_opaque_part() -> None:
    parts = list(walk(parse(HEAD + b"--bb\n\nx\n" * (MAX_PARTS + 50))))
    assert len(parts) == MAX_PARTS
    assert parts[-1].type == "application/octet-stream"
