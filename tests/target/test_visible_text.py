"""What a reader sees of a text is the same before and after cleaning, word for word and line for line.

Texts are put together with the words that a browser would show of them; the program's own reading of HTML is not asked.
"""

import re
from html import escape, unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_micropim.mapping.html import clean_html
from target_micropim.mapping.texts import without_tags
from tests.support.examples import examples

Shown = tuple[str, str]  # HTML, and what a browser shows of it: a line feed for each edge of a line

WORDS = st.sampled_from(["Een", "CO", "2", "10 %", "<5", "R&D", "caf\u00e9", "D", "-vitamine", "\u00a0", " ", "pijn."])
GONE = st.sampled_from([
    "<!-- Niet --> ", "<!--[if mso]><xml><w:V>Normal</w:V></xml><![endif]-->", "<script>1 < 2</script>",
    "<style>p{}</style>", "<xml><w:View>Normal</w:View></xml>", "<title>Untitled</title>", "<o:p></o:p>",
    "<noscript>nee</noscript>", "<video>nee</video>", "<![if !supportLists]>",
])  # fmt: skip
LEAVES: st.SearchStrategy[Shown] = st.one_of(
    WORDS.map(lambda word: (escape(word), word)),
    GONE.map(lambda html: (html.strip(), "")),
    st.sampled_from([
        ("<br>", "\n"), ("<br/>", "\n"), ("<hr>", "\n"), ('<img src="data:image/png;base64,AAAA">', " "),
        ("<pre>1 mg\n2 mg</pre>", "\n1 mg\n2 mg\n"), ("<q>ja</q>", "\u201cja\u201d"), ("<wbr>", ""),
    ]),
)  # fmt: skip
INLINE = ("b", "i", "em", "strong", "span", "sub", "sup", "u", "s", "del", "small", "font", "code", "label", "o:p")
BLOCKS = (
    "p", "div", "h3", "blockquote", "section", "article", "center", "details", "summary", "figure", "figcaption",
    "fieldset", "address", "aside", "header", "footer", "main", "nav", "form", "ul", "dl",
)  # fmt: skip


def joined(children: list[Shown]) -> Shown:
    """One after the other."""
    return "".join(html for html, _ in children), "".join(text for _, text in children)


def within(opening: str, child: Shown, closing: str, edge: str) -> Shown:
    """Inside of tags."""
    return f"{opening}{child[0]}{closing}", f"{edge}{child[1]}{edge}"


def wrapped(children: st.SearchStrategy[Shown]) -> st.SearchStrategy[Shown]:
    """A level more."""
    several = st.lists(children, min_size=1, max_size=4).map(joined)
    return st.one_of(
        several,
        st.builds(lambda tag, child: within(f"<{tag}>", child, f"</{tag}>", ""), st.sampled_from(INLINE), several),
        st.builds(
            lambda tag, child: within(f'<{tag} class="x">', child, f"</{tag}>", "\n"), st.sampled_from(BLOCKS), several
        ),
        several.map(lambda child: within("<ul><li>", child, "</li></ul>", "\n")),
        several.map(lambda child: within("<table><tr><td>", child, "</td></tr></table>", "\n")),
    )


TEXTS = st.recursive(LEAVES, wrapped, max_leaves=14)


def lines(text: str) -> list[str]:
    """Lines with words, each without doubled blanks."""
    return [line for each in text.split("\n") if (line := " ".join(each.split()))]


def shown(html: str) -> str:
    """What a browser shows of clean HTML."""
    marked = re.sub(
        r"</?(?:p|div|h3|blockquote|ul|li|dl|table|tbody|tr|td)(?: [^>]*)?>|<br>", "\n", html.replace("\n", " ")
    )
    return unescape(re.sub(r"<[^>]*>", "", marked))


@given(TEXTS)
@examples(150)
def test_a_reader_sees_the_same_before_and_after(text: Shown) -> None:
    """No word is lost, joined or split, and no line."""
    html, seen = text
    assert lines(shown(clean_html(html))) == lines(seen)


@given(TEXTS)
@examples(50)
def test_a_short_text_has_the_same_words(text: Shown) -> None:
    """On one line."""
    html, seen = text
    assert (without_tags(clean_html(html)) or "").split() == seen.split()


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<section>Een</section><section>Twee</section>", "Een<br>Twee"),
        ("<section><p>Een</p></section><section><p>Twee</p></section>", "<p>Een</p><p>Twee</p>"),
        ("<p>Een</p><hr><p>Twee</p>", "<p>Een</p><p>Twee</p>"),
        ("<b>Een<hr></b>Twee", "<b>Een<br></b>Twee"),
        ("<pre>a\n\nb\n</pre>c", "a<br><br>b<br>c"),
        (
            "<table><caption>C</caption><tr><td>x</td></tr></table>",
            "C<table><tbody><tr><td>x</td></tr></tbody></table>",
        ),
        ("<fieldset><legend>L</legend>x</fieldset>y", "L<br>x<br>y"),
        ("x<xmp>1 < 2\n3</xmp>y", "x<br>1 &lt; 2<br>3<br>y"),
        (
            "<p><s>19,99</s> <strike>18</strike> <del>17</del> 14,99</p>",
            "<p><s>19,99</s> <s>18</s> <s>17</s> 14,99</p>",
        ),
        ("Een<img src=x>Twee <img src=x> Drie", "Een Twee  Drie"),
        ("<select><option>30 ml</option><option>75 ml</option></select>", "30 ml<br>75 ml"),
        ("<p>Goed</p><v:shape o:gfxdata='" + "A" * 400_000 + "'></v:shape>", "<p>Goed</p>"),
        ("<w:WordDocument><w:View>Normal</w:View></w:WordDocument>Hallo<o:p></o:p>", "Hallo"),
        ("<o:DocumentProperties><o:Author>Jan</o:Author></o:DocumentProperties><p>Hallo</p>", "<p>Hallo</p>"),
        ("<w:WordDocument>Nooit gesloten", "Nooit gesloten"),
        ("<xml><p>Nooit gesloten</p>", "<p>Nooit gesloten</p>"),
        ("a<xml>b</xml>c<title>d</title>e", "ace"),
        ("<p>a\x00b&#7;c\ufffed&#xFFFF;e\x0bf</p>", "<p>abcde f</p>"),
        ("<p>\u200b</p><p>\u2060\u00ad&#8203;&zwnj;\ufeff\u3164\u2800</p>", ""),
        ("<p>\u200bx</p>", "<p>\u200bx</p>"),
    ],
)
def test_cleaning_by_example(html: str, cleaned: str) -> None:
    """A break only where words would run together; what was clean stays as it was."""
    assert clean_html(html) == cleaned
    assert clean_html(cleaned) == cleaned


def test_no_number_of_tags_costs_the_text() -> None:
    """Beyond what can be read in a bounded time the marks go, and the words stay."""
    assert clean_html("<br>".join(["regel"] * 20_000)).count("regel") == 20_000
    assert clean_html("<p><b>regel</b></p>" * 12_000).count("<p><b>regel</b></p>") == 12_000
    deep = clean_html("<div>regel " * 15_000)
    assert (deep.count("regel"), deep.count("<div>")) == (15_000, 0)
