"""HTML from outside is reduced to what is safe, and cleaning twice changes nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_micropim.mapping.html import TAGS, clean_html
from tests.support.examples import examples

EVIL = [
    '<p onclick="x()">a<script>alert(1)</script></p>',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="data:text/html,x">x</a>',
    "<svg><script>alert(1)</script></svg>ok",
    "<math><mtext></p><img src=x onerror=alert(1)></mtext></math>ok",
    '<img src=x onerror="alert(1)">ok',
    "<iframe srcdoc='<script>x</script>'></iframe>ok",
    '<div style="background:url(javascript:x)">ok</div>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">ok',
    "<b><i>ok</b></i>",
    "<!-- <script>x</script> -->ok",
    "<p><button><p>ok</p></button></p>",
    "<a href=https://a.example>1<xx><a href=https://b.example>2</a></xx></a>",
    "e&#x301;",
    "&lt;script&gt;ok",
    "<div><div><span>ok</span></div></div>",
    "<table><td>ok</table>",
    "\x00ok&#0;",
]


@pytest.mark.parametrize("html", EVIL)
def test_html_is_harmless_and_cleaning_twice_changes_nothing(html: str) -> None:
    """No tag off the list, no handler, no scheme but the allowed; a fixed point, so that nothing looks changed."""
    once = clean_html(html)
    assert clean_html(once) == once
    assert_harmless(once)


def assert_harmless(html: str) -> None:
    """Judge the tags and attributes that are left."""
    for tag, attributes in re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)([^>]*)>", html):
        assert tag in TAGS
        assert not re.search(r"\bon\w+\s*=|javascript:|data:|style\s*=", attributes, re.IGNORECASE)


PIECES = [
    "<p>", "</p>", "<b>", "</b>", "<a href='https://x.example'>", "</a>", "<div>", "</div>", "<span>", "</span>", "<table>",  # noqa: E501
    "<td>", "</table>", "<svg>", "</svg>", "<button>", "</button>", "<script>", "</script>", "<h1>", "</h1>", "<ul>", "<li>",  # noqa: E501
    "&nbsp;", "&lt;", "&amp;amp;", "é", "e\u0301", " ", "\n", "text", "<math>", "<mi>", "<xx>", "</xx>", "<!--", "-->", "<i",  # noqa: E501
]  # fmt: skip


@examples(300)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join) | st.text(max_size=60))
def test_any_html_is_cleaned_to_a_fixed_point(html: str) -> None:
    """Whatever comes in."""
    once = clean_html(html)
    assert clean_html(once) == once
    assert_harmless(once)


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<div>a</div>", "a"),
        ("<span><div> <b>a</b> </div></span>", "<b>a</b>"),
        ("<div>a</div><div>b</div>", "<div>a</div><div>b</div>"),
        ("<div>a<div>b</div></div>", "<div>a<div>b</div></div>"),
        ("<p>a</p>", "<p>a</p>"),
        (
            '<p>Bevat <math display="inline"><mn>5</mn><mo>%</mo><annotation>5\\%</annotation></math> ureum</p>',
            "<p>Bevat 5% ureum</p>",
        ),
        ("10<math><msup><mn>10</mn><mn>2</mn></msup></math> keer", "10 keer"),
        ("a<svg><text>drawn</text></svg>b", "ab"),
        ("<b>d</b>", "<b>d</b>"),
        ("<div></div>", ""),
        ("<p>&nbsp;</p>", ""),
        ('<a href="/cart" title="t">a</a>', '<a title="t" rel="noopener noreferrer nofollow">a</a>'),
        (
            '<a href="https://x.test/" title="t">a</a>',
            '<a href="https://x.test/" title="t" rel="noopener noreferrer nofollow">a</a>',
        ),
        (
            '<table><tbody><tr><td colspan="2" style="x">a</td></tr></tbody></table>',
            '<table><tbody><tr><td colspan="2">a</td></tr></tbody></table>',
        ),
    ],
)
def test_html_is_reduced_to_what_is_safe_without_a_wrapper(html: str, cleaned: str) -> None:
    """Only addresses are looked at; one wrapper around the whole says nothing."""
    assert clean_html(html) == cleaned


@pytest.mark.parametrize(
    ("html", "fits"),
    [
        ("a" * 260_000, True),
        ("a" * 260_001, False),
        ("a<br>" * 20_000, True),
        ("<p>a</p>" + "<!-- b -->" * 100_000, True),
    ],
)
def test_html_is_cleaned_up_to_a_size(html: str, fits: bool) -> None:
    """What no reader sees does not count."""
    if fits:
        assert clean_html(html)
        return
    with pytest.raises(ValueError, match=f"HTML of {len(html)} characters is more than"):
        clean_html(html)
