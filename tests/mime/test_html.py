import time

import pytest

from jmap.mime.html import html_to_text

HOSTILE = {
    "nested": "<div>" * 300_000,
    "quotes": "<blockquote><b>" * 30_000,
    "unclosed styles": "<title>" * 300_000,
    "angles": "<" * 2_000_000,
    "comments": "<!--" * 500_000,
    "attributes": '<a title="' * 300_000,
    "references": "&#" + "9" * 1_000_000,
    "ampersands": "&" * 1_000_000,
}


@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_html_takes_little_time(html: str) -> None:
    start = time.process_time()
    html_to_text(html, quotes=False, descriptions=True)
    assert time.process_time() - start < 5


def test_styles_scripts_comments_and_title_are_no_text() -> None:
    html = "<title>t</title><style>p{}</style><p>Hi</p><script>a<b</script><!-- c --> &amp; bye"
    assert html_to_text(html).split() == ["Hi", "&", "bye"]


def test_blocks_part_words_and_inline_elements_do_not() -> None:
    assert html_to_text("<p>a<b>b</b></p><p>c").split() == ["ab", "c"]


def test_quoted_replies_are_left_out_when_asked() -> None:
    assert html_to_text("mine<blockquote>his<blockquote>hers</blockquote></blockquote>too", quotes=False).split() == [
        "mine",
        "too",
    ]


def test_descriptions_of_pictures_are_added_when_asked() -> None:
    assert html_to_text('<img alt="a cat">x', descriptions=True).split() == ["a", "cat", "x"]
