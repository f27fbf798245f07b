"""Pure: line breaks where tags that are not kept ended a line; of HTML that a parser has put into its plain form.

A browser starts a new line at the edge of a block. Where the tag of the block is not kept, a ``<br>`` stands for it,
but only between two texts that would else run together: a text that needs none stays as it is.
"""

import re

# Blocks whose tag is not kept; of tables, captions.
BLOCKS = frozenset({
    "section", "article", "center", "details", "summary", "figure", "figcaption", "fieldset", "legend", "hr", "pre",
    "address", "aside", "header", "footer", "main", "nav", "hgroup", "form", "dir", "menu", "search", "dialog",
    "caption", "option", "optgroup", "textarea", "listing", "xmp", "plaintext", "multicol", "marquee", "rp",
})  # fmt: skip
LINES = frozenset({"img", "input", "button", "select", "meter", "progress"})  # in the line, and apart from its words
MARKS = frozenset({"q"})  # a browser shows quotation marks
STRUCK = frozenset({"del", "strike"})  # shown as <s> is
# Office programs' data, also where an editor has taken the <xml> around it away; the name of a page.
UNSEEN = frozenset({
    "xml", "title", "w:worddocument", "w:latentstyles", "o:documentproperties", "o:customdocumentproperties",
    "o:officedocumentsettings", "m:mathpr",
})  # fmt: skip
# Kept tags at whose edges a line ends anyhow.
KEPT_BLOCKS = frozenset({
    "p", "ul", "ol", "li", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "h1", "h2", "h3", "h4", "h5", "h6",
    "dl", "dt", "dd", "blockquote", "div", "br",
})  # fmt: skip
_KEEPS_LINES = frozenset({"pre", "textarea", "listing", "xmp", "plaintext"})
_TRANSLATED = BLOCKS | LINES | MARKS | STRUCK | UNSEEN
_ANY = re.compile(rf"</?(?:{'|'.join(sorted(_TRANSLATED))})[ >]")
_TOKEN = re.compile(r'<(/?)([a-z][a-z0-9:-]*)((?: [^\s=>]+="[^"]*")*)>|([^<]+|<)')
_OPEN_QUOTE, _CLOSE_QUOTE = "\N{LEFT DOUBLE QUOTATION MARK}", "\N{RIGHT DOUBLE QUOTATION MARK}"


def with_breaks(html: str, source: str) -> str:
    """The HTML without the tags of this file; ``source`` is what the parser read."""
    if not _ANY.search(html):
        return html
    closed = {tag for tag in UNSEEN if _is_closed(source, tag)}
    lines = _Lines(closed)
    for match in _TOKEN.finditer(html):
        end, tag, _attributes, text = match.groups()
        lines.text(text) if text else lines.tag(tag, match[0], is_end=bool(end))
    return "".join(lines.parts)


def _is_closed(source: str, tag: str) -> bool:
    """Whether every such tag is closed: one that is not would take the rest of the text with it."""
    lower = source.lower()
    opened, closed = f"<{tag}", f"</{tag}"
    return lower.count(closed) >= lower.count(opened) and lower.rfind(closed) >= lower.rfind(opened)


class _Lines:
    """The text as it is put together: whether the line has words already, and where a break is due."""

    def __init__(self, unseen: set[str]) -> None:
        self.parts: list[str] = []
        self._unseen = unseen
        self._hidden = 0
        self._keeps_lines = 0
        self._has_words = False
        self._due: tuple[int, str] | None = None

    def tag(self, tag: str, written: str, *, is_end: bool) -> None:
        """A tag that is kept, or what stands for it."""
        if tag in UNSEEN:
            self._hidden += (-1 if is_end else 1) if tag in self._unseen else 0
        elif self._hidden:
            return
        elif tag in BLOCKS:
            self._keeps_lines += (-1 if is_end else 1) if tag in _KEEPS_LINES else 0
            self._owe("<br>")
        elif tag in LINES:
            self._owe(" ")
        elif tag in MARKS:
            self._words(_CLOSE_QUOTE if is_end else _OPEN_QUOTE)
        elif tag in STRUCK:
            self.parts.append("</s>" if is_end else "<s>")
        else:
            self.parts.append(written)
            if tag in KEPT_BLOCKS:
                self._has_words, self._due = False, None

    def text(self, text: str) -> None:
        """A text; where line ends count, each is a break."""
        if self._hidden:
            return
        if not self._keeps_lines:
            self._words(text)
            return
        first, *others = text.split("\n")
        self._words(first)
        for line in others:
            if self._due is None or self._due[1] == " ":
                self._owe("<br>")
            else:  # an empty line
                self._due = (self._due[0], f"{self._due[1]}<br>")
            self._words(line)

    def _words(self, text: str) -> None:
        if text.isspace() or not text:
            self.parts.append(text)
            return
        if self._due is not None:
            place, what = self._due
            if what != " " or not (text[0].isspace() or self._ends_in_a_blank()):
                self.parts.insert(place, what)
        self.parts.append(text)
        self._has_words, self._due = True, None

    def _owe(self, what: str) -> None:
        """A break is due as soon as more words come in this line."""
        if self._has_words and (self._due is None or self._due[1] == " "):
            self._due = (len(self.parts), what)

    def _ends_in_a_blank(self) -> bool:
        return next((part[-1].isspace() for part in reversed(self.parts) if part and part[0] != "<"), True)
